CREATE OR REPLACE VIEW "trade_signal" AS
SELECT "signal_id", "strategy_id", "strategy", "provider_signal_id", "stream", "entry_id", "entry_row", "symbol", "action", "order_type", "price", "stop_price", "stop_loss", "take_profit", "sl_pips", "tp_pips", "sl_percent", "tp_percent", "volume", "contracts", "risk_percent", "fraction", "position_size", "prev_position_size", "atr", "order_ref", "comment", "metadata", "fired_at", "received_at", "expires_at", "outcome", "reason_code", "subscribers", "config_version", "clock_ahead", "missed_alert", "version"
FROM "trade_signal_versions"
QUALIFY row_number() OVER (PARTITION BY "strategy", "symbol", "received_at", "signal_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "signal_rejection" AS
SELECT "rejection_id", "signal_id", "stream", "entry_id", "entry_row", "strategy", "reason_code", "message", "payload", "received_at", "version"
FROM "signal_rejection_versions"
QUALIFY row_number() OVER (PARTITION BY "reason_code", "received_at", "rejection_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "signal_resend" AS
SELECT "resend_id", "signal_id", "stream", "entry_id", "entry_row", "original_entry_id", "received_at", "version"
FROM "signal_resend_versions"
QUALIFY row_number() OVER (PARTITION BY "received_at", "resend_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "signal_decisions" AS
SELECT "signal_id", "partition", "strategy_id", "decision_id", "previous_id", "events_position", "config_version", "accounts", "dispatched", "orders", "account_ids", "reasons", "stream", "entry_id", "received_at", "decided_at", "version"
FROM "signal_decisions_versions"
QUALIFY row_number() OVER (PARTITION BY "strategy_id", "received_at", "signal_id", "partition" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "signal_execution_status" AS
SELECT "signal_id", "account_id", "strategy_id", "partition", "symbol", "action", "outcome", "reason_code", "legs", "legs_final", "received_at", "decided_at", "finished_at", "version"
FROM "signal_execution_status_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "received_at", "signal_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "signal_metrics" AS
SELECT "signal_id", "strategy_id", "accounts", "orders", "fired_to_received_ms", "received_to_decided_ms", "received_to_first_sent_ms", "received_to_last_sent_ms", "received_to_first_done_ms", "received_to_last_done_ms", "received_at", "version"
FROM "signal_metrics_versions"
QUALIFY row_number() OVER (PARTITION BY "strategy_id", "received_at", "signal_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "orders" AS
SELECT "order_id", "signal_id", "cause_id", "account_id", "strategy_id", "broker_id", "instance_id", "partition", "decision_id", "leg", "legs", "kind", "side", "order_type", "symbol", "volume", "filled_volume", "price", "stop_price", "stop_loss", "take_profit", "trade_id", "state", "outcome", "reason_code", "retcode", "order_ticket", "position_ticket", "fill_price", "asked_price", "provider_price", "quote_price", "slippage", "message", "magic", "owner", "term", "fired_at", "received_at", "decided_at", "claimed_at", "sent_at", "done_at", "reported_at", "expires_at", "valid_until", "version"
FROM "orders_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "decided_at", "order_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trade_result" AS
SELECT "result_id", "order_id", "signal_id", "account_id", "strategy_id", "trade_id", "outcome", "reason_code", "kind", "side", "symbol", "volume", "price", "profit", "commission", "swap", "slippage", "decided_at", "finished_at", "version"
FROM "trade_result_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "decided_at", "result_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "result_metrics" AS
SELECT "result_id", "account_id", "broker_id", "instance_id", "received_to_decided_ms", "decided_to_claimed_ms", "claimed_to_sent_ms", "sent_to_done_ms", "done_to_reported_ms", "received_to_claimed_ms", "received_to_done_ms", "slippage_points", "decided_at", "finished_at", "version"
FROM "result_metrics_versions"
QUALIFY row_number() OVER (PARTITION BY "broker_id", "account_id", "decided_at", "result_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trade_reconciliation" AS
SELECT "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "opened_at", "checked_at", "version"
FROM "trade_reconciliation_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "opened_at", "trade_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trade_reconciliation_log" AS
SELECT "reconciliation_id", "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "action", "created_at", "version"
FROM "trade_reconciliation_log_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "created_at", "reconciliation_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trade_failure_log" AS
SELECT "failure_id", "trade_id", "signal_id", "account_id", "strategy_id", "broker_id", "instance_id", "symbol", "outcome", "reason_code", "retcode", "message", "volume", "attempts", "details", "created_at", "failed_at", "version"
FROM "trade_failure_log_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "created_at", "failure_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "commission_log" AS
SELECT "trade_id", "deal_ticket", "account_id", "broker_id", "symbol", "volume", "commission", "swap", "fee", "currency", "comment", "created_at", "version"
FROM "commission_log_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "created_at", "trade_id", "deal_ticket" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trades" AS
SELECT "trade_id", "user_id", "strategy_id", "backtest_id", "signal_id", "account_id", "broker_id", "instance_id", "partition", "symbol", "type", "order_type", "quantity", "closed_quantity", "price", "entry_price", "exit_price", "stop_loss", "take_profit", "commission", "swap", "profit", "mfe", "mae", "status", "reason_code", "position_ticket", "broker_trade_id", "external_id", "executed_at", "expires_at", "closed_at", "metadata", "created_at", "updated_at", "version", "sl_pips", "tp_pips", "pips", "pip_value", "contract", "nights", "slippage_entry", "slippage_exit", "latency_ms", "spread_pips", "close_reason"
FROM "trades_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "created_at", "trade_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "deals" AS
SELECT "account_id", "deal_ticket", "broker_id", "order_id", "trade_id", "strategy_id", "partition", "order_ticket", "position_ticket", "symbol", "type", "entry", "reason", "volume", "price", "profit", "commission", "swap", "fee", "magic", "comment", "time", "version"
FROM "deals_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "time", "deal_ticket" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "account_marks" AS
SELECT "account_id", "minute", "partition", "balance", "equity", "equity_low", "equity_high", "margin", "margin_free", "open_positions", "currency", "marked_at", "version"
FROM "account_marks_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "minute" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "trade_performance" AS
SELECT "trade_id", "account_id", "strategy_id", "broker_id", "symbol", "volume", "gross_profit", "costs", "net_profit", "pips", "r_multiple", "return_on_balance", "duration_seconds", "slippage_entry_points", "slippage_exit_points", "slippage_cost", "entry_efficiency", "exit_efficiency", "opened_at", "closed_at", "created_at", "version"
FROM "trade_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "symbol", "opened_at", "trade_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "broker_performance" AS
SELECT "broker_id", "period_start", "period_end", "orders", "filled", "partially_filled", "refused", "failed", "requotes", "volume", "commission", "swap", "fee", "slippage_points", "slippage_p99_points", "spread_points", "latency_p50_ms", "latency_p99_ms", "created_at", "version"
FROM "broker_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "broker_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "account_performance" AS
SELECT "account_id", "period_start", "period_end", "user_id", "currency", "trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "costs", "flow", "balance_open", "balance", "equity_low", "equity_high", "period_return", "max_drawdown", "created_at", "version"
FROM "account_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "instance_performance" AS
SELECT "instance_id", "period_start", "period_end", "broker_id", "orders", "filled", "partially_filled", "refused", "failed", "accounts", "slippage_points", "latency_p50_ms", "latency_p99_ms", "uptime_percent", "restarts", "disconnects", "created_at", "version"
FROM "instance_performance_versions"
QUALIFY row_number() OVER (PARTITION BY "instance_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "performance_log" AS
SELECT "instance_id", "period_start", "period_end", "source", "cpu_percent", "memory_mb", "disk_mb", "events", "errors", "latency_p50_ms", "latency_p99_ms", "lag_ms", "created_at", "version"
FROM "performance_log_versions"
QUALIFY row_number() OVER (PARTITION BY "instance_id", "period_start" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "login_audit" AS
SELECT "login_id", "user_id", "username", "method", "outcome", "ip_address", "user_agent", "device_fingerprint", "session_id", "created_at", "version"
FROM "login_audit_versions"
QUALIFY row_number() OVER (PARTITION BY "created_at", "login_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "system_event_log" AS
SELECT "event_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "system_event_log_versions"
QUALIFY row_number() OVER (PARTITION BY "source", "kind", "created_at", "event_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "alert_log" AS
SELECT "alert_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "alert_log_versions"
QUALIFY row_number() OVER (PARTITION BY "source", "kind", "created_at", "alert_id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "sync_logs" AS
SELECT "id", "broker_connection_id", "user_id", "account_id", "status", "new_count", "duplicate_count", "updated_count", "error_count", "errors", "from_time", "to_time", "created_at", "finished_at", "version"
FROM "sync_logs_versions"
QUALIFY row_number() OVER (PARTITION BY "broker_connection_id", "created_at", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "daily_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version"
FROM "daily_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "zone", "date", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "kpi_snapshots" AS
SELECT "id", "account_id", "user_id", "date", "zone", "kpi_window", "kpis", "days", "trades", "is_small_sample", "is_ruined", "parameters", "created_at", "version"
FROM "kpi_snapshots_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "kpi_window", "date", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "whale_events" AS
SELECT "id", "user_id", "symbol", "source", "direction", "volume", "notional", "price", "score", "correlated_trade_ids", "details", "occurred_at", "created_at", "version"
FROM "whale_events_versions"
QUALIFY row_number() OVER (PARTITION BY "symbol", "occurred_at", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "oracle_scores" AS
SELECT "id", "user_id", "account_id", "signal_id", "trade_id", "symbol", "model", "score", "probability", "features", "created_at", "version"
FROM "oracle_scores_versions"
QUALIFY row_number() OVER (PARTITION BY "symbol", "model", "created_at", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "armor_breaches" AS
SELECT "id", "account_id", "user_id", "severity", "rule", "limit_id", "template_id", "limit_value", "value", "equity", "reference_equity", "action", "trade_id", "details", "date", "zone", "created_at", "acknowledged_at", "version"
FROM "armor_breaches_versions"
QUALIFY row_number() OVER (PARTITION BY "account_id", "created_at", "id" ORDER BY "version" DESC) = 1
;
CREATE OR REPLACE VIEW "market_data" AS
SELECT "symbol", "timeframe", "timestamp", "open_price", "high_price", "low_price", "close_price", "volume", "source", "spread_points", "created_at", "version"
FROM "market_data_versions"
QUALIFY row_number() OVER (PARTITION BY "symbol", "timeframe", "timestamp" ORDER BY "version" DESC) = 1
