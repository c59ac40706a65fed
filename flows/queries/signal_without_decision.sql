-- law 1: an accepted signal has neither an outcome of its own nor a decision on any account
SELECT signal_id, strategy, symbol, action, received_at, subscribers
FROM trade_signal
WHERE outcome = 'none'
  AND received_at >= {since}
  AND signal_id NOT IN (SELECT signal_id FROM signal_decisions)
