-- law 2: a deal bears the magic number of one of our orders, and names no order
SELECT account_id, deal_ticket, order_ticket, magic, symbol, volume, time
FROM deals
WHERE time >= {since}
  AND order_id IS NULL
  AND magic <> 0
  AND reason NOT IN ('sl', 'tp', 'so')
  AND (account_id, magic) IN (SELECT account_id, magic FROM orders WHERE magic <> 0)
