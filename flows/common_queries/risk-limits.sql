SELECT
  user_id, account_id, name, type, limit_type, limit_value, current_value,
  CAST(current_value AS DOUBLE PRECISION) / CAST(limit_value AS DOUBLE PRECISION) * 100 AS utilisation_percent,
  CASE
    WHEN current_value >= limit_value THEN 'reached'
    WHEN CAST(current_value AS DOUBLE PRECISION) >= CAST(limit_value AS DOUBLE PRECISION) * warning_percent / 100 THEN 'near'
    ELSE 'within'
  END AS state,
  action, measured_at
FROM risk_limits
WHERE is_active AND deleted_at IS NULL
  AND (:account IS NULL OR account_id = :account)
ORDER BY utilisation_percent DESC, name
