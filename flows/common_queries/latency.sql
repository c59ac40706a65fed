SELECT
  broker_id, count(*) AS orders,
  quantile_cont(received_to_done_ms, 0.5) AS p50_ms,
  quantile_cont(received_to_done_ms, 0.99) AS p99_ms,
  max(received_to_done_ms) AS longest_ms,
  quantile_cont(sent_to_done_ms, 0.5) AS broker_p50_ms
FROM result_metrics
WHERE received_to_done_ms IS NOT NULL
  AND (:account IS NULL OR account_id = :account)
  AND (:since IS NULL OR decided_at >= :since)
GROUP BY broker_id
ORDER BY p99_ms DESC, broker_id
