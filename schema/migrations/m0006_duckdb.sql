ALTER TABLE "broker_performance_versions" ADD COLUMN IF NOT EXISTS "period" VARCHAR DEFAULT 'day'
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "period" SET NOT NULL
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "period" DROP DEFAULT
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "commission" DROP DEFAULT
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "commission" DROP NOT NULL
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "swap" DROP DEFAULT
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "swap" DROP NOT NULL
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "fee" DROP DEFAULT
;
ALTER TABLE "broker_performance_versions" ALTER COLUMN "fee" DROP NOT NULL
;
CREATE OR REPLACE VIEW "broker_performance" AS
SELECT "broker_id", "period_start", "period_end", "orders", "filled", "partially_filled", "refused", "failed", "requotes", "volume", "commission", "swap", "fee", "slippage_points", "slippage_p99_points", "spread_points", "latency_p50_ms", "latency_p99_ms", "created_at", "version", "period"
FROM "broker_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "broker_id", "period_start", "period" ORDER BY "version" DESC) = 1
;
ALTER TABLE "account_performance_versions" ADD COLUMN IF NOT EXISTS "period" VARCHAR DEFAULT 'day'
;
ALTER TABLE "account_performance_versions" ALTER COLUMN "period" SET NOT NULL
;
ALTER TABLE "account_performance_versions" ALTER COLUMN "period" DROP DEFAULT
;
CREATE OR REPLACE VIEW "account_performance" AS
SELECT "account_id", "period_start", "period_end", "user_id", "currency", "trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "costs", "flow", "balance_open", "balance", "equity_low", "equity_high", "period_return", "max_drawdown", "created_at", "version", "period"
FROM "account_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "period_start", "period" ORDER BY "version" DESC) = 1
;
ALTER TABLE "instance_performance_versions" ADD COLUMN IF NOT EXISTS "period" VARCHAR DEFAULT 'day'
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "period" SET NOT NULL
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "period" DROP DEFAULT
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "restarts" DROP DEFAULT
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "restarts" DROP NOT NULL
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "disconnects" DROP DEFAULT
;
ALTER TABLE "instance_performance_versions" ALTER COLUMN "disconnects" DROP NOT NULL
;
CREATE OR REPLACE VIEW "instance_performance" AS
SELECT "instance_id", "period_start", "period_end", "broker_id", "orders", "filled", "partially_filled", "refused", "failed", "accounts", "slippage_points", "latency_p50_ms", "latency_p99_ms", "uptime_percent", "restarts", "disconnects", "created_at", "version", "period"
FROM "instance_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "instance_id", "period_start", "period" ORDER BY "version" DESC) = 1
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "floating" DECIMAL(18, 8)
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "max_drawdown" DOUBLE
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "fee" DECIMAL(18, 8) DEFAULT 0
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "fee" SET NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "unexplained" DECIMAL(18, 8) DEFAULT 0
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "unexplained" SET NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "operations" INTEGER DEFAULT 0
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "operations" SET NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "marks" INTEGER DEFAULT 0
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "marks" SET NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ADD COLUMN IF NOT EXISTS "marked_at" TIMESTAMPTZ
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "equity_low" DROP DEFAULT
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "equity_low" DROP NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "equity_high" DROP DEFAULT
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "equity_high" DROP NOT NULL
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "margin_used" DROP DEFAULT
;
ALTER TABLE "daily_snapshots_versions" ALTER COLUMN "margin_used" DROP NOT NULL
;
CREATE OR REPLACE VIEW "daily_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version", "floating", "max_drawdown", "fee", "unexplained", "operations", "marks", "marked_at"
FROM "daily_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "zone", "date", "id" ORDER BY "version" DESC) = 1
;
ALTER TABLE "kpi_snapshots_versions" ALTER COLUMN "kpis" SET DEFAULT '{}'
;
CREATE OR REPLACE VIEW "kpi_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "kpi_window", "kpis", "days", "trades", "is_small_sample", "is_ruined", "parameters", "created_at", "version"
FROM "kpi_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "kpi_window", "date", "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "kpi_values_versions" (
  "kpi" VARCHAR NOT NULL,
  "kpi_group" VARCHAR NOT NULL,
  "kpi_window" VARCHAR NOT NULL,
  "zone" VARCHAR NOT NULL,
  "account_id" UUID NOT NULL,
  "date" DATE NOT NULL,
  "value" DOUBLE,
  "text" VARCHAR,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "kpi_values" AS
SELECT "kpi", "kpi_group", "kpi_window", "zone", "account_id", "date", "value", "text", "version"
FROM "kpi_values_versions"
QUALIFY row_number() OVER (PARTITION BY "kpi", "kpi_window", "zone", "account_id", "date" ORDER BY "version" DESC) = 1
