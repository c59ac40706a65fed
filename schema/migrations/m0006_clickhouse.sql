ALTER TABLE "broker_performance"
  ADD COLUMN IF NOT EXISTS "period" LowCardinality(String) COMMENT 'Its length: day, month, quarter or year, in UTC.',
  MODIFY ORDER BY ("broker_id", "period_start", "period")
;
ALTER TABLE "account_performance"
  ADD COLUMN IF NOT EXISTS "period" LowCardinality(String) COMMENT 'Its length: day, month, quarter or year, in UTC.',
  MODIFY ORDER BY ("account_id", "period_start", "period")
;
ALTER TABLE "instance_performance"
  ADD COLUMN IF NOT EXISTS "period" LowCardinality(String) COMMENT 'Its length: day, month, quarter or year, in UTC.',
  MODIFY ORDER BY ("instance_id", "period_start", "period")
;
ALTER TABLE "broker_performance"
  MODIFY COLUMN "commission" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Commission; none: not all accounts are in USD. (USD)' CODEC(ZSTD(1)),
  MODIFY COLUMN "swap" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Swap; none likewise. (USD)' CODEC(ZSTD(1)),
  MODIFY COLUMN "fee" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Fees and charges; none likewise. (USD)' CODEC(ZSTD(1))
;
ALTER TABLE "broker_performance" MODIFY COLUMN "commission" REMOVE DEFAULT
;
ALTER TABLE "broker_performance" MODIFY COLUMN "swap" REMOVE DEFAULT
;
ALTER TABLE "broker_performance" MODIFY COLUMN "fee" REMOVE DEFAULT
;
ALTER TABLE "instance_performance"
  MODIFY COLUMN "restarts" Nullable(Int32) DEFAULT 0 COMMENT 'How often it was started again; none: unknown.',
  MODIFY COLUMN "disconnects" Nullable(Int64) DEFAULT 0 COMMENT 'Losses of the broker''s connection; none: unknown.' CODEC(ZSTD(1))
;
ALTER TABLE "instance_performance" MODIFY COLUMN "restarts" REMOVE DEFAULT
;
ALTER TABLE "instance_performance" MODIFY COLUMN "disconnects" REMOVE DEFAULT
;
ALTER TABLE "daily_snapshots"
  MODIFY COLUMN "equity_low" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Lowest equity marked; none without marks. (account currency)' CODEC(ZSTD(1)),
  MODIFY COLUMN "equity_high" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Highest equity marked; none without marks. (account currency)' CODEC(ZSTD(1)),
  MODIFY COLUMN "margin_used" Nullable(Decimal(18, 8)) DEFAULT 0 COMMENT 'Most margin marked; none without marks. (account currency)' CODEC(ZSTD(1))
;
ALTER TABLE "daily_snapshots" MODIFY COLUMN "equity_low" REMOVE DEFAULT
;
ALTER TABLE "daily_snapshots" MODIFY COLUMN "equity_high" REMOVE DEFAULT
;
ALTER TABLE "daily_snapshots" MODIFY COLUMN "margin_used" REMOVE DEFAULT
;
ALTER TABLE "daily_snapshots"
  ADD COLUMN IF NOT EXISTS "floating" Nullable(Decimal(18, 8)) COMMENT 'Equity less balance at the end; none without marks. (account currency)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "max_drawdown" Nullable(Float64) COMMENT 'Deepest fall below the day''s peak, as a share; <= 0.' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "fee" Decimal(18, 8) DEFAULT 0 COMMENT 'Fees and charges; negative is paid. (account currency)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "unexplained" Decimal(18, 8) DEFAULT 0 COMMENT 'Change of the balance that no deal or trade explains. (account currency)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "operations" Int32 DEFAULT 0 COMMENT 'Balance operations, credits and charges.',
  ADD COLUMN IF NOT EXISTS "marks" Int32 DEFAULT 0 COMMENT 'Minutes with a mark of balance and equity.',
  ADD COLUMN IF NOT EXISTS "marked_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'Last mark up to the end; none: it was never marked.' CODEC(Delta, ZSTD(1)),
  DROP CONSTRAINT IF EXISTS "figures_finite"
;
ALTER TABLE "daily_snapshots"
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("daily_return"), true) AND ifNull(isFinite("benchmark_return"), true) AND ifNull(isFinite("max_drawdown"), true)
;
CREATE OR REPLACE VIEW "broker_performance_current" AS
SELECT "broker_id", "period_start", "period_end", "orders", "filled", "partially_filled", "refused", "failed", "requotes", "volume", "commission", "swap", "fee", "slippage_points", "slippage_p99_points", "spread_points", "latency_p50_ms", "latency_p99_ms", "created_at", "version", "period"
FROM "broker_performance" FINAL
;
CREATE OR REPLACE VIEW "account_performance_current" AS
SELECT "account_id", "period_start", "period_end", "user_id", "currency", "trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "costs", "flow", "balance_open", "balance", "equity_low", "equity_high", "period_return", "max_drawdown", "created_at", "version", "period"
FROM "account_performance" FINAL
;
CREATE OR REPLACE VIEW "instance_performance_current" AS
SELECT "instance_id", "period_start", "period_end", "broker_id", "orders", "filled", "partially_filled", "refused", "failed", "accounts", "slippage_points", "latency_p50_ms", "latency_p99_ms", "uptime_percent", "restarts", "disconnects", "created_at", "version", "period"
FROM "instance_performance" FINAL
;
CREATE OR REPLACE VIEW "daily_snapshots_current" AS
SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version", "floating", "max_drawdown", "fee", "unexplained", "operations", "marks", "marked_at"
FROM "daily_snapshots" FINAL
;
ALTER TABLE "kpi_snapshots"
  MODIFY COLUMN "kpis" String DEFAULT '{}'
;
CREATE TABLE IF NOT EXISTS "kpi_values" (
  "kpi" LowCardinality(String) COMMENT 'Id of the KPI.',
  "kpi_group" LowCardinality(String) COMMENT 'Family of the KPI.',
  "kpi_window" LowCardinality(String) COMMENT 'Days it looks back: all, year, 30d, ...',
  "zone" LowCardinality(String) COMMENT 'IANA time zone of the day.',
  "account_id" UUID COMMENT 'The trading account.',
  "date" Date32 COMMENT 'The day, in the zone.',
  "value" Nullable(Float64) COMMENT 'Its value; none: undefined, or a text. (that of the KPI)' CODEC(ZSTD(1)),
  "text" LowCardinality(Nullable(String)) COMMENT 'Its value where that is a name or a day.',
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("value"), true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("date")
ORDER BY ("kpi", "kpi_window", "zone", "account_id", "date")
COMMENT 'The value of each KPI of each account, as of each day, over each window.'
;
CREATE OR REPLACE VIEW "kpi_values_current" AS
SELECT "kpi", "kpi_group", "kpi_window", "zone", "account_id", "date", "value", "text", "version"
FROM "kpi_values" FINAL
