SELECT
  outcome, reason_code, count(*) AS signals,
  min(received_at) AS first_received, max(received_at) AS last_received
FROM signal_execution_status
WHERE (:account IS NULL OR account_id = :account)
  AND (:since IS NULL OR received_at >= :since)
GROUP BY outcome, reason_code
ORDER BY signals DESC, outcome, reason_code
