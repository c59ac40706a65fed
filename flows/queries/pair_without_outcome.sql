-- law 1: an account has no outcome for a signal, and no order of it works at the broker
SELECT signal_id, account_id, symbol, action, legs, legs_final, received_at
FROM signal_execution_status
WHERE outcome = 'none'
  AND received_at >= {since}
  AND (signal_id, account_id) NOT IN (
      SELECT signal_id, account_id FROM orders WHERE state = 'working'
  )
