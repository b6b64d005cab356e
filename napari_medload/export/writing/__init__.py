"""What formats have in common: rows of cells, facts of samples, JSON, and the proof."""
