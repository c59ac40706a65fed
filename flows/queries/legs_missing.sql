-- law 1: an account's status counts other legs than there are orders
SELECT s.signal_id AS signal_id, s.account_id AS account_id, s.legs AS legs, o.orders AS orders
FROM signal_execution_status AS s
LEFT JOIN (
    SELECT signal_id, account_id, count(*) AS orders
    FROM orders
    GROUP BY signal_id, account_id
) AS o ON o.signal_id = s.signal_id AND o.account_id = s.account_id
WHERE s.received_at >= {since}
  AND s.legs <> coalesce(o.orders, 0)
