CREATE OR REPLACE TABLE "daily_snapshots" (
  "id" UUID COMMENT 'Made from account, date and zone.',
  "account_id" UUID COMMENT 'The trading account.',
  "user_id" Nullable(UUID) COMMENT 'Owner of the account.',
  "date" Date32 COMMENT 'The day, in the zone.',
  "zone" LowCardinality(String) COMMENT 'IANA time zone of the day: UTC, or the account''s or firm''s.',
  "day_start" DateTime64(6, 'UTC') COMMENT 'First moment of the day, in UTC.' CODEC(Delta, ZSTD(1)),
  "day_end" DateTime64(6, 'UTC') COMMENT 'First moment of the next day, in UTC.' CODEC(Delta, ZSTD(1)),
  "currency" LowCardinality(String) COMMENT 'Account currency.',
  "balance_open" Decimal(18, 8) DEFAULT 0 COMMENT 'Balance at the start, after the day''s flow. (account currency)' CODEC(ZSTD(1)),
  "balance" Decimal(18, 8) DEFAULT 0 COMMENT 'Balance at the end. (account currency)' CODEC(ZSTD(1)),
  "equity_open" Decimal(18, 8) DEFAULT 0 COMMENT 'Equity at the start, after the day''s flow. (account currency)' CODEC(ZSTD(1)),
  "equity" Decimal(18, 8) DEFAULT 0 COMMENT 'Equity at the end. (account currency)' CODEC(ZSTD(1)),
  "equity_low" Decimal(18, 8) DEFAULT 0 COMMENT 'Lowest equity of the day, floating losses included. (account currency)' CODEC(ZSTD(1)),
  "equity_high" Decimal(18, 8) DEFAULT 0 COMMENT 'Highest equity of the day. (account currency)' CODEC(ZSTD(1)),
  "flow" Decimal(18, 8) DEFAULT 0 COMMENT 'Deposits less withdrawals, counted at the start. (account currency)' CODEC(ZSTD(1)),
  "daily_return" Nullable(Float64) COMMENT 'equity / equity_open - 1; none where that is undefined.' CODEC(ZSTD(1)),
  "benchmark_return" Nullable(Float64) COMMENT 'The benchmark''s return of the day.' CODEC(ZSTD(1)),
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit realised, after costs. (account currency)' CODEC(ZSTD(1)),
  "gross_profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Sum of the trades that won, after costs. (account currency)' CODEC(ZSTD(1)),
  "gross_loss" Decimal(18, 8) DEFAULT 0 COMMENT 'Sum of the trades that lost, after costs; not positive. (account currency)' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission and fees. (account currency)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) DEFAULT 0 COMMENT 'Swap. (account currency)' CODEC(ZSTD(1)),
  "trades" Int32 DEFAULT 0 COMMENT 'Trades closed.',
  "wins" Int32 DEFAULT 0 COMMENT 'Of them, with a profit.',
  "losses" Int32 DEFAULT 0 COMMENT 'Of them, with a loss.',
  "opened" Int32 DEFAULT 0 COMMENT 'Trades opened.',
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume closed. (lots)' CODEC(ZSTD(1)),
  "best_trade" Nullable(Decimal(18, 8)) COMMENT 'Best trade, after costs. (account currency)' CODEC(ZSTD(1)),
  "worst_trade" Nullable(Decimal(18, 8)) COMMENT 'Worst trade, after costs. (account currency)' CODEC(ZSTD(1)),
  "margin_used" Decimal(18, 8) DEFAULT 0 COMMENT 'Most margin in use. (account currency)' CODEC(ZSTD(1)),
  "open_positions" Int32 DEFAULT 0 COMMENT 'Positions open at the end.',
  "peak_equity" Decimal(18, 8) DEFAULT 0 COMMENT 'Highest equity ever, up to the end. (account currency)' CODEC(ZSTD(1)),
  "daily_loss" Nullable(Decimal(18, 8)) COMMENT 'Reference less equity_low; not negative. (account currency)' CODEC(ZSTD(1)),
  "daily_loss_reference" Nullable(Decimal(18, 8)) COMMENT 'What the firm''s loss counts from. (account currency)' CODEC(ZSTD(1)),
  "daily_loss_limit" Nullable(Decimal(18, 8)) COMMENT 'Most loss of the day that is allowed. (account currency)' CODEC(ZSTD(1)),
  "drawdown" Nullable(Decimal(18, 8)) COMMENT 'Most fall below the firm''s reference. (account currency)' CODEC(ZSTD(1)),
  "drawdown_limit" Nullable(Decimal(18, 8)) COMMENT 'Most fall that is allowed. (account currency)' CODEC(ZSTD(1)),
  "soft_breaches" Int32 DEFAULT 0 COMMENT 'Rules that were neared.',
  "hard_breaches" Int32 DEFAULT 0 COMMENT 'Rules that were broken.',
  "is_final" Bool DEFAULT false COMMENT 'Whether the day was over when it was built.',
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("daily_return"), true) AND ifNull(isFinite("benchmark_return"), true),
  CONSTRAINT "equity_ordered" CHECK ifNull(equity_low <= equity_high, true),
  CONSTRAINT "wins_and_losses" CHECK ifNull(wins >= 0 AND losses >= 0 AND wins + losses <= trades, true),
  CONSTRAINT "day_ordered" CHECK ifNull(day_start < day_end, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYear("date")
ORDER BY ("account_id", "zone", "date", "id")
COMMENT 'What each day brought each account, in one row.'
AS SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version" FROM "daily_snapshots"
;
CREATE OR REPLACE TABLE "kpi_snapshots" (
  "id" UUID COMMENT 'Made from account, date, zone and window.',
  "account_id" UUID COMMENT 'The trading account.',
  "user_id" Nullable(UUID) COMMENT 'Owner of the account.',
  "date" Date32 COMMENT 'The day, in the zone.',
  "zone" LowCardinality(String) COMMENT 'IANA time zone of the day: UTC, or the account''s or firm''s.',
  "kpi_window" LowCardinality(String) COMMENT 'Days it looks back: all, year, 30d, ...',
  "kpis" String COMMENT 'Value by id of the KPI; null where it is undefined.' CODEC(ZSTD(3)),
  "days" Int32 DEFAULT 0 COMMENT 'Days with a return in the window.',
  "trades" Int32 DEFAULT 0 COMMENT 'Trades closed in the window.',
  "is_small_sample" Bool DEFAULT false COMMENT 'Under 20 days or 30 trades: noise.',
  "is_ruined" Bool DEFAULT false COMMENT 'Whether a day lost everything.',
  "parameters" String DEFAULT '{}' COMMENT 'Rates and conventions it was made with.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "sample_not_negative" CHECK ifNull(days >= 0 AND trades >= 0, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYear("date")
ORDER BY ("account_id", "kpi_window", "date", "id")
COMMENT 'All KPIs of each account, as of each day, over each window.'
AS SELECT "id", "account_id", "user_id", "date", "zone", "kpi_window", "kpis", "days", "trades", "is_small_sample", "is_ruined", "parameters", "created_at", "version" FROM "kpi_snapshots"
