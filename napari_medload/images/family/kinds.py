"""The two kinds of image: intensities and labels."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from napari_medload.images.family.entries import INTENSITY, LABEL
from napari_medload.images.family.image import Image
from napari_medload.images.pictures import plots, video
from napari_medload.images.statistics import count_values
from napari_medload.labels import LabelTable, label_table_of

if TYPE_CHECKING:
    import os

    from napari_medload.labels.palette import Colour


class _TypedImage(Image):
    own_type: ClassVar[str]

    @classmethod
    def _checked_type(cls, type: str | None) -> str:
        if type not in (None, cls.own_type):
            raise ValueError(f"the type of a {cls.__name__} is '{cls.own_type}', found {type!r}")
        return cls.own_type


class ScalarImage(_TypedImage):
    """An image whose values are intensities."""

    own_type = INTENSITY

    def hist(self, show: bool = True, **kwargs: Any) -> None:
        """Draw a histogram, in bins of Freedman and Diaconis.

        Parameters
        ----------
        show : bool
            Whether to show the figure.
        **kwargs
            For `matplotlib.pyplot.hist`.

        Raises
        ------
        ImportError
            If matplotlib is missing.
        """
        plots.plot_histogram(self.data, show, **kwargs)

    def to_video(
        self,
        output_path: str | os.PathLike[str],
        frame_rate: float | None = 15,
        seconds: float | None = None,
        direction: str = "I",
        verbosity: str = "error",
    ) -> None:
        """Save an H.265 video of all planes along a direction.

        Parameters
        ----------
        output_path : path
            Ending in ``.mp4``.
        frame_rate : float, optional
            Planes a second; None where `seconds` says how long the video lasts.
        seconds : float, optional
        direction : str
            Where the planes move to: I, S, A, P, R or L.
        verbosity : str
            Of the encoder.

        Raises
        ------
        ValueError
            For both or neither of rate and length, an unknown direction, or several channels.
        NotImplementedError
            If the path ends otherwise.
        ImportError
            If PyAV is missing.
        """
        video.write_video(
            self.data,
            self.grid,
            Path(output_path).expanduser(),
            frame_rate=frame_rate,
            seconds=seconds,
            direction=direction,
            verbosity=verbosity,
        )


class LabelMap(_TypedImage):
    """An image whose values are labels.

    Parameters
    ----------
    table : LabelTable, optional
        What the values mean; by default the table beside the file, or above its folder of labels.
    *args, **kwargs
        See `Image`.
    """

    own_type = LABEL

    def __init__(self, *args: Any, table: LabelTable | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._table = table

    @property
    def table(self) -> LabelTable:
        """Names and colours; empty where none are known."""
        if self._table is None:
            first = self.path[0] if isinstance(self.path, list) else self.path
            self._table = LabelTable() if first is None else label_table_of(first)
        return self._table

    @property
    def label_names(self) -> dict[int, str]:
        """Names of the labels in the table."""
        return {value: label.name for value, label in self.table.items()}

    @property
    def label_colors(self) -> dict[int, Colour]:
        """Red, green and blue from 0 to 1 of the labels in the table."""
        return {value: label.colour for value, label in self.table.items()}

    def _colours(self) -> LabelTable:
        return self.table

    def count_nonzero(self) -> int:
        """Count the voxels that are not background."""
        return int(np.count_nonzero(self.data))

    def count_labels(self) -> dict[int, int]:
        """Count the voxels of each label.

        Returns
        -------
        dict
            Sorted by label.

        Raises
        ------
        ValueError
            If a value is no whole number.
        """
        counts = count_values(self.data)
        if counts is None:
            raise ValueError(
                f"{self.path or self!r}: labels are whole numbers, found fractions, or values that "
                "are no finite numbers. Round them first, or use ScalarImage"
            )
        return counts
