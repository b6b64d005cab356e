"""Pairs that lie side by side: NAME_fixed.nii.gz and NAME_moving.nii.gz."""

from napari_medload.formats import Source
from napari_medload.loaders import Dataset, Sample


class SideBySide:
    name = "side by side"
    expects = "NAME_fixed.nii.gz beside NAME_moving.nii.gz"

    def recognises(self, path):
        return path.is_dir() and any(path.glob("[!.]*_fixed.nii.gz"))

    def open(self, path, split=None):
        samples = []
        for fixed in sorted(path.glob("[!.]*_fixed.nii.gz")):
            name = fixed.name.removesuffix("_fixed.nii.gz")
            moving = Source(path / f"{name}_moving.nii.gz")
            samples.append(Sample(name, {"fixed_image": Source(fixed), "moving_image": moving}))
        return Dataset(path, self.name, tuple(samples))
