"""The browser in a notebook; the only room that knows anywidget."""
