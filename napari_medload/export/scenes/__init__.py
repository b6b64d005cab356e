"""What viewers open: one sample as a scene or workspace."""
