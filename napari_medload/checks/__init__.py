"""Findings about a sample or a dataset. A check only reports: it never repairs, and never writes.

A check takes what has been read already: headers, then voxels, then coarse copies of pairs. Each
answers with findings, and with nothing where all is well or where it can't tell.
"""

from napari_medload.checks.finding import Finding, Place, Severity, worst_first

__all__ = ["Finding", "Place", "Severity", "worst_first"]
