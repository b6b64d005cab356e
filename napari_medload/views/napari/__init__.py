"""The browser in napari. The only room that knows Qt and napari."""
