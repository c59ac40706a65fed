SELECT
  any(normalizeQuery(query)) AS text, count() AS calls, avg(query_duration_ms) AS mean_ms,
  sum(query_duration_ms) AS total_ms, avg(read_rows) AS mean_rows_read, avg(read_bytes) AS mean_bytes_read
FROM system.query_log
WHERE type = 'QueryFinish'
GROUP BY normalized_query_hash
ORDER BY mean_ms DESC
LIMIT :limit
