CREATE TABLE IF NOT EXISTS "trade_signal_versions" (
  "signal_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "strategy" VARCHAR NOT NULL,
  "provider_signal_id" VARCHAR,
  "stream" INTEGER NOT NULL,
  "entry_id" VARCHAR NOT NULL,
  "entry_row" INTEGER NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "action" ENUM('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel') NOT NULL,
  "order_type" ENUM('market', 'limit', 'stop', 'stop_limit') NOT NULL,
  "price" DECIMAL(18, 8),
  "stop_price" DECIMAL(18, 8),
  "stop_loss" DECIMAL(18, 8),
  "take_profit" DECIMAL(18, 8),
  "sl_pips" DOUBLE,
  "tp_pips" DOUBLE,
  "sl_percent" DOUBLE,
  "tp_percent" DOUBLE,
  "volume" DECIMAL(18, 8),
  "contracts" DECIMAL(18, 8),
  "risk_percent" DOUBLE,
  "fraction" DOUBLE,
  "position_size" DOUBLE,
  "prev_position_size" DOUBLE,
  "atr" DECIMAL(18, 8),
  "order_ref" VARCHAR,
  "comment" VARCHAR,
  "metadata" JSON DEFAULT '{}' NOT NULL,
  "fired_at" TIMESTAMPTZ NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "expires_at" TIMESTAMPTZ,
  "outcome" ENUM('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled') DEFAULT 'none' NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "subscribers" INTEGER DEFAULT 0 NOT NULL,
  "config_version" BIGINT DEFAULT 0 NOT NULL,
  "clock_ahead" BOOLEAN DEFAULT false NOT NULL,
  "missed_alert" BOOLEAN DEFAULT false NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_signal" AS
SELECT "signal_id", "strategy_id", "strategy", "provider_signal_id", "stream", "entry_id", "entry_row", "symbol", "action", "order_type", "price", "stop_price", "stop_loss", "take_profit", "sl_pips", "tp_pips", "sl_percent", "tp_percent", "volume", "contracts", "risk_percent", "fraction", "position_size", "prev_position_size", "atr", "order_ref", "comment", "metadata", "fired_at", "received_at", "expires_at", "outcome", "reason_code", "subscribers", "config_version", "clock_ahead", "missed_alert", "version"
FROM "trade_signal_versions"
QUALIFY row_number() OVER (PARTITION BY "signal_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "signal_rejection_versions" (
  "rejection_id" UUID NOT NULL,
  "signal_id" UUID,
  "stream" INTEGER NOT NULL,
  "entry_id" VARCHAR NOT NULL,
  "entry_row" INTEGER NOT NULL,
  "strategy" VARCHAR,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "message" VARCHAR DEFAULT '' NOT NULL,
  "payload" VARCHAR DEFAULT '' NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "signal_rejection" AS
SELECT "rejection_id", "signal_id", "stream", "entry_id", "entry_row", "strategy", "reason_code", "message", "payload", "received_at", "version"
FROM "signal_rejection_versions"
QUALIFY row_number() OVER (PARTITION BY "rejection_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "signal_resend_versions" (
  "resend_id" UUID NOT NULL,
  "signal_id" UUID NOT NULL,
  "stream" INTEGER NOT NULL,
  "entry_id" VARCHAR NOT NULL,
  "entry_row" INTEGER NOT NULL,
  "original_entry_id" VARCHAR NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "signal_resend" AS
SELECT "resend_id", "signal_id", "stream", "entry_id", "entry_row", "original_entry_id", "received_at", "version"
FROM "signal_resend_versions"
QUALIFY row_number() OVER (PARTITION BY "resend_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "signal_decisions_versions" (
  "signal_id" UUID NOT NULL,
  "partition" INTEGER NOT NULL,
  "strategy_id" UUID NOT NULL,
  "decision_id" VARCHAR NOT NULL,
  "previous_id" VARCHAR NOT NULL,
  "events_position" VARCHAR NOT NULL,
  "config_version" BIGINT NOT NULL,
  "accounts" INTEGER NOT NULL,
  "dispatched" INTEGER NOT NULL,
  "orders" INTEGER NOT NULL,
  "account_ids" JSON DEFAULT '[]' NOT NULL,
  "reasons" JSON DEFAULT '{}' NOT NULL,
  "stream" INTEGER NOT NULL,
  "entry_id" VARCHAR NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "decided_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "signal_decisions" AS
SELECT "signal_id", "partition", "strategy_id", "decision_id", "previous_id", "events_position", "config_version", "accounts", "dispatched", "orders", "account_ids", "reasons", "stream", "entry_id", "received_at", "decided_at", "version"
FROM "signal_decisions_versions"
QUALIFY row_number() OVER (PARTITION BY "signal_id", "partition" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "signal_execution_status_versions" (
  "signal_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "partition" INTEGER NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "action" ENUM('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel') NOT NULL,
  "outcome" ENUM('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled') NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "legs" INTEGER NOT NULL,
  "legs_final" INTEGER NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "decided_at" TIMESTAMPTZ NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "signal_execution_status" AS
SELECT "signal_id", "account_id", "strategy_id", "partition", "symbol", "action", "outcome", "reason_code", "legs", "legs_final", "received_at", "decided_at", "finished_at", "version"
FROM "signal_execution_status_versions"
QUALIFY row_number() OVER (PARTITION BY "signal_id", "account_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "orders_versions" (
  "order_id" UUID NOT NULL,
  "signal_id" UUID NOT NULL,
  "cause_id" UUID,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID NOT NULL,
  "partition" INTEGER NOT NULL,
  "decision_id" VARCHAR NOT NULL,
  "leg" INTEGER NOT NULL,
  "legs" INTEGER NOT NULL,
  "kind" ENUM('open', 'close', 'modify', 'cancel') NOT NULL,
  "side" ENUM('none', 'buy', 'sell') NOT NULL,
  "order_type" ENUM('market', 'limit', 'stop', 'stop_limit') NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "volume" DECIMAL(18, 8) NOT NULL,
  "filled_volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "price" DECIMAL(18, 8),
  "stop_price" DECIMAL(18, 8),
  "stop_loss" DECIMAL(18, 8),
  "take_profit" DECIMAL(18, 8),
  "trade_id" UUID,
  "state" ENUM('dispatched', 'claimed', 'sending', 'working', 'final') NOT NULL,
  "outcome" ENUM('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled') DEFAULT 'none' NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "retcode" INTEGER,
  "order_ticket" BIGINT,
  "position_ticket" BIGINT,
  "fill_price" DECIMAL(18, 8),
  "asked_price" DECIMAL(18, 8),
  "provider_price" DECIMAL(18, 8),
  "quote_price" DECIMAL(18, 8),
  "slippage" DECIMAL(18, 8),
  "message" VARCHAR,
  "magic" BIGINT DEFAULT 0 NOT NULL,
  "owner" UUID,
  "term" BIGINT DEFAULT 0 NOT NULL,
  "fired_at" TIMESTAMPTZ NOT NULL,
  "received_at" TIMESTAMPTZ NOT NULL,
  "decided_at" TIMESTAMPTZ NOT NULL,
  "claimed_at" TIMESTAMPTZ,
  "sent_at" TIMESTAMPTZ,
  "done_at" TIMESTAMPTZ,
  "reported_at" TIMESTAMPTZ,
  "expires_at" TIMESTAMPTZ,
  "valid_until" TIMESTAMPTZ,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "orders" AS
SELECT "order_id", "signal_id", "cause_id", "account_id", "strategy_id", "broker_id", "instance_id", "partition", "decision_id", "leg", "legs", "kind", "side", "order_type", "symbol", "volume", "filled_volume", "price", "stop_price", "stop_loss", "take_profit", "trade_id", "state", "outcome", "reason_code", "retcode", "order_ticket", "position_ticket", "fill_price", "asked_price", "provider_price", "quote_price", "slippage", "message", "magic", "owner", "term", "fired_at", "received_at", "decided_at", "claimed_at", "sent_at", "done_at", "reported_at", "expires_at", "valid_until", "version"
FROM "orders_versions"
QUALIFY row_number() OVER (PARTITION BY "order_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trade_result_versions" (
  "result_id" UUID NOT NULL,
  "order_id" UUID NOT NULL,
  "signal_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "trade_id" UUID,
  "outcome" ENUM('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled') NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "kind" ENUM('open', 'close', 'modify', 'cancel') NOT NULL,
  "side" ENUM('none', 'buy', 'sell') NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "price" DECIMAL(18, 8),
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "commission" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "swap" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "slippage" DECIMAL(18, 8),
  "decided_at" TIMESTAMPTZ NOT NULL,
  "finished_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trade_result" AS
SELECT "result_id", "order_id", "signal_id", "account_id", "strategy_id", "trade_id", "outcome", "reason_code", "kind", "side", "symbol", "volume", "price", "profit", "commission", "swap", "slippage", "decided_at", "finished_at", "version"
FROM "trade_result_versions"
QUALIFY row_number() OVER (PARTITION BY "result_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "result_metrics_versions" (
  "result_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID NOT NULL,
  "received_to_decided_ms" DOUBLE,
  "decided_to_claimed_ms" DOUBLE,
  "claimed_to_sent_ms" DOUBLE,
  "sent_to_done_ms" DOUBLE,
  "done_to_reported_ms" DOUBLE,
  "received_to_claimed_ms" DOUBLE,
  "received_to_done_ms" DOUBLE,
  "slippage_points" DOUBLE,
  "decided_at" TIMESTAMPTZ NOT NULL,
  "finished_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "result_metrics" AS
SELECT "result_id", "account_id", "broker_id", "instance_id", "received_to_decided_ms", "decided_to_claimed_ms", "claimed_to_sent_ms", "sent_to_done_ms", "done_to_reported_ms", "received_to_claimed_ms", "received_to_done_ms", "slippage_points", "decided_at", "finished_at", "version"
FROM "result_metrics_versions"
QUALIFY row_number() OVER (PARTITION BY "result_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "trades_versions" (
  "trade_id" UUID NOT NULL,
  "user_id" UUID,
  "strategy_id" UUID,
  "backtest_id" UUID,
  "signal_id" UUID,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID,
  "partition" INTEGER NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "type" ENUM('buy', 'sell') NOT NULL,
  "order_type" ENUM('market', 'limit', 'stop', 'stop_limit') DEFAULT 'market' NOT NULL,
  "quantity" DECIMAL(18, 8) NOT NULL,
  "closed_quantity" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "price" DECIMAL(18, 8),
  "entry_price" DECIMAL(18, 8),
  "exit_price" DECIMAL(18, 8),
  "stop_loss" DECIMAL(18, 8),
  "take_profit" DECIMAL(18, 8),
  "commission" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "swap" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "mfe" DECIMAL(18, 8),
  "mae" DECIMAL(18, 8),
  "status" ENUM('pending', 'executed', 'cancelled', 'rejected') DEFAULT 'pending' NOT NULL,
  "reason_code" VARCHAR DEFAULT 'NONE' NOT NULL,
  "position_ticket" BIGINT,
  "broker_trade_id" VARCHAR,
  "external_id" VARCHAR,
  "executed_at" TIMESTAMPTZ,
  "expires_at" TIMESTAMPTZ,
  "closed_at" TIMESTAMPTZ,
  "metadata" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "updated_at" TIMESTAMPTZ,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "trades" AS
SELECT "trade_id", "user_id", "strategy_id", "backtest_id", "signal_id", "account_id", "broker_id", "instance_id", "partition", "symbol", "type", "order_type", "quantity", "closed_quantity", "price", "entry_price", "exit_price", "stop_loss", "take_profit", "commission", "swap", "profit", "mfe", "mae", "status", "reason_code", "position_ticket", "broker_trade_id", "external_id", "executed_at", "expires_at", "closed_at", "metadata", "created_at", "updated_at", "version"
FROM "trades_versions"
QUALIFY row_number() OVER (PARTITION BY "trade_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "deals_versions" (
  "account_id" UUID NOT NULL,
  "deal_ticket" BIGINT NOT NULL,
  "broker_id" UUID NOT NULL,
  "order_id" UUID,
  "trade_id" UUID,
  "strategy_id" UUID,
  "partition" INTEGER NOT NULL,
  "order_ticket" BIGINT,
  "position_ticket" BIGINT,
  "symbol" VARCHAR DEFAULT '' NOT NULL,
  "type" ENUM('buy', 'sell', 'balance', 'credit', 'charge', 'correction', 'bonus', 'commission') NOT NULL,
  "entry" ENUM('in', 'out', 'inout', 'out_by') NOT NULL,
  "reason" ENUM('client', 'mobile', 'web', 'expert', 'sl', 'tp', 'so', 'rollover', 'vmargin', 'split') NOT NULL,
  "volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "price" DECIMAL(18, 8),
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "commission" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "swap" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "fee" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "magic" BIGINT DEFAULT 0 NOT NULL,
  "comment" VARCHAR DEFAULT '' NOT NULL,
  "time" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "deals" AS
SELECT "account_id", "deal_ticket", "broker_id", "order_id", "trade_id", "strategy_id", "partition", "order_ticket", "position_ticket", "symbol", "type", "entry", "reason", "volume", "price", "profit", "commission", "swap", "fee", "magic", "comment", "time", "version"
FROM "deals_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "deal_ticket" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "account_marks_versions" (
  "account_id" UUID NOT NULL,
  "minute" TIMESTAMPTZ NOT NULL,
  "partition" INTEGER NOT NULL,
  "balance" DECIMAL(18, 8) NOT NULL,
  "equity" DECIMAL(18, 8) NOT NULL,
  "equity_low" DECIMAL(18, 8) NOT NULL,
  "equity_high" DECIMAL(18, 8) NOT NULL,
  "margin" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "margin_free" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "open_positions" INTEGER DEFAULT 0 NOT NULL,
  "currency" VARCHAR NOT NULL,
  "marked_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "account_marks" AS
SELECT "account_id", "minute", "partition", "balance", "equity", "equity_low", "equity_high", "margin", "margin_free", "open_positions", "currency", "marked_at", "version"
FROM "account_marks_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "minute" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "system_event_log_versions" (
  "event_id" UUID NOT NULL,
  "kind" VARCHAR NOT NULL,
  "source" VARCHAR NOT NULL,
  "severity" ENUM('info', 'warning', 'error', 'critical') DEFAULT 'info' NOT NULL,
  "message" VARCHAR NOT NULL,
  "details" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "system_event_log" AS
SELECT "event_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "system_event_log_versions"
QUALIFY row_number() OVER (PARTITION BY "event_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "alert_log_versions" (
  "alert_id" UUID NOT NULL,
  "kind" VARCHAR NOT NULL,
  "source" VARCHAR NOT NULL,
  "severity" ENUM('info', 'warning', 'error', 'critical') DEFAULT 'info' NOT NULL,
  "message" VARCHAR NOT NULL,
  "details" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" UBIGINT NOT NULL
)
;
CREATE OR REPLACE VIEW "alert_log" AS
SELECT "alert_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "alert_log_versions"
QUALIFY row_number() OVER (PARTITION BY "alert_id" ORDER BY "version" DESC) = 1
;
CREATE TABLE IF NOT EXISTS "stream_marks" (
  "stream" VARCHAR NOT NULL,
  "position" VARCHAR NOT NULL,
  "updated_at" TIMESTAMPTZ NOT NULL,
  PRIMARY KEY ("stream")
)
;
CREATE TABLE IF NOT EXISTS "schema_migrations" (
  "version" VARCHAR NOT NULL,
  "name" VARCHAR NOT NULL,
  "checksum" VARCHAR NOT NULL,
  "applied_at" TIMESTAMPTZ NOT NULL,
  PRIMARY KEY ("version")
)
