-- listed: orders of which nobody knows yet whether they were executed
SELECT order_id, account_id, symbol, side, reason_code, order_ticket, sent_at
FROM orders
WHERE outcome = 'unresolved' AND received_at >= {since}
