-- law 2: one magic number, which is made from one order leg, has more than one order ticket
SELECT account_id, magic, count(DISTINCT order_ticket) AS tickets,
       min(order_ticket) AS first, max(order_ticket) AS last
FROM deals
WHERE magic <> 0
  AND reason NOT IN ('sl', 'tp', 'so')
  AND time >= {since}
GROUP BY account_id, magic
HAVING count(DISTINCT order_ticket) > 1
