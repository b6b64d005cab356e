"""The demo, reviewed by a script, exports to every format; without the consumers."""

from __future__ import annotations

import pytest

from napari_medload import export
from napari_medload.demo import FAULTS
from napari_medload.export import ExportError
from napari_medload.export.registry import EXPORTERS
from napari_medload.loaders import open_dataset

from .reviewed_demo import DEMO, accepted_of


@pytest.fixture(scope="module")
def accepted(demo, tmp_path_factory):
    return accepted_of(demo, tmp_path_factory.mktemp("journals"))


def test_what_was_accepted_is_what_is_not_broken(accepted, demo):
    good = [sample.id for sample in open_dataset(demo) if sample.id not in FAULTS]
    assert [entry.sample.id for entry in accepted] == good
    assert {entry.verdict.reviewer for entry in accepted} == {"script"}


@pytest.mark.parametrize("name", [exporter.name for exporter in EXPORTERS])
def test_the_demo_exports_to(name, accepted, tmp_path):
    asked = DEMO[name]
    chosen = accepted[: asked.only]
    path = tmp_path / asked.name
    if asked.refusal:
        with pytest.raises(ExportError, match=asked.refusal) as raised:
            export.save(chosen, path, name, ask=False, **asked.options)
        assert any(entry.sample.id in str(raised.value) for entry in chosen)
        assert list(tmp_path.iterdir()) == []
        return
    saved = export.save(chosen, path, name, ask=False, **asked.options)
    assert saved.count == len(chosen)
    assert path.exists()
