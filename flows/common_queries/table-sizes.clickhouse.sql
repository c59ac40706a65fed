SELECT
  table, sum(rows) AS stored_rows, sum(bytes_on_disk) AS bytes,
  sum(data_uncompressed_bytes) AS bytes_uncompressed, count() AS parts
FROM system.parts
WHERE active AND database = currentDatabase()
GROUP BY table
ORDER BY bytes DESC, table
