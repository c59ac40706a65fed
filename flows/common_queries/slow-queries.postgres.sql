SELECT
  query AS text, calls, mean_exec_time AS mean_ms, total_exec_time AS total_ms,
  rows / greatest(calls, 1) AS mean_rows
FROM pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
ORDER BY mean_ms DESC
LIMIT :limit
