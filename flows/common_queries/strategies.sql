SELECT
  s.id AS id, s.name AS name, s.type AS type, s.status AS status, s.updated_at AS updated_at,
  coalesce(b.backtests, 0) AS backtests, b.mean_return AS mean_return,
  coalesce(t.closed_trades, 0) AS closed_trades, coalesce(t.total_profit, 0) AS total_profit
FROM strategies s
LEFT JOIN (
  SELECT
    strategy_id, count(*) AS backtests,
    avg(CAST(performance_metrics ->> 'total_return' AS DOUBLE PRECISION)) AS mean_return
  FROM backtests
  WHERE status = 'completed' AND deleted_at IS NULL
  GROUP BY strategy_id
) b ON b.strategy_id = s.id
LEFT JOIN (
  SELECT strategy_id, count(*) AS closed_trades, sum(profit) AS total_profit
  FROM trades
  WHERE status = 'executed' AND closed_at IS NOT NULL AND backtest_id IS NULL
  GROUP BY strategy_id
) t ON t.strategy_id = s.id
WHERE s.deleted_at IS NULL
ORDER BY updated_at DESC, id
