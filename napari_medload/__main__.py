"""``python -m napari_medload``."""

from napari_medload.app.cli import main

raise SystemExit(main())
