SELECT database_name AS database, table_name AS "table", estimated_size AS estimated_rows
FROM duckdb_tables()
WHERE NOT internal
ORDER BY estimated_rows DESC, "table"
