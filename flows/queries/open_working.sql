-- listed: orders that work at the broker
SELECT order_id, account_id, symbol, side, order_type, volume, order_ticket, decided_at
FROM orders
WHERE state = 'working' AND received_at >= {since}
