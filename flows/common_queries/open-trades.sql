SELECT
  account_id, symbol, type, quantity, closed_quantity, entry_price, stop_loss, take_profit,
  profit, executed_at, strategy_id, trade_id
FROM trades
WHERE status = 'executed' AND closed_at IS NULL AND backtest_id IS NULL
  AND (:account IS NULL OR account_id = :account)
ORDER BY executed_at DESC, trade_id
