-- law 1: one row of a stream entry is recorded more than once as signal, rejection or resend
SELECT stream, entry_id, entry_row, count(*) AS records
FROM (
    SELECT stream, entry_id, entry_row FROM trade_signal WHERE received_at >= {since}
    UNION ALL
    SELECT stream, entry_id, entry_row FROM signal_rejection WHERE received_at >= {since}
    UNION ALL
    SELECT stream, entry_id, entry_row FROM signal_resend WHERE received_at >= {since}
) AS entries
GROUP BY stream, entry_id, entry_row
HAVING count(*) > 1
