-- law 1: fewer accounts were decided on than subscribed at that configuration
SELECT s.signal_id AS signal_id, s.strategy AS strategy, s.received_at AS received_at,
       s.subscribers AS subscribers, d.decided AS decided
FROM trade_signal AS s
JOIN (
    SELECT signal_id, sum(accounts) AS decided,
           min(config_version) AS oldest, max(config_version) AS newest
    FROM signal_decisions
    GROUP BY signal_id
) AS d ON d.signal_id = s.signal_id
WHERE s.outcome = 'none'
  AND s.received_at >= {since}
  AND d.oldest = s.config_version
  AND d.newest = s.config_version
  AND d.decided <> s.subscribers
