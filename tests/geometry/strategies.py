"""Random grids: any orientation, spacing, tilt and shear."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.phantoms import ORIENTATIONS, affine_of

sizes = st.integers(1, 9)
shapes = st.tuples(sizes, sizes, sizes)
spacings = st.tuples(*[st.floats(0.1, 8)] * 3)
centres = st.tuples(*[st.floats(-200, 200)] * 3)


@st.composite
def affines(draw, tilt=180.0, shear=0.6):
    """Affines that are neither flat nor without length."""
    return affine_of(
        draw(st.sampled_from(ORIENTATIONS)),
        draw(shapes),
        draw(spacings),
        draw(centres),
        draw(st.tuples(*[st.floats(-tilt, tilt)] * 3)),
        draw(st.floats(-shear, shear)),
    )
