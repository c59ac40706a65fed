-- law 1: an account's outcome is not that of its worst leg; where the opening was refused before
-- dispatch and only the reductions went out, that refusal is the worst
SELECT s.signal_id AS signal_id, s.account_id AS account_id, s.outcome AS outcome,
       o.worst AS worst_leg
FROM signal_execution_status AS s
JOIN (
    SELECT signal_id, account_id, min({rank}) AS worst
    FROM orders
    GROUP BY signal_id, account_id
) AS o ON o.signal_id = s.signal_id AND o.account_id = s.account_id
WHERE s.received_at >= {since}
  AND ({rank_s}) <> o.worst
  AND NOT (
      s.outcome IN ('skipped', 'rejected') AND s.reason_code <> 'NONE' AND ({rank_s}) < o.worst
  )
  AND NOT (s.outcome IN ('rejected', 'skipped') AND s.reason_code <> 'NONE' AND ({rank_s}) < o.worst)
