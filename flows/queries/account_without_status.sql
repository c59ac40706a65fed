-- law 1: a decision names more or fewer accounts than have a row in signal_execution_status
SELECT d.signal_id AS signal_id, d.partition AS partition, d.accounts AS decided,
       d.received_at AS received_at
FROM signal_decisions AS d
WHERE d.received_at >= {since}
  AND d.accounts > 0
  AND (d.signal_id, d.partition, d.accounts) NOT IN (
      SELECT signal_id, partition, count(*)
      FROM signal_execution_status
      GROUP BY signal_id, partition
  )
