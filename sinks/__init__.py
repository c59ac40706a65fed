"""Where rows go: DuckDB, ClickHouse, Redis; one batching frame around them."""
