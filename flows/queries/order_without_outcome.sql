-- law 1: an order leg has no outcome and does not work at the broker
SELECT order_id, signal_id, account_id, leg, state, decided_at
FROM orders
WHERE outcome = 'none'
  AND state <> 'working'
  AND received_at >= {since}
