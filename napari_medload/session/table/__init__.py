"""The table of samples: what is known of each, sorted, filtered and put in words."""
