"""Two images in one picture: array-likes composed plane by plane on the display grid."""

from napari_medload.session.compare.dashes import DashedOutlines
from napari_medload.session.compare.difference import Difference
from napari_medload.session.compare.edges import Edges
from napari_medload.session.compare.mixed import Checkerboard, Curtain
from napari_medload.session.compare.pair import Pair
from napari_medload.session.compare.planes import KeptPlanes, PlaneArray

__all__ = [
    "Checkerboard",
    "Curtain",
    "DashedOutlines",
    "Difference",
    "Edges",
    "KeptPlanes",
    "Pair",
    "PlaneArray",
]
