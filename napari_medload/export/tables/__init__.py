"""Our own lists: CSV, TSV, JSON, JSON Lines and Parquet."""
