CREATE TABLE IF NOT EXISTS "signal_metrics_versions" (
  "signal_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "accounts" INTEGER DEFAULT 0 NOT NULL,
  "orders" INTEGER DEFAULT 0 NOT NULL,
  "fired_to_received_ms" DOUBLE,
  "received_to_decided_ms" DOUBLE,
  "received_to_first_sent_ms" DOUBLE,
  "received_to_last_sent_ms" DOUBLE,
  "received_to_first_done_ms" DOUBLE,
  "received_to_last_done_ms" DOUBLE,
  "received_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "signal_metrics" AS
SELECT "signal_id", "strategy_id", "accounts", "orders", "fired_to_received_ms", "received_to_decided_ms", "received_to_first_sent_ms", "received_to_last_sent_ms", "received_to_first_done_ms", "received_to_last_done_ms", "received_at", "version"
FROM "signal_metrics_versions"
QUALIFY row_number() OVER (PARTITION BY "signal_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trade_reconciliation_versions" (
  "trade_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "status" ENUM('success', 'fail') NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "position_ticket" BIGINT,
  "our_volume" DECIMAL(18, 8),
  "broker_volume" DECIMAL(18, 8),
  "our_profit" DECIMAL(18, 8),
  "broker_profit" DECIMAL(18, 8),
  "differences" JSON DEFAULT '{}' NOT NULL,
  "opened_at" TIMESTAMPTZ NOT NULL,
  "checked_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_reconciliation" AS
SELECT "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "opened_at", "checked_at", "version"
FROM "trade_reconciliation_versions"
QUALIFY row_number() OVER (PARTITION BY "trade_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trade_reconciliation_log_versions" (
  "reconciliation_id" UUID NOT NULL,
  "trade_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "status" ENUM('success', 'fail') NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "position_ticket" BIGINT,
  "our_volume" DECIMAL(18, 8),
  "broker_volume" DECIMAL(18, 8),
  "our_profit" DECIMAL(18, 8),
  "broker_profit" DECIMAL(18, 8),
  "differences" JSON DEFAULT '{}' NOT NULL,
  "action" VARCHAR NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_reconciliation_log" AS
SELECT "reconciliation_id", "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "action", "created_at", "version"
FROM "trade_reconciliation_log_versions"
QUALIFY row_number() OVER (PARTITION BY "reconciliation_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trade_failure_log_versions" (
  "failure_id" UUID NOT NULL,
  "trade_id" UUID NOT NULL,
  "signal_id" UUID,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "outcome" ENUM('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled') NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "retcode" INTEGER,
  "message" VARCHAR,
  "volume" DECIMAL(18, 8) NOT NULL,
  "attempts" INTEGER DEFAULT 1 NOT NULL,
  "details" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "failed_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_failure_log" AS
SELECT "failure_id", "trade_id", "signal_id", "account_id", "strategy_id", "broker_id", "instance_id", "symbol", "outcome", "reason_code", "retcode", "message", "volume", "attempts", "details", "created_at", "failed_at", "version"
FROM "trade_failure_log_versions"
QUALIFY row_number() OVER (PARTITION BY "failure_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "commission_log_versions" (
  "trade_id" UUID NOT NULL,
  "deal_ticket" BIGINT NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "commission" DECIMAL(18, 8) NOT NULL,
  "swap" DECIMAL(18, 8) NOT NULL,
  "fee" DECIMAL(18, 8) NOT NULL,
  "currency" VARCHAR NOT NULL,
  "comment" VARCHAR DEFAULT '' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "commission_log" AS
SELECT "trade_id", "deal_ticket", "account_id", "broker_id", "symbol", "volume", "commission", "swap", "fee", "currency", "comment", "created_at", "version"
FROM "commission_log_versions"
QUALIFY row_number() OVER (PARTITION BY "trade_id", "deal_ticket" ORDER BY "version" DESC) = 1
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "sl_pips" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "tp_pips" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "pips" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "pip_value" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "contract" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "nights" INTEGER
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "slippage_entry" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "slippage_exit" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "latency_ms" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "spread_pips" DOUBLE
;
ALTER TABLE "trades_versions" ADD COLUMN IF NOT EXISTS "close_reason" ENUM('manual', 'ea', 'sl', 'tp', 'stop_out')
;
CREATE OR REPLACE VIEW "trades" AS
SELECT "trade_id", "user_id", "strategy_id", "backtest_id", "signal_id", "account_id", "broker_id", "instance_id", "partition", "symbol", "type", "order_type", "quantity", "closed_quantity", "price", "entry_price", "exit_price", "stop_loss", "take_profit", "commission", "swap", "profit", "mfe", "mae", "status", "reason_code", "position_ticket", "broker_trade_id", "external_id", "executed_at", "expires_at", "closed_at", "metadata", "created_at", "updated_at", "version", "sl_pips", "tp_pips", "pips", "pip_value", "contract", "nights", "slippage_entry", "slippage_exit", "latency_ms", "spread_pips", "close_reason"
FROM "trades_versions"
QUALIFY row_number() OVER (PARTITION BY "trade_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trade_performance_versions" (
  "trade_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID,
  "broker_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "volume" DECIMAL(18, 8) NOT NULL,
  "gross_profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "costs" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "net_profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "pips" DOUBLE,
  "r_multiple" DOUBLE,
  "return_on_balance" DOUBLE,
  "duration_seconds" DOUBLE,
  "slippage_entry_points" DOUBLE,
  "slippage_exit_points" DOUBLE,
  "slippage_cost" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "entry_efficiency" DOUBLE,
  "exit_efficiency" DOUBLE,
  "opened_at" TIMESTAMPTZ NOT NULL,
  "closed_at" TIMESTAMPTZ NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_performance" AS
SELECT "trade_id", "account_id", "strategy_id", "broker_id", "symbol", "volume", "gross_profit", "costs", "net_profit", "pips", "r_multiple", "return_on_balance", "duration_seconds", "slippage_entry_points", "slippage_exit_points", "slippage_cost", "entry_efficiency", "exit_efficiency", "opened_at", "closed_at", "created_at", "version"
FROM "trade_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "trade_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "broker_performance_versions" (
  "broker_id" UUID NOT NULL,
  "period_start" TIMESTAMPTZ NOT NULL,
  "period_end" TIMESTAMPTZ NOT NULL,
  "orders" BIGINT DEFAULT 0 NOT NULL,
  "filled" BIGINT DEFAULT 0 NOT NULL,
  "partially_filled" BIGINT DEFAULT 0 NOT NULL,
  "refused" BIGINT DEFAULT 0 NOT NULL,
  "failed" BIGINT DEFAULT 0 NOT NULL,
  "requotes" BIGINT DEFAULT 0 NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "commission" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "swap" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "fee" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "slippage_points" DOUBLE,
  "slippage_p99_points" DOUBLE,
  "spread_points" DOUBLE,
  "latency_p50_ms" DOUBLE,
  "latency_p99_ms" DOUBLE,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "broker_performance" AS
SELECT "broker_id", "period_start", "period_end", "orders", "filled", "partially_filled", "refused", "failed", "requotes", "volume", "commission", "swap", "fee", "slippage_points", "slippage_p99_points", "spread_points", "latency_p50_ms", "latency_p99_ms", "created_at", "version"
FROM "broker_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "broker_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "account_performance_versions" (
  "account_id" UUID NOT NULL,
  "period_start" TIMESTAMPTZ NOT NULL,
  "period_end" TIMESTAMPTZ NOT NULL,
  "user_id" UUID,
  "currency" VARCHAR NOT NULL,
  "trades" BIGINT DEFAULT 0 NOT NULL,
  "wins" BIGINT DEFAULT 0 NOT NULL,
  "losses" BIGINT DEFAULT 0 NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "gross_profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "gross_loss" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "costs" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "flow" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "balance_open" DECIMAL(18, 8),
  "balance" DECIMAL(18, 8),
  "equity_low" DECIMAL(18, 8),
  "equity_high" DECIMAL(18, 8),
  "period_return" DOUBLE,
  "max_drawdown" DOUBLE,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "account_performance" AS
SELECT "account_id", "period_start", "period_end", "user_id", "currency", "trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "costs", "flow", "balance_open", "balance", "equity_low", "equity_high", "period_return", "max_drawdown", "created_at", "version"
FROM "account_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "instance_performance_versions" (
  "instance_id" UUID NOT NULL,
  "period_start" TIMESTAMPTZ NOT NULL,
  "period_end" TIMESTAMPTZ NOT NULL,
  "broker_id" UUID NOT NULL,
  "orders" BIGINT DEFAULT 0 NOT NULL,
  "filled" BIGINT DEFAULT 0 NOT NULL,
  "partially_filled" BIGINT DEFAULT 0 NOT NULL,
  "refused" BIGINT DEFAULT 0 NOT NULL,
  "failed" BIGINT DEFAULT 0 NOT NULL,
  "accounts" INTEGER DEFAULT 0 NOT NULL,
  "slippage_points" DOUBLE,
  "latency_p50_ms" DOUBLE,
  "latency_p99_ms" DOUBLE,
  "uptime_percent" DOUBLE,
  "restarts" INTEGER DEFAULT 0 NOT NULL,
  "disconnects" BIGINT DEFAULT 0 NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "instance_performance" AS
SELECT "instance_id", "period_start", "period_end", "broker_id", "orders", "filled", "partially_filled", "refused", "failed", "accounts", "slippage_points", "latency_p50_ms", "latency_p99_ms", "uptime_percent", "restarts", "disconnects", "created_at", "version"
FROM "instance_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "instance_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "performance_log_versions" (
  "instance_id" UUID NOT NULL,
  "period_start" TIMESTAMPTZ NOT NULL,
  "period_end" TIMESTAMPTZ NOT NULL,
  "source" VARCHAR NOT NULL,
  "cpu_percent" DOUBLE,
  "memory_mb" DOUBLE,
  "disk_mb" DOUBLE,
  "events" BIGINT DEFAULT 0 NOT NULL,
  "errors" BIGINT DEFAULT 0 NOT NULL,
  "latency_p50_ms" DOUBLE,
  "latency_p99_ms" DOUBLE,
  "lag_ms" DOUBLE,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "performance_log" AS
SELECT "instance_id", "period_start", "period_end", "source", "cpu_percent", "memory_mb", "disk_mb", "events", "errors", "latency_p50_ms", "latency_p99_ms", "lag_ms", "created_at", "version"
FROM "performance_log_versions"
QUALIFY row_number() OVER (PARTITION BY "instance_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "login_audit_versions" (
  "login_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "username" VARCHAR DEFAULT '' NOT NULL,
  "method" ENUM('password', 'two_factor', 'api_key', 'token', 'recovery') DEFAULT 'password' NOT NULL,
  "outcome" ENUM('success', 'wrong_password', 'wrong_code', 'unknown_user', 'locked', 'expired') NOT NULL,
  "ip_address" VARCHAR,
  "user_agent" VARCHAR,
  "device_fingerprint" VARCHAR,
  "session_id" UUID,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "login_audit" AS
SELECT "login_id", "user_id", "username", "method", "outcome", "ip_address", "user_agent", "device_fingerprint", "session_id", "created_at", "version"
FROM "login_audit_versions"
QUALIFY row_number() OVER (PARTITION BY "login_id" ORDER BY "version" DESC) = 1
;
ALTER TABLE "schema_migrations" ALTER COLUMN "applied_at" SET DEFAULT now()
;
CREATE TABLE IF NOT EXISTS "sync_logs_versions" (
  "id" UUID NOT NULL,
  "broker_connection_id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "status" ENUM('never', 'running', 'ok', 'failed', 'disabled') DEFAULT 'ok' NOT NULL,
  "new_count" INTEGER DEFAULT 0 NOT NULL,
  "duplicate_count" INTEGER DEFAULT 0 NOT NULL,
  "updated_count" INTEGER DEFAULT 0 NOT NULL,
  "error_count" INTEGER DEFAULT 0 NOT NULL,
  "errors" JSON DEFAULT '[]' NOT NULL,
  "from_time" TIMESTAMPTZ,
  "to_time" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "sync_logs" AS
SELECT "id", "broker_connection_id", "user_id", "account_id", "status", "new_count", "duplicate_count", "updated_count", "error_count", "errors", "from_time", "to_time", "created_at", "finished_at", "version"
FROM "sync_logs_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "daily_snapshots_versions" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "date" DATE NOT NULL,
  "zone" VARCHAR NOT NULL,
  "day_start" TIMESTAMPTZ NOT NULL,
  "day_end" TIMESTAMPTZ NOT NULL,
  "currency" VARCHAR NOT NULL,
  "balance_open" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "balance" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "equity_open" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "equity" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "equity_low" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "equity_high" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "flow" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "daily_return" DOUBLE,
  "benchmark_return" DOUBLE,
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "gross_profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "gross_loss" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "commission" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "swap" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "wins" INTEGER DEFAULT 0 NOT NULL,
  "losses" INTEGER DEFAULT 0 NOT NULL,
  "opened" INTEGER DEFAULT 0 NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "best_trade" DECIMAL(18, 8),
  "worst_trade" DECIMAL(18, 8),
  "margin_used" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "open_positions" INTEGER DEFAULT 0 NOT NULL,
  "peak_equity" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "daily_loss" DECIMAL(18, 8),
  "daily_loss_reference" DECIMAL(18, 8),
  "daily_loss_limit" DECIMAL(18, 8),
  "drawdown" DECIMAL(18, 8),
  "drawdown_limit" DECIMAL(18, 8),
  "soft_breaches" INTEGER DEFAULT 0 NOT NULL,
  "hard_breaches" INTEGER DEFAULT 0 NOT NULL,
  "is_final" BOOLEAN DEFAULT false NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "daily_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version"
FROM "daily_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "kpi_snapshots_versions" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "date" DATE NOT NULL,
  "zone" VARCHAR NOT NULL,
  "kpi_window" VARCHAR NOT NULL,
  "kpis" JSON NOT NULL,
  "days" INTEGER DEFAULT 0 NOT NULL,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "is_small_sample" BOOLEAN DEFAULT false NOT NULL,
  "is_ruined" BOOLEAN DEFAULT false NOT NULL,
  "parameters" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "kpi_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "kpi_window", "kpis", "days", "trades", "is_small_sample", "is_ruined", "parameters", "created_at", "version"
FROM "kpi_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "whale_events_versions" (
  "id" UUID NOT NULL,
  "user_id" UUID,
  "symbol" VARCHAR NOT NULL,
  "source" VARCHAR DEFAULT '' NOT NULL,
  "direction" VARCHAR DEFAULT 'unknown' NOT NULL,
  "volume" DOUBLE,
  "notional" DOUBLE,
  "price" DECIMAL(18, 8),
  "score" DOUBLE,
  "correlated_trade_ids" JSON DEFAULT '[]' NOT NULL,
  "details" JSON DEFAULT '{}' NOT NULL,
  "occurred_at" TIMESTAMPTZ NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "whale_events" AS
SELECT "id", "user_id", "symbol", "source", "direction", "volume", "notional", "price", "score", "correlated_trade_ids", "details", "occurred_at", "created_at", "version"
FROM "whale_events_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "oracle_scores_versions" (
  "id" UUID NOT NULL,
  "user_id" UUID,
  "account_id" UUID,
  "signal_id" UUID,
  "trade_id" UUID,
  "symbol" VARCHAR NOT NULL,
  "model" VARCHAR NOT NULL,
  "score" DOUBLE NOT NULL,
  "probability" DOUBLE,
  "features" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "oracle_scores" AS
SELECT "id", "user_id", "account_id", "signal_id", "trade_id", "symbol", "model", "score", "probability", "features", "created_at", "version"
FROM "oracle_scores_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "armor_breaches_versions" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "severity" ENUM('soft', 'hard') NOT NULL,
  "rule" VARCHAR NOT NULL,
  "limit_id" UUID,
  "template_id" UUID,
  "limit_value" DECIMAL(18, 8),
  "value" DECIMAL(18, 8),
  "equity" DECIMAL(18, 8),
  "reference_equity" DECIMAL(18, 8),
  "action" ENUM('warn', 'block', 'close') DEFAULT 'warn' NOT NULL,
  "trade_id" UUID,
  "details" JSON DEFAULT '{}' NOT NULL,
  "date" DATE NOT NULL,
  "zone" VARCHAR DEFAULT 'UTC' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "acknowledged_at" TIMESTAMPTZ,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "armor_breaches" AS
SELECT "id", "account_id", "user_id", "severity", "rule", "limit_id", "template_id", "limit_value", "value", "equity", "reference_equity", "action", "trade_id", "details", "date", "zone", "created_at", "acknowledged_at", "version"
FROM "armor_breaches_versions"
QUALIFY row_number() OVER (PARTITION BY "id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "market_data_versions" (
  "symbol" VARCHAR NOT NULL,
  "timeframe" ENUM('1m', '5m', '15m', '1h', '4h', '1d') NOT NULL,
  "timestamp" TIMESTAMPTZ NOT NULL,
  "open_price" DECIMAL(18, 8) NOT NULL,
  "high_price" DECIMAL(18, 8) NOT NULL,
  "low_price" DECIMAL(18, 8) NOT NULL,
  "close_price" DECIMAL(18, 8) NOT NULL,
  "volume" BIGINT DEFAULT 0 NOT NULL,
  "source" VARCHAR DEFAULT '' NOT NULL,
  "spread_points" INTEGER,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "market_data" AS
SELECT "symbol", "timeframe", "timestamp", "open_price", "high_price", "low_price", "close_price", "volume", "source", "spread_points", "created_at", "version"
FROM "market_data_versions"
QUALIFY row_number() OVER (PARTITION BY "symbol", "timeframe", "timestamp" ORDER BY "version" DESC) = 1
