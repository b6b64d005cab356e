"""Browse medical imaging datasets: pairs, groups and labels, true to the world."""
