-- law 1: an order of a signal that was not accepted
SELECT order_id, signal_id, account_id, decided_at
FROM orders
WHERE received_at >= {since}
  AND cause_id IS NULL
  AND signal_id NOT IN (SELECT signal_id FROM trade_signal)
