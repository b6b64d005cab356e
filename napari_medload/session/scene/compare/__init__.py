"""Two images in one picture: array-likes composed plane by plane on the display grid."""

from napari_medload.session.scene.compare.beyond import cut_remark
from napari_medload.session.scene.compare.dashes import DashedOutlines
from napari_medload.session.scene.compare.difference import Difference
from napari_medload.session.scene.compare.edges import Edges
from napari_medload.session.scene.compare.mixed import Checkerboard, Curtain, field_size
from napari_medload.session.scene.compare.pair import Pair
from napari_medload.session.scene.compare.planes import KeptPlanes, PlaneArray

__all__ = [
    "Checkerboard",
    "Curtain",
    "DashedOutlines",
    "Difference",
    "Edges",
    "KeptPlanes",
    "Pair",
    "PlaneArray",
    "cut_remark",
    "field_size",
]
