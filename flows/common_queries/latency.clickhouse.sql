SELECT
  broker_id, count(*) AS orders,
  quantileExactInclusive(0.5)(received_to_done_ms) AS p50_ms,
  quantileExactInclusive(0.99)(received_to_done_ms) AS p99_ms,
  max(received_to_done_ms) AS longest_ms,
  quantileExactInclusive(0.5)(sent_to_done_ms) AS broker_p50_ms
FROM result_metrics
WHERE received_to_done_ms IS NOT NULL
  AND (:account IS NULL OR account_id = :account)
  AND (:since IS NULL OR decided_at >= :since)
GROUP BY broker_id
ORDER BY p99_ms DESC, broker_id
