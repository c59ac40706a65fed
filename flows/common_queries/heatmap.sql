SELECT
  date, zone, profit, daily_return, trades, wins, losses, best_trade, worst_trade, is_final
FROM daily_snapshots
WHERE account_id = :account AND date >= :year_start AND date < :year_end
  AND (:zone IS NULL OR zone = :zone)
ORDER BY zone, date
