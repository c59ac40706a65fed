-- law 1: an order is said not to have been executed, and the broker has deals of it
SELECT order_id, signal_id, account_id, outcome, reason_code
FROM orders
WHERE outcome IN ('rejected', 'refused', 'failed', 'skipped')
  AND received_at >= {since}
  AND order_id IN (SELECT order_id FROM deals WHERE order_id IS NOT NULL)
