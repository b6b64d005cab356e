"""What an image can become: a file, a picture, a plot, an image of another library."""

from __future__ import annotations

import copy
from abc import abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_medload.images.family import exchange, simpleitk, writing
from napari_medload.images.family.arrays import size_text
from napari_medload.images.family.placed import Placed
from napari_medload.images.pictures import card, plots, stills, viewer

if TYPE_CHECKING:
    import os
    from typing import Self

    import SimpleITK as sitk
    from matplotlib.figure import Figure
    from PIL import Image as Pillow

    from napari_medload.formats import Content
    from napari_medload.formats.contract import Array
    from napari_medload.images.family.pixels import Pixels
    from napari_medload.labels import LabelTable

_READ_WHOLE_AT_MOST = 64 << 20
_READ_PLANES_AT_MOST = 4 << 30


class Outputs(Placed):
    """Something of voxels that can be saved and shown."""

    _pixels: Pixels | None

    @property
    @abstractmethod
    def data(self) -> Array:
        """Voxels, (C, W, H, D)."""

    @property
    @abstractmethod
    def is_loaded(self) -> bool:
        """Whether the voxels are in memory."""

    @property
    @abstractmethod
    def memory(self) -> int:
        """Bytes of all voxels."""

    @abstractmethod
    def load(self) -> None:
        """Read the voxels."""

    @abstractmethod
    def _content(self) -> Content:
        """Gather what a file of the image would hold."""

    @abstractmethod
    def _entries(self) -> dict[str, Any]:
        """Entries of the dictionary that a person has added."""

    def _colours(self) -> LabelTable | None:
        """Names and colours, for labels."""
        return None

    # --- files ---------------------------------------------------------------------------

    def save(
        self, path: str | os.PathLike[str], squeeze: bool | None = None, *, overwrite: bool = False
    ) -> None:
        """Write the image, whole or not at all; another file of that name is replaced.

        Parameters
        ----------
        path : path
            Its suffix decides the format. Into PNG, JPEG and BMP go bytes: other values are
            clamped to 0 to 255, with a warning.
        squeeze : bool, optional
            Whether an image of depth 1 is written with two axes: by default as pictures alone
            (PNG, JPEG, BMP, TIFF); True does so in NIfTI too.
        overwrite : bool
            Whether the very file that the image is read from may be replaced.

        Raises
        ------
        ValueError
            If no format writes such a file, or it cannot hold this image; the affine must not be
            singular.
        FileExistsError
            If it is the file that the image is read from.
        OSError
            If it cannot be written.
        """
        path, pixels = Path(path).expanduser(), self._pixels
        own = None if pixels is None else writing.own_file(path, pixels.files)
        if own is not None and not overwrite:
            raise FileExistsError(
                f"{own}: the image is read from this file, which would be lost. Save it under "
                "another name, or say overwrite=True"
            )
        writing.write(path, self._content(), squeeze)
        if own is not None and pixels is not None:
            pixels.forget()  # the header is another now

    def show(self, viewer_path: str | os.PathLike[str] | None = None) -> None:
        """Open the image in another program.

        Parameters
        ----------
        viewer_path : path, optional
            The program. By default the command in SITK_SHOW_COMMAND, else ITK-SNAP or 3D Slicer.

        Raises
        ------
        RuntimeError
            If there is no such program.
        """
        viewer.show(self._content(), None if viewer_path is None else Path(viewer_path))

    # --- images of other libraries -------------------------------------------------------

    def as_sitk(self, force_3d: bool = False, force_4d: bool = False) -> sitk.Image:
        """Copy the image into SimpleITK's, in LPS+ mm.

        Parameters
        ----------
        force_3d : bool
            Whether an image of depth 1 stays in three dimensions; else it loses its orientation.
        force_4d : bool
            Whether channels become the fourth dimension, instead of a vector's components.

        Raises
        ------
        ValueError
            If the affine is singular.
        """
        return simpleitk.as_sitk(self.data, self.grid.affine, force_3d, force_4d)

    @classmethod
    def from_sitk(cls, sitk_image: sitk.Image) -> Self:
        """Make an image of SimpleITK's."""
        voxels, affine = simpleitk.from_sitk(sitk_image)
        return cls(tensor=voxels, affine=affine)  # type: ignore[call-arg]

    def to_torchio(self) -> Any:
        """Copy the image into TorchIO's class of the same name; that of its parent for one's own.

        Raises
        ------
        ImportError
            If TorchIO is missing.
        """
        names = (kind.__name__ for kind in self.__class__.__mro__)
        name = next(name for name in names if name in exchange.KINDS)
        typed = {"type": getattr(self, "type", None)} if name == "Image" else {}
        return exchange.to_torchio(name, self.data, self.grid.affine, self._entries(), **typed)

    # --- pictures ------------------------------------------------------------------------

    def as_pil(self, transpose: bool = True) -> Pillow.Image:
        """Make a picture of a 2D image of 1, 3 or 4 channels.

        Values are clamped to 0 to 255, decimals cut off.

        Parameters
        ----------
        transpose : bool
            Whether the width runs to the right; else it runs down.

        Raises
        ------
        RuntimeError
            If the image is 3D.
        NotImplementedError
            If it has another number of channels.
        """
        self.check_is_2d()
        return stills.as_pil(self.data, transpose)

    def to_gif(
        self,
        axis: int,
        duration: float,
        output_path: str | os.PathLike[str],
        loop: int = 0,
        rescale: bool = True,
        optimize: bool = True,
        reverse: bool = False,
    ) -> None:
        """Save an animation of the planes across a voxel axis.

        Parameters
        ----------
        axis : int
            0, 1 or 2.
        duration : float
            Of the whole, in seconds.
        output_path : path
        loop : int
            How often it is shown; 0 means without end.
        rescale : bool
            Whether the smallest value becomes 0 and the largest 255; else values are clamped.
        optimize : bool
            Whether the palette is made small.
        reverse : bool
            Whether the last plane comes first.

        Raises
        ------
        ValueError
            If there is no such axis, or no such duration.
        NotImplementedError
            If there are not 1, 3 or 4 channels.
        """
        stills.write_gif(
            self.data,
            self.grid,
            axis,
            duration,
            Path(output_path).expanduser(),
            loop=loop,
            rescale=rescale,
            optimize=optimize,
            reverse=reverse,
            nearest=self._colours() is not None,
        )

    def plot(self, return_fig: bool = False, **kwargs: Any) -> Figure | None:
        """Draw three planes; a 2D image opens as a picture, unless a figure is wanted.

        Parameters
        ----------
        return_fig : bool
            Whether to return the figure.
        **kwargs
            See `images.pictures.plots.plot_planes`.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        if self.is_2d() and not (return_fig or kwargs):
            self.as_pil().show()
            return None
        figure = plots.plot_planes(self.data, self.grid, self._colours(), **kwargs)
        return figure if return_fig else None

    # --- notebooks -----------------------------------------------------------------------

    def _repr_html_(self) -> str:
        """Facts beside a small picture of the middle planes; never an exception."""
        name = self.__class__.__name__
        try:
            facts = self._card_facts()
        except Exception as error:  # a reader of the user's may raise anything
            return card.html(name, {"path": str(getattr(self, "path", ""))}, None, _reason(error))
        try:
            picture, remark = self._card_picture()
        except Exception as error:
            picture, remark = None, _reason(error)
        return card.html(name, facts, picture, remark)

    def _card_facts(self) -> dict[str, str]:
        facts = self.placement_facts() | {"dtype": str(getattr(self, "dtype", ""))}
        facts["memory"] = size_text(self.memory) + ("" if self.is_loaded else " (not loaded)")
        if self._pixels is not None:
            facts["path"] = "\n".join(dict.fromkeys(map(str, self._pixels.files)))
        if self.grid.oriented and self.grid.is_oblique:
            facts["tilt"] = f"{self.grid.oblique_degrees:.1f}°: letters name the nearest directions"
        notes = getattr(getattr(self._pixels, "header", None), "notes", ())
        return facts | ({"notes": "\n".join(notes)} if notes else {})

    def _card_picture(self) -> tuple[Pillow.Image | None, str]:
        """Draw the middle planes, if they are read in a moment."""
        image = self
        if not self.is_loaded and self.memory <= _READ_WHOLE_AT_MOST:
            image = copy.copy(self)
            image.load()
        elif not (self.is_loaded or self._planes_are_near()):
            return None, "No picture: it takes long to read. It is drawn once the image is loaded."
        drawn = card.picture(
            self.grid, lambda axis, at: _plane_of(image, axis, at), self._colours()
        )
        return drawn, ""

    def _planes_are_near(self) -> bool:
        """Whether single planes are read in a moment; one along the rows touches all of a file."""
        pixels = self._pixels
        return pixels is not None and pixels.is_plain and self.memory <= _READ_PLANES_AT_MOST


def _plane_of(image: Any, axis: int, at: int) -> Array:
    """Voxels of one plane, read alone where the image is not loaded."""
    cut: list[slice | int] = [slice(None)] * 3
    cut[axis] = at
    return np.asarray(image[tuple(cut)].data)


def _reason(error: Exception) -> str:
    return f"{error.__class__.__name__}: {error}"
