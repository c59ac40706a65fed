SELECT
  s.id AS id, s.name AS name, s.type AS type, s.status AS status, s.updated_at AS updated_at,
  b.backtests AS backtests, b.mean_return AS mean_return,
  t.closed_trades AS closed_trades, t.total_profit AS total_profit
FROM strategies AS s
LEFT JOIN (
  SELECT
    strategy_id, count() AS backtests,
    avg(JSONExtract(performance_metrics, 'total_return', 'Nullable(Float64)')) AS mean_return
  FROM backtests
  WHERE status = 'completed'
  GROUP BY strategy_id
) AS b ON b.strategy_id = s.id
LEFT JOIN (
  SELECT assumeNotNull(strategy_id) AS of_strategy, count() AS closed_trades, sum(profit) AS total_profit
  FROM trades
  WHERE status = 'executed' AND closed_at IS NOT NULL AND backtest_id IS NULL AND strategy_id IS NOT NULL
  GROUP BY of_strategy
) AS t ON t.of_strategy = s.id
ORDER BY updated_at DESC, id
