SELECT
  symbol, count(*) AS closed_trades, sum(profit) AS total_profit, avg(profit) AS mean_profit,
  avg(CASE WHEN profit > 0 THEN 1.0 ELSE 0.0 END) AS win_rate,
  max(profit) AS best_trade, min(profit) AS worst_trade
FROM trades
WHERE status = 'executed' AND closed_at IS NOT NULL AND backtest_id IS NULL
  AND (:account IS NULL OR account_id = :account)
  AND (:strategy IS NULL OR strategy_id = :strategy)
  AND (:since IS NULL OR closed_at >= :since)
GROUP BY symbol
ORDER BY total_profit DESC, symbol
