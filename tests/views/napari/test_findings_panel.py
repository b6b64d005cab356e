"""The findings tab, without a viewer: what it says of a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from napari_medload.views.napari.details_panel import DetailsPanel
    from napari_medload.views.napari.findings_panel import FindingsPanel
    from tests.views.napari.conftest import Driver


@pytest.fixture
def panel(details: DetailsPanel) -> FindingsPanel:
    details.setCurrentWidget(details._findings_page)
    return details.findings_tab


def wait_tried(driver: Driver) -> None:
    hypothesising = driver.session.hypothesising
    driver.wait(lambda: hypothesising.tried is not None and not hypothesising.tried.running)


def test_findings_are_read_in_full_with_their_severity(
    driver: Driver, panel: FindingsPanel, bodies: Path
):
    (bodies / "fixed_labels" / "case1.nii.gz").unlink()
    driver.open(bodies, select="case1")
    assert "fixed label named 'case1'" in panel.findings.text()
    first = panel.findings.text().splitlines()[0]
    assert first.startswith(("✗ error: ", "! warning: "))
    driver.select(0)
    assert "case1" not in panel.findings.text()


def test_it_is_never_wider_than_the_dock(driver: Driver, panel: FindingsPanel, bodies: Path):
    (bodies / "fixed_labels" / "case1.nii.gz").unlink()
    driver.open(bodies, select="case1")
    panel.hypotheses.attempt.click()
    wait_tried(driver)
    assert panel.minimumSizeHint().width() <= 330
    assert panel.width() <= 350
