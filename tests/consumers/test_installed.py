"""The environment has every package that the formats name."""

from napari_medload.export.asking import is_installed
from napari_medload.export.registry import EXPORTERS

from . import consumer

consumer("monai")


def test_every_consumer_is_installed():
    assert [e.name for e in EXPORTERS if e.consumer and not is_installed(e.consumer)] == []
