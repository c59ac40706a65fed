"""DuckDB: one process owns the files, writes them, and serves readers."""
