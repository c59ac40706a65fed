SELECT
  broker_id, symbol, count(*) AS orders, avg(slippage) AS mean_slippage, max(slippage) AS worst_slippage,
  avg(CASE WHEN slippage > 0 THEN 1.0 ELSE 0.0 END) AS adverse_share
FROM orders
WHERE slippage IS NOT NULL AND fill_price IS NOT NULL
  AND (:account IS NULL OR account_id = :account)
  AND (:since IS NULL OR decided_at >= :since)
GROUP BY broker_id, symbol
ORDER BY worst_slippage DESC, broker_id, symbol
