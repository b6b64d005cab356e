"""Which samples are exported: by what was said of them, in which splits."""
