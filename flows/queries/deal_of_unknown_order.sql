-- law 2: a deal of an order that is not recorded
SELECT account_id, deal_ticket, order_id, order_ticket, symbol, volume, time
FROM deals
WHERE time >= {since}
  AND order_id IS NOT NULL
  AND order_id NOT IN (SELECT order_id FROM orders)
