-- law 1: a resend of a signal that is not recorded
SELECT signal_id, stream, entry_id, original_entry_id, received_at
FROM signal_resend
WHERE received_at >= {since}
  AND signal_id NOT IN (SELECT signal_id FROM trade_signal)
  AND signal_id NOT IN (SELECT signal_id FROM signal_rejection WHERE signal_id IS NOT NULL)
