"""Exporting from the browser: what a person wishes, what would come of it, and saving it."""
