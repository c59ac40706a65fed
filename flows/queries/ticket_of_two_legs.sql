-- law 2: one order ticket is claimed by more than one order leg that opened or closed
SELECT account_id, order_ticket, count(DISTINCT order_id) AS legs
FROM orders
WHERE kind IN ('open', 'close') AND order_ticket > 0 AND received_at >= {since}
GROUP BY account_id, order_ticket
HAVING count(DISTINCT order_id) > 1
