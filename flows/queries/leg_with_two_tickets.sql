-- law 2: one order leg has more than one order ticket at the broker
SELECT order_id, count(DISTINCT ticket) AS tickets, min(ticket) AS first, max(ticket) AS last
FROM (
    SELECT order_id, order_ticket AS ticket
    FROM orders
    WHERE kind IN ('open', 'close') AND order_ticket > 0 AND received_at >= {since}
    UNION ALL
    SELECT order_id, order_ticket AS ticket
    FROM deals
    WHERE order_id IS NOT NULL AND order_ticket > 0 AND time >= {since}
) AS tickets
GROUP BY order_id
HAVING count(DISTINCT ticket) > 1
