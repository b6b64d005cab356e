"""The browser in a notebook."""
