ALTER TABLE "trade_signal"
  ADD CONSTRAINT IF NOT EXISTS "action_known" CHECK "action" IN ('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel'),
  ADD CONSTRAINT IF NOT EXISTS "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  ADD CONSTRAINT IF NOT EXISTS "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("sl_pips"), true) AND ifNull(isFinite("tp_pips"), true) AND ifNull(isFinite("sl_percent"), true) AND ifNull(isFinite("tp_percent"), true) AND ifNull(isFinite("risk_percent"), true) AND ifNull(isFinite("fraction"), true) AND ifNull(isFinite("position_size"), true) AND ifNull(isFinite("prev_position_size"), true)
;
ALTER TABLE "signal_execution_status"
  ADD CONSTRAINT IF NOT EXISTS "action_known" CHECK "action" IN ('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel'),
  ADD CONSTRAINT IF NOT EXISTS "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
;
CREATE TABLE IF NOT EXISTS "signal_metrics" (
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "accounts" Int32 DEFAULT 0 COMMENT 'Accounts that its decisions name.',
  "orders" Int32 DEFAULT 0 COMMENT 'Order legs dispatched.',
  "fired_to_received_ms" Nullable(Float64) COMMENT 'From firing to its stream entry. (ms)' CODEC(ZSTD(1)),
  "received_to_decided_ms" Nullable(Float64) COMMENT 'To the last decision. (ms)' CODEC(ZSTD(1)),
  "received_to_first_sent_ms" Nullable(Float64) COMMENT 'To the first order sent. (ms)' CODEC(ZSTD(1)),
  "received_to_last_sent_ms" Nullable(Float64) COMMENT 'To the last order sent. (ms)' CODEC(ZSTD(1)),
  "received_to_first_done_ms" Nullable(Float64) COMMENT 'To the first answer of a broker. (ms)' CODEC(ZSTD(1)),
  "received_to_last_done_ms" Nullable(Float64) COMMENT 'To the last answer of a broker. (ms)' CODEC(ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("fired_to_received_ms"), true) AND ifNull(isFinite("received_to_decided_ms"), true) AND ifNull(isFinite("received_to_first_sent_ms"), true) AND ifNull(isFinite("received_to_last_sent_ms"), true) AND ifNull(isFinite("received_to_first_done_ms"), true) AND ifNull(isFinite("received_to_last_done_ms"), true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("strategy_id", "received_at", "signal_id")
COMMENT 'How long each signal took on its way, over all accounts that traded it.'
;
CREATE OR REPLACE VIEW "signal_metrics_current" AS
SELECT "signal_id", "strategy_id", "accounts", "orders", "fired_to_received_ms", "received_to_decided_ms", "received_to_first_sent_ms", "received_to_last_sent_ms", "received_to_first_done_ms", "received_to_last_done_ms", "received_at", "version"
FROM "signal_metrics" FINAL
;
ALTER TABLE "orders"
  ADD CONSTRAINT IF NOT EXISTS "kind_known" CHECK "kind" IN ('open', 'close', 'modify', 'cancel'),
  ADD CONSTRAINT IF NOT EXISTS "side_known" CHECK "side" IN ('none', 'buy', 'sell'),
  ADD CONSTRAINT IF NOT EXISTS "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  ADD CONSTRAINT IF NOT EXISTS "state_known" CHECK "state" IN ('dispatched', 'claimed', 'sending', 'working', 'final'),
  ADD CONSTRAINT IF NOT EXISTS "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
;
ALTER TABLE "trade_result"
  ADD CONSTRAINT IF NOT EXISTS "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled'),
  ADD CONSTRAINT IF NOT EXISTS "kind_known" CHECK "kind" IN ('open', 'close', 'modify', 'cancel'),
  ADD CONSTRAINT IF NOT EXISTS "side_known" CHECK "side" IN ('none', 'buy', 'sell')
;
ALTER TABLE "result_metrics"
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("received_to_decided_ms"), true) AND ifNull(isFinite("decided_to_claimed_ms"), true) AND ifNull(isFinite("claimed_to_sent_ms"), true) AND ifNull(isFinite("sent_to_done_ms"), true) AND ifNull(isFinite("done_to_reported_ms"), true) AND ifNull(isFinite("received_to_claimed_ms"), true) AND ifNull(isFinite("received_to_done_ms"), true) AND ifNull(isFinite("slippage_points"), true)
;
CREATE TABLE IF NOT EXISTS "trade_reconciliation" (
  "trade_id" UUID COMMENT 'The trade.',
  "account_id" UUID COMMENT 'The trading account.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "status" LowCardinality(String) COMMENT 'Whether the books agree.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "position_ticket" Nullable(Int64) COMMENT 'The broker''s position ticket.' CODEC(ZSTD(1)),
  "our_volume" Nullable(Decimal(18, 8)) COMMENT 'Volume in our books; none: we do not know it. (lots)' CODEC(ZSTD(1)),
  "broker_volume" Nullable(Decimal(18, 8)) COMMENT 'Volume at the broker; none: it has none. (lots)' CODEC(ZSTD(1)),
  "our_profit" Nullable(Decimal(18, 8)) COMMENT 'Profit in our books. (account currency)' CODEC(ZSTD(1)),
  "broker_profit" Nullable(Decimal(18, 8)) COMMENT 'Profit at the broker. (account currency)' CODEC(ZSTD(1)),
  "differences" String DEFAULT '{}' COMMENT 'Ours and theirs by column that differs.' CODEC(ZSTD(3)),
  "opened_at" DateTime64(6, 'UTC') COMMENT 'When the trade was opened, or its opening decided.' CODEC(Delta, ZSTD(1)),
  "checked_at" DateTime64(6, 'UTC') COMMENT 'When they were compared.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('success', 'fail')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("opened_at")
ORDER BY ("account_id", "symbol", "opened_at", "trade_id")
COMMENT 'Whether our books and the broker''s agree on each trade, as last compared.'
;
CREATE OR REPLACE VIEW "trade_reconciliation_current" AS
SELECT "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "opened_at", "checked_at", "version"
FROM "trade_reconciliation" FINAL
;
CREATE TABLE IF NOT EXISTS "trade_reconciliation_log" (
  "reconciliation_id" UUID COMMENT 'Made from the trade and the moment.',
  "trade_id" UUID COMMENT 'The trade.',
  "account_id" UUID COMMENT 'The trading account.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "status" LowCardinality(String) COMMENT 'Whether the books agree.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "position_ticket" Nullable(Int64) COMMENT 'The broker''s position ticket.' CODEC(ZSTD(1)),
  "our_volume" Nullable(Decimal(18, 8)) COMMENT 'Volume in our books; none: we do not know it. (lots)' CODEC(ZSTD(1)),
  "broker_volume" Nullable(Decimal(18, 8)) COMMENT 'Volume at the broker; none: it has none. (lots)' CODEC(ZSTD(1)),
  "our_profit" Nullable(Decimal(18, 8)) COMMENT 'Profit in our books. (account currency)' CODEC(ZSTD(1)),
  "broker_profit" Nullable(Decimal(18, 8)) COMMENT 'Profit at the broker. (account currency)' CODEC(ZSTD(1)),
  "differences" String DEFAULT '{}' COMMENT 'Ours and theirs by column that differs.' CODEC(ZSTD(3)),
  "action" LowCardinality(String) COMMENT 'What was done: none, adopted, corrected or alerted.',
  "created_at" DateTime64(6, 'UTC') COMMENT 'When they were compared.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('success', 'fail')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("account_id", "symbol", "created_at", "reconciliation_id")
COMMENT 'Every comparison of a trade with the broker''s books, and what was mended.'
;
CREATE OR REPLACE VIEW "trade_reconciliation_log_current" AS
SELECT "reconciliation_id", "trade_id", "account_id", "broker_id", "symbol", "status", "reason_code", "position_ticket", "our_volume", "broker_volume", "our_profit", "broker_profit", "differences", "action", "created_at", "version"
FROM "trade_reconciliation_log" FINAL
;
CREATE TABLE IF NOT EXISTS "trade_failure_log" (
  "failure_id" UUID COMMENT 'The order leg that failed.',
  "trade_id" UUID COMMENT 'The trade it was to open or act on.',
  "signal_id" Nullable(UUID) COMMENT 'The signal.',
  "account_id" UUID COMMENT 'The trading account.',
  "strategy_id" Nullable(UUID) COMMENT 'The strategy.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "instance_id" UUID COMMENT 'The MT5 terminal instance that executes.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "outcome" LowCardinality(String) COMMENT 'Its outcome.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "retcode" Nullable(Int32) COMMENT 'Return code of MT5; negative: of the binding.',
  "message" Nullable(String) COMMENT 'The broker''s comment.' CODEC(ZSTD(1)),
  "volume" Decimal(18, 8) COMMENT 'Volume asked. (lots)' CODEC(ZSTD(1)),
  "attempts" Int32 DEFAULT 1 COMMENT 'How often it was tried.',
  "details" String DEFAULT '{}' COMMENT 'What else is known.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was decided.' CODEC(Delta, ZSTD(1)),
  "failed_at" DateTime64(6, 'UTC') COMMENT 'When the outcome was known.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("account_id", "symbol", "created_at", "failure_id")
COMMENT 'Order legs that did not do what was asked, with the broker''s words.'
;
CREATE OR REPLACE VIEW "trade_failure_log_current" AS
SELECT "failure_id", "trade_id", "signal_id", "account_id", "strategy_id", "broker_id", "instance_id", "symbol", "outcome", "reason_code", "retcode", "message", "volume", "attempts", "details", "created_at", "failed_at", "version"
FROM "trade_failure_log" FINAL
;
CREATE TABLE IF NOT EXISTS "commission_log" (
  "trade_id" UUID COMMENT 'The trade.',
  "deal_ticket" Int64 COMMENT 'The broker''s deal ticket.' CODEC(ZSTD(1)),
  "account_id" UUID COMMENT 'The trading account.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume of the deal. (lots)' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) COMMENT 'Commission; negative is paid. (account currency)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) COMMENT 'Swap; negative is paid. (account currency)' CODEC(ZSTD(1)),
  "fee" Decimal(18, 8) COMMENT 'Fee; negative is paid. (account currency)' CODEC(ZSTD(1)),
  "currency" LowCardinality(String) COMMENT 'Account currency.',
  "comment" String DEFAULT '' COMMENT 'What the broker calls it.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When the deal was made.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("account_id", "symbol", "created_at", "trade_id", "deal_ticket")
COMMENT 'What each deal of a trade cost.'
;
CREATE OR REPLACE VIEW "commission_log_current" AS
SELECT "trade_id", "deal_ticket", "account_id", "broker_id", "symbol", "volume", "commission", "swap", "fee", "currency", "comment", "created_at", "version"
FROM "commission_log" FINAL
;
ALTER TABLE "trades"
  ADD COLUMN IF NOT EXISTS "sl_pips" Nullable(Float64) COMMENT 'Planned distance of the stop loss; none: no stop. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "tp_pips" Nullable(Float64) COMMENT 'Planned distance of the take profit. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "pips" Nullable(Float64) COMMENT 'Result. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "pip_value" Nullable(Float64) COMMENT 'Value of one pip and lot. (account currency)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "contract" Nullable(Float64) COMMENT 'Units of one lot.' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "nights" Nullable(Int32) COMMENT 'Nights it was held over.',
  ADD COLUMN IF NOT EXISTS "slippage_entry" Nullable(Float64) COMMENT 'At the entry; positive is adverse. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "slippage_exit" Nullable(Float64) COMMENT 'At the exit; positive is adverse. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "latency_ms" Nullable(Float64) COMMENT 'From sending to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "spread_pips" Nullable(Float64) COMMENT 'Spread when it was opened. (pips)' CODEC(ZSTD(1)),
  ADD COLUMN IF NOT EXISTS "close_reason" LowCardinality(Nullable(String)) COMMENT 'What ended it.',
  ADD CONSTRAINT IF NOT EXISTS "type_known" CHECK "type" IN ('buy', 'sell'),
  ADD CONSTRAINT IF NOT EXISTS "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('pending', 'executed', 'cancelled', 'rejected'),
  ADD CONSTRAINT IF NOT EXISTS "close_reason_known" CHECK "close_reason" IS NULL OR "close_reason" IN ('manual', 'ea', 'sl', 'tp', 'stop_out'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("sl_pips"), true) AND ifNull(isFinite("tp_pips"), true) AND ifNull(isFinite("pips"), true) AND ifNull(isFinite("pip_value"), true) AND ifNull(isFinite("contract"), true) AND ifNull(isFinite("slippage_entry"), true) AND ifNull(isFinite("slippage_exit"), true) AND ifNull(isFinite("latency_ms"), true) AND ifNull(isFinite("spread_pips"), true),
  ADD CONSTRAINT IF NOT EXISTS "quantity_positive" CHECK ifNull(quantity > 0, true),
  ADD CONSTRAINT IF NOT EXISTS "prices_positive" CHECK ifNull(price > 0 AND stop_loss > 0 AND take_profit > 0, true)
;
CREATE OR REPLACE VIEW "trades_current" AS
SELECT "trade_id", "user_id", "strategy_id", "backtest_id", "signal_id", "account_id", "broker_id", "instance_id", "partition", "symbol", "type", "order_type", "quantity", "closed_quantity", "price", "entry_price", "exit_price", "stop_loss", "take_profit", "commission", "swap", "profit", "mfe", "mae", "status", "reason_code", "position_ticket", "broker_trade_id", "external_id", "executed_at", "expires_at", "closed_at", "metadata", "created_at", "updated_at", "version", "sl_pips", "tp_pips", "pips", "pip_value", "contract", "nights", "slippage_entry", "slippage_exit", "latency_ms", "spread_pips", "close_reason"
FROM "trades" FINAL
;
ALTER TABLE "deals"
  ADD CONSTRAINT IF NOT EXISTS "type_known" CHECK "type" IN ('buy', 'sell', 'balance', 'credit', 'charge', 'correction', 'bonus', 'commission'),
  ADD CONSTRAINT IF NOT EXISTS "entry_known" CHECK "entry" IN ('in', 'out', 'inout', 'out_by'),
  ADD CONSTRAINT IF NOT EXISTS "reason_known" CHECK "reason" IN ('client', 'mobile', 'web', 'expert', 'sl', 'tp', 'so', 'rollover', 'vmargin', 'split')
;
CREATE TABLE IF NOT EXISTS "trade_performance" (
  "trade_id" UUID COMMENT 'The trade.',
  "account_id" UUID COMMENT 'The trading account.',
  "strategy_id" Nullable(UUID) COMMENT 'The strategy.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "volume" Decimal(18, 8) COMMENT 'Volume closed. (lots)' CODEC(ZSTD(1)),
  "gross_profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit before costs. (account currency)' CODEC(ZSTD(1)),
  "costs" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission, fees and swap; negative is paid. (account currency)' CODEC(ZSTD(1)),
  "net_profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit after costs. (account currency)' CODEC(ZSTD(1)),
  "pips" Nullable(Float64) COMMENT 'Result. (pips)' CODEC(ZSTD(1)),
  "r_multiple" Nullable(Float64) COMMENT 'Net profit in multiples of the planned risk.' CODEC(ZSTD(1)),
  "return_on_balance" Nullable(Float64) COMMENT 'Net profit by the balance before it.' CODEC(ZSTD(1)),
  "duration_seconds" Nullable(Float64) COMMENT 'From opening to closing. (s)' CODEC(ZSTD(1)),
  "slippage_entry_points" Nullable(Float64) COMMENT 'At the entry; positive is adverse. (points)' CODEC(ZSTD(1)),
  "slippage_exit_points" Nullable(Float64) COMMENT 'At the exit; positive is adverse. (points)' CODEC(ZSTD(1)),
  "slippage_cost" Decimal(18, 8) DEFAULT 0 COMMENT 'Both, in money; positive is adverse. (account currency)' CODEC(ZSTD(1)),
  "entry_efficiency" Nullable(Float64) COMMENT 'Share of the range that the entry left open.' CODEC(ZSTD(1)),
  "exit_efficiency" Nullable(Float64) COMMENT 'Share of the best profit that was kept.' CODEC(ZSTD(1)),
  "opened_at" DateTime64(6, 'UTC') COMMENT 'When it was opened.' CODEC(Delta, ZSTD(1)),
  "closed_at" DateTime64(6, 'UTC') COMMENT 'When it was closed.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("pips"), true) AND ifNull(isFinite("r_multiple"), true) AND ifNull(isFinite("return_on_balance"), true) AND ifNull(isFinite("duration_seconds"), true) AND ifNull(isFinite("slippage_entry_points"), true) AND ifNull(isFinite("slippage_exit_points"), true) AND ifNull(isFinite("entry_efficiency"), true) AND ifNull(isFinite("exit_efficiency"), true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("opened_at")
ORDER BY ("account_id", "symbol", "opened_at", "trade_id")
COMMENT 'What each closed trade brought, in every measure.'
;
CREATE OR REPLACE VIEW "trade_performance_current" AS
SELECT "trade_id", "account_id", "strategy_id", "broker_id", "symbol", "volume", "gross_profit", "costs", "net_profit", "pips", "r_multiple", "return_on_balance", "duration_seconds", "slippage_entry_points", "slippage_exit_points", "slippage_cost", "entry_efficiency", "exit_efficiency", "opened_at", "closed_at", "created_at", "version"
FROM "trade_performance" FINAL
;
CREATE TABLE IF NOT EXISTS "broker_performance" (
  "broker_id" UUID COMMENT 'The account''s broker.',
  "period_start" DateTime64(6, 'UTC') COMMENT 'First moment of the period.' CODEC(Delta, ZSTD(1)),
  "period_end" DateTime64(6, 'UTC') COMMENT 'First moment of the next period.' CODEC(Delta, ZSTD(1)),
  "orders" Int64 DEFAULT 0 COMMENT 'Order legs that reached an outcome.' CODEC(ZSTD(1)),
  "filled" Int64 DEFAULT 0 COMMENT 'Of them, filled or done.' CODEC(ZSTD(1)),
  "partially_filled" Int64 DEFAULT 0 COMMENT 'Of them, filled in part.' CODEC(ZSTD(1)),
  "refused" Int64 DEFAULT 0 COMMENT 'Of them, refused by the broker.' CODEC(ZSTD(1)),
  "failed" Int64 DEFAULT 0 COMMENT 'Of them, expired, failed or unresolved.' CODEC(ZSTD(1)),
  "requotes" Int64 DEFAULT 0 COMMENT 'Requotes.' CODEC(ZSTD(1)),
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume filled. (lots)' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission. (USD)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) DEFAULT 0 COMMENT 'Swap. (USD)' CODEC(ZSTD(1)),
  "fee" Decimal(18, 8) DEFAULT 0 COMMENT 'Fees. (USD)' CODEC(ZSTD(1)),
  "slippage_points" Nullable(Float64) COMMENT 'Mean slippage; positive is adverse. (points)' CODEC(ZSTD(1)),
  "slippage_p99_points" Nullable(Float64) COMMENT '99th percentile of slippage. (points)' CODEC(ZSTD(1)),
  "spread_points" Nullable(Float64) COMMENT 'Mean spread when orders were sent. (points)' CODEC(ZSTD(1)),
  "latency_p50_ms" Nullable(Float64) COMMENT 'Median from sending to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  "latency_p99_ms" Nullable(Float64) COMMENT '99th percentile of the same. (ms)' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("slippage_points"), true) AND ifNull(isFinite("slippage_p99_points"), true) AND ifNull(isFinite("spread_points"), true) AND ifNull(isFinite("latency_p50_ms"), true) AND ifNull(isFinite("latency_p99_ms"), true),
  CONSTRAINT "period_ordered" CHECK ifNull(period_start < period_end, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("period_start")
ORDER BY ("broker_id", "period_start")
COMMENT 'How well each broker executed, and what it charged, in each period.'
;
CREATE OR REPLACE VIEW "broker_performance_current" AS
SELECT "broker_id", "period_start", "period_end", "orders", "filled", "partially_filled", "refused", "failed", "requotes", "volume", "commission", "swap", "fee", "slippage_points", "slippage_p99_points", "spread_points", "latency_p50_ms", "latency_p99_ms", "created_at", "version"
FROM "broker_performance" FINAL
;
CREATE TABLE IF NOT EXISTS "account_performance" (
  "account_id" UUID COMMENT 'The trading account.',
  "period_start" DateTime64(6, 'UTC') COMMENT 'First moment of the period.' CODEC(Delta, ZSTD(1)),
  "period_end" DateTime64(6, 'UTC') COMMENT 'First moment of the next period.' CODEC(Delta, ZSTD(1)),
  "user_id" Nullable(UUID) COMMENT 'Owner of the account.',
  "currency" LowCardinality(String) COMMENT 'Account currency.',
  "trades" Int64 DEFAULT 0 COMMENT 'Trades closed.' CODEC(ZSTD(1)),
  "wins" Int64 DEFAULT 0 COMMENT 'Of them, with a profit.' CODEC(ZSTD(1)),
  "losses" Int64 DEFAULT 0 COMMENT 'Of them, with a loss.' CODEC(ZSTD(1)),
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume closed. (lots)' CODEC(ZSTD(1)),
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit after costs. (account currency)' CODEC(ZSTD(1)),
  "gross_profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Sum of the trades that won, after costs. (account currency)' CODEC(ZSTD(1)),
  "gross_loss" Decimal(18, 8) DEFAULT 0 COMMENT 'Sum of the trades that lost, after costs; not positive. (account currency)' CODEC(ZSTD(1)),
  "costs" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission, fees and swap; negative is paid. (account currency)' CODEC(ZSTD(1)),
  "flow" Decimal(18, 8) DEFAULT 0 COMMENT 'Deposits less withdrawals. (account currency)' CODEC(ZSTD(1)),
  "balance_open" Nullable(Decimal(18, 8)) COMMENT 'Balance at the start. (account currency)' CODEC(ZSTD(1)),
  "balance" Nullable(Decimal(18, 8)) COMMENT 'Balance at the end. (account currency)' CODEC(ZSTD(1)),
  "equity_low" Nullable(Decimal(18, 8)) COMMENT 'Lowest equity. (account currency)' CODEC(ZSTD(1)),
  "equity_high" Nullable(Decimal(18, 8)) COMMENT 'Highest equity. (account currency)' CODEC(ZSTD(1)),
  "period_return" Nullable(Float64) COMMENT 'Return of the period, net of flows.' CODEC(ZSTD(1)),
  "max_drawdown" Nullable(Float64) COMMENT 'Most fall of equity below its peak, as a share.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("period_return"), true) AND ifNull(isFinite("max_drawdown"), true),
  CONSTRAINT "period_ordered" CHECK ifNull(period_start < period_end, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("period_start")
ORDER BY ("account_id", "period_start")
COMMENT 'Profit and loss of each account in each period.'
;
CREATE OR REPLACE VIEW "account_performance_current" AS
SELECT "account_id", "period_start", "period_end", "user_id", "currency", "trades", "wins", "losses", "volume", "profit", "gross_profit", "gross_loss", "costs", "flow", "balance_open", "balance", "equity_low", "equity_high", "period_return", "max_drawdown", "created_at", "version"
FROM "account_performance" FINAL
;
CREATE TABLE IF NOT EXISTS "instance_performance" (
  "instance_id" UUID COMMENT 'The MT5 terminal instance that executes.',
  "period_start" DateTime64(6, 'UTC') COMMENT 'First moment of the period.' CODEC(Delta, ZSTD(1)),
  "period_end" DateTime64(6, 'UTC') COMMENT 'First moment of the next period.' CODEC(Delta, ZSTD(1)),
  "broker_id" UUID COMMENT 'The account''s broker.',
  "orders" Int64 DEFAULT 0 COMMENT 'Order legs that reached an outcome.' CODEC(ZSTD(1)),
  "filled" Int64 DEFAULT 0 COMMENT 'Of them, filled or done.' CODEC(ZSTD(1)),
  "partially_filled" Int64 DEFAULT 0 COMMENT 'Of them, filled in part.' CODEC(ZSTD(1)),
  "refused" Int64 DEFAULT 0 COMMENT 'Of them, refused by the broker.' CODEC(ZSTD(1)),
  "failed" Int64 DEFAULT 0 COMMENT 'Of them, expired, failed or unresolved.' CODEC(ZSTD(1)),
  "accounts" Int32 DEFAULT 0 COMMENT 'Accounts it traded.',
  "slippage_points" Nullable(Float64) COMMENT 'Mean slippage; positive is adverse. (points)' CODEC(ZSTD(1)),
  "latency_p50_ms" Nullable(Float64) COMMENT 'Median from sending to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  "latency_p99_ms" Nullable(Float64) COMMENT '99th percentile of the same. (ms)' CODEC(ZSTD(1)),
  "uptime_percent" Nullable(Float64) COMMENT 'Share of the period in which it was up. (%)' CODEC(ZSTD(1)),
  "restarts" Int32 DEFAULT 0 COMMENT 'How often it was started again.',
  "disconnects" Int64 DEFAULT 0 COMMENT 'Losses of the broker''s connection.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("slippage_points"), true) AND ifNull(isFinite("latency_p50_ms"), true) AND ifNull(isFinite("latency_p99_ms"), true) AND ifNull(isFinite("uptime_percent"), true),
  CONSTRAINT "period_ordered" CHECK ifNull(period_start < period_end, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("period_start")
ORDER BY ("instance_id", "period_start")
COMMENT 'How well each terminal instance executed in each period.'
;
CREATE OR REPLACE VIEW "instance_performance_current" AS
SELECT "instance_id", "period_start", "period_end", "broker_id", "orders", "filled", "partially_filled", "refused", "failed", "accounts", "slippage_points", "latency_p50_ms", "latency_p99_ms", "uptime_percent", "restarts", "disconnects", "created_at", "version"
FROM "instance_performance" FINAL
;
CREATE TABLE IF NOT EXISTS "performance_log" (
  "instance_id" UUID COMMENT 'The terminal instance, or an id made of the process'' name.',
  "period_start" DateTime64(6, 'UTC') COMMENT 'First moment of the period.' CODEC(Delta, ZSTD(1)),
  "period_end" DateTime64(6, 'UTC') COMMENT 'First moment of the next period.' CODEC(Delta, ZSTD(1)),
  "source" LowCardinality(String) COMMENT 'Process or part.',
  "cpu_percent" Nullable(Float64) COMMENT 'CPU used, of one core. (%)' CODEC(ZSTD(1)),
  "memory_mb" Nullable(Float64) COMMENT 'Most memory used (PSS). (MB)' CODEC(ZSTD(1)),
  "disk_mb" Nullable(Float64) COMMENT 'Disk used. (MB)' CODEC(ZSTD(1)),
  "events" Int64 DEFAULT 0 COMMENT 'Entries, orders or rows it worked on.' CODEC(ZSTD(1)),
  "errors" Int64 DEFAULT 0 COMMENT 'Errors.' CODEC(ZSTD(1)),
  "latency_p50_ms" Nullable(Float64) COMMENT 'Median from sending to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  "latency_p99_ms" Nullable(Float64) COMMENT '99th percentile of the same. (ms)' CODEC(ZSTD(1)),
  "lag_ms" Nullable(Float64) COMMENT 'Most time that it was behind its input. (ms)' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was built.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("cpu_percent"), true) AND ifNull(isFinite("memory_mb"), true) AND ifNull(isFinite("disk_mb"), true) AND ifNull(isFinite("latency_p50_ms"), true) AND ifNull(isFinite("latency_p99_ms"), true) AND ifNull(isFinite("lag_ms"), true),
  CONSTRAINT "period_ordered" CHECK ifNull(period_start < period_end, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("period_start")
ORDER BY ("instance_id", "period_start")
TTL toDateTime("period_start") + toIntervalDay(365)
COMMENT 'What each process or terminal instance used, and how much it did, in each period.'
;
CREATE OR REPLACE VIEW "performance_log_current" AS
SELECT "instance_id", "period_start", "period_end", "source", "cpu_percent", "memory_mb", "disk_mb", "events", "errors", "latency_p50_ms", "latency_p99_ms", "lag_ms", "created_at", "version"
FROM "performance_log" FINAL
;
ALTER TABLE "brokers_versions"
  ADD CONSTRAINT IF NOT EXISTS "spread_type_known" CHECK "spread_type" IN ('fixed', 'variable'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK isFinite("margin_requirement"),
  ADD CONSTRAINT IF NOT EXISTS "commission_not_negative" CHECK ifNull(commission_per_lot >= 0, true),
  ADD CONSTRAINT IF NOT EXISTS "margin_not_negative" CHECK ifNull(margin_requirement >= 0, true)
;
ALTER TABLE "instances_versions"
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("cpu_limit_percent"), true) AND ifNull(isFinite("memory_limit_mb"), true),
  ADD CONSTRAINT IF NOT EXISTS "cpu_limit_in_range" CHECK ifNull(cpu_limit_percent >= 0, true)
;
ALTER TABLE "accounts_versions"
  ADD COLUMN IF NOT EXISTS "risk_limits" String DEFAULT '{}' COMMENT 'Limits of its own, which narrow those of its user.' CODEC(ZSTD(3)),
  ADD COLUMN IF NOT EXISTS "prop_firm_template_id" Nullable(UUID) COMMENT 'Template that its prop firm''s rules come from.',
  ADD COLUMN IF NOT EXISTS "reporting_zone" String DEFAULT 'UTC' COMMENT 'IANA time zone of its daily figures.' CODEC(ZSTD(1)),
  ADD CONSTRAINT IF NOT EXISTS "account_type_known" CHECK "account_type" IN ('demo', 'live'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK isFinite("leverage"),
  ADD CONSTRAINT IF NOT EXISTS "partition_in_range" CHECK ifNull("partition" >= 0 AND "partition" < 64, true),
  ADD CONSTRAINT IF NOT EXISTS "leverage_positive" CHECK ifNull(leverage > 0, true)
;
CREATE OR REPLACE VIEW "accounts" AS
SELECT "account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at", "risk_limits", "prop_firm_template_id", "reporting_zone"
FROM (SELECT * FROM "accounts_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "accounts_current" AS
SELECT "account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at", "risk_limits", "prop_firm_template_id", "reporting_zone"
FROM (SELECT * FROM "accounts_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
ALTER TABLE "account_config_versions"
  ADD CONSTRAINT IF NOT EXISTS "spread_type_known" CHECK "spread_type" IN ('fixed', 'variable'),
  ADD CONSTRAINT IF NOT EXISTS "direction_known" CHECK "direction" IN ('both', 'buy', 'sell'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("margin_requirement"), true) AND ifNull(isFinite("leverage"), true),
  ADD CONSTRAINT IF NOT EXISTS "max_open_trades_not_negative" CHECK ifNull(max_open_trades >= 0, true),
  ADD CONSTRAINT IF NOT EXISTS "max_volume_not_negative" CHECK ifNull(max_volume >= 0, true),
  ADD CONSTRAINT IF NOT EXISTS "max_signal_age_positive" CHECK ifNull(max_signal_age_ms > 0, true)
;
ALTER TABLE "strategies_versions"
  ADD CONSTRAINT IF NOT EXISTS "type_known" CHECK "type" IN ('manual', 'ai_generated', 'backtested'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('draft', 'active', 'inactive', 'archived'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK ifNull(isFinite("units_per_contract"), true),
  ADD CONSTRAINT IF NOT EXISTS "version_from_one" CHECK ifNull(version >= 1, true)
;
ALTER TABLE "subscriptions_versions"
  ADD CONSTRAINT IF NOT EXISTS "direction_known" CHECK "direction" IN ('both', 'buy', 'sell'),
  ADD CONSTRAINT IF NOT EXISTS "sizing_known" CHECK "sizing" IN ('fixed', 'scaled', 'balance', 'equity', 'risk'),
  ADD CONSTRAINT IF NOT EXISTS "tiny_trade_known" CHECK "tiny_trade" IN ('skip', 'force'),
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK isFinite("multiplier") AND isFinite("risk_percent") AND isFinite("max_risk_coefficient"),
  ADD CONSTRAINT IF NOT EXISTS "fixed_volume_not_negative" CHECK ifNull(fixed_volume >= 0, true),
  ADD CONSTRAINT IF NOT EXISTS "multiplier_positive" CHECK ifNull(multiplier > 0, true),
  ADD CONSTRAINT IF NOT EXISTS "risk_percent_in_range" CHECK ifNull(risk_percent >= 0 AND risk_percent <= 100, true),
  ADD CONSTRAINT IF NOT EXISTS "max_open_trades_not_negative" CHECK ifNull(max_open_trades >= 0, true)
;
ALTER TABLE "instruments_versions"
  ADD CONSTRAINT IF NOT EXISTS "trade_mode_known" CHECK "trade_mode" IN ('disabled', 'long_only', 'short_only', 'close_only', 'full'),
  ADD CONSTRAINT IF NOT EXISTS "figures_finite" CHECK isFinite("contract_size") AND isFinite("spread_points") AND isFinite("swap_long") AND isFinite("swap_short"),
  ADD CONSTRAINT IF NOT EXISTS "volumes_ordered" CHECK ifNull(volume_min > 0 AND volume_min <= volume_max, true),
  ADD CONSTRAINT IF NOT EXISTS "volume_step_positive" CHECK ifNull(volume_step > 0, true),
  ADD CONSTRAINT IF NOT EXISTS "prices_positive" CHECK ifNull(point > 0 AND pip_size > 0 AND tick_size > 0, true),
  ADD CONSTRAINT IF NOT EXISTS "contract_size_positive" CHECK ifNull(contract_size > 0, true)
;
ALTER TABLE "symbol_map_versions"
  ADD CONSTRAINT IF NOT EXISTS "status_known" CHECK "status" IN ('active', 'inactive')
;
CREATE TABLE IF NOT EXISTS "user_config_versions" (
  "user_id" UUID COMMENT 'The user.',
  "lot_size_type" LowCardinality(String) DEFAULT 'fixed' COMMENT 'Whether the lot size is lots or a share.',
  "lot_size_value" Decimal(18, 8) DEFAULT 0 COMMENT 'Lots, or % of the balance.' CODEC(ZSTD(1)),
  "risk_per_trade_percent" Float64 DEFAULT 0.0 COMMENT 'Risk of a trade. (% of balance)' CODEC(ZSTD(1)),
  "stop_loss_type" LowCardinality(String) DEFAULT 'fixed' COMMENT 'How stop losses are set.',
  "take_profit_type" LowCardinality(String) DEFAULT 'fixed' COMMENT 'How take profits are set.',
  "max_open_trades" Int32 DEFAULT 0 COMMENT 'Most open trades; 0: no limit.',
  "trade_direction" LowCardinality(String) DEFAULT 'both' COMMENT 'Which openings it takes.',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "stop_loss_value" Nullable(Float64) COMMENT 'Pips, multiples of ATR, or % of the price.' CODEC(ZSTD(1)),
  "take_profit_value" Nullable(Float64) COMMENT 'Pips, multiples of ATR, or % of the price.' CODEC(ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "lot_size_type_known" CHECK "lot_size_type" IN ('fixed', 'percentage'),
  CONSTRAINT "stop_loss_type_known" CHECK "stop_loss_type" IN ('fixed', 'atr', 'percentage'),
  CONSTRAINT "take_profit_type_known" CHECK "take_profit_type" IN ('fixed', 'atr', 'percentage'),
  CONSTRAINT "trade_direction_known" CHECK "trade_direction" IN ('both', 'buy', 'sell'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive'),
  CONSTRAINT "figures_finite" CHECK isFinite("risk_per_trade_percent") AND ifNull(isFinite("stop_loss_value"), true) AND ifNull(isFinite("take_profit_value"), true),
  CONSTRAINT "risk_per_trade_in_range" CHECK ifNull(risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100, true),
  CONSTRAINT "lot_size_not_negative" CHECK ifNull(lot_size_value >= 0, true),
  CONSTRAINT "max_open_trades_not_negative" CHECK ifNull(max_open_trades >= 0, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("user_id", "config_version")
COMMENT 'What a user trades at most, over all accounts and strategies.'
;
CREATE OR REPLACE VIEW "user_config" AS
SELECT "user_id", "lot_size_type", "lot_size_value", "risk_per_trade_percent", "stop_loss_type", "take_profit_type", "max_open_trades", "trade_direction", "status", "stop_loss_value", "take_profit_value", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "user_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "user_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "user_config_current" AS
SELECT "user_id", "lot_size_type", "lot_size_value", "risk_per_trade_percent", "stop_loss_type", "take_profit_type", "max_open_trades", "trade_direction", "status", "stop_loss_value", "take_profit_value", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "user_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "user_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "instance_config_versions" (
  "instance_id" UUID COMMENT 'The MT5 terminal instance that executes.',
  "path" String DEFAULT '' COMMENT 'Installation path of the terminal.' CODEC(ZSTD(1)),
  "cpu_limit_percent" Nullable(Float64) COMMENT 'Most CPU it may use. (%)' CODEC(ZSTD(1)),
  "memory_limit_mb" Nullable(Float64) COMMENT 'Most memory it may use. (MB)' CODEC(ZSTD(1)),
  "max_trades" Int32 DEFAULT 0 COMMENT 'Most open trades; 0: no limit.',
  "slippage_tolerance" Nullable(Float64) COMMENT 'Most slippage it asks the broker for. (pips)' CODEC(ZSTD(1)),
  "connection_timeout_sec" Int32 DEFAULT 60 COMMENT 'Wait for the terminal. (s)',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "max_order_age_ms" Int64 DEFAULT 10000 COMMENT 'Oldest order it sends. (ms)' CODEC(ZSTD(1)),
  "restart_after_sec" Int32 DEFAULT 60 COMMENT 'Silence until it is restarted. (s)',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive'),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("cpu_limit_percent"), true) AND ifNull(isFinite("memory_limit_mb"), true) AND ifNull(isFinite("slippage_tolerance"), true),
  CONSTRAINT "max_trades_not_negative" CHECK ifNull(max_trades >= 0, true),
  CONSTRAINT "slippage_not_negative" CHECK ifNull(slippage_tolerance >= 0, true),
  CONSTRAINT "waits_positive" CHECK ifNull(connection_timeout_sec > 0 AND restart_after_sec > 0, true),
  CONSTRAINT "max_order_age_positive" CHECK ifNull(max_order_age_ms > 0, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("instance_id", "config_version")
COMMENT 'What each terminal instance may use and how patient it is.'
;
CREATE OR REPLACE VIEW "instance_config" AS
SELECT "instance_id", "path", "cpu_limit_percent", "memory_limit_mb", "max_trades", "slippage_tolerance", "connection_timeout_sec", "status", "max_order_age_ms", "restart_after_sec", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instance_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instance_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "instance_config_current" AS
SELECT "instance_id", "path", "cpu_limit_percent", "memory_limit_mb", "max_trades", "slippage_tolerance", "connection_timeout_sec", "status", "max_order_age_ms", "restart_after_sec", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instance_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instance_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "broker_config_versions" (
  "broker_id" UUID COMMENT 'The account''s broker.',
  "spread_type" LowCardinality(String) DEFAULT 'variable' COMMENT 'Whether its spread moves.',
  "typical_spread_points" Nullable(Float64) COMMENT 'Usual spread. (points)' CODEC(ZSTD(1)),
  "max_spread_points" Nullable(Float64) COMMENT 'Widest spread to open on; none: any. (points)' CODEC(ZSTD(1)),
  "spread_markup_points" Float64 DEFAULT 0.0 COMMENT 'Added to its spread. (points)' CODEC(ZSTD(1)),
  "symbol_spreads" String DEFAULT '{}' COMMENT 'Widest spread in points by symbol.' CODEC(ZSTD(3)),
  "slippage_tolerance" Nullable(Float64) COMMENT 'Most slippage to ask for. (pips)' CODEC(ZSTD(1)),
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "spread_type_known" CHECK "spread_type" IN ('fixed', 'variable'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive'),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("typical_spread_points"), true) AND ifNull(isFinite("max_spread_points"), true) AND isFinite("spread_markup_points") AND ifNull(isFinite("slippage_tolerance"), true),
  CONSTRAINT "spreads_not_negative" CHECK ifNull(max_spread_points >= 0 AND typical_spread_points >= 0, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("broker_id", "config_version")
COMMENT 'Which spreads each broker''s prices may have to be traded on.'
;
CREATE OR REPLACE VIEW "broker_config" AS
SELECT "broker_id", "spread_type", "typical_spread_points", "max_spread_points", "spread_markup_points", "symbol_spreads", "slippage_tolerance", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "broker_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "broker_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "broker_config_current" AS
SELECT "broker_id", "spread_type", "typical_spread_points", "max_spread_points", "spread_markup_points", "symbol_spreads", "slippage_tolerance", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "broker_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "broker_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "signal_config_versions" (
  "config_id" UUID COMMENT 'The setting.',
  "user_id" Nullable(UUID) COMMENT 'User it holds for; none: every user.',
  "strategy_id" Nullable(UUID) COMMENT 'Strategy it holds for; none: every strategy.',
  "entry_strategy" LowCardinality(String) DEFAULT 'breakout' COMMENT 'What opens.',
  "exit_strategy" LowCardinality(String) DEFAULT 'stop_loss' COMMENT 'What closes.',
  "lot_size_type" LowCardinality(String) DEFAULT 'fixed' COMMENT 'Whether the lot size is lots or a share.',
  "lot_size_value" Decimal(18, 8) DEFAULT 0 COMMENT 'Lots, or % of the balance.' CODEC(ZSTD(1)),
  "risk_per_trade_percent" Float64 DEFAULT 0.0 COMMENT 'Risk of a trade. (% of balance)' CODEC(ZSTD(1)),
  "trade_direction" LowCardinality(String) DEFAULT 'both' COMMENT 'Which openings it takes.',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "trailing_distance_pips" Nullable(Float64) COMMENT 'Distance of a trailing stop. (pips)' CODEC(ZSTD(1)),
  "allow_pyramiding" Bool DEFAULT true COMMENT 'Whether it adds to a position.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "entry_strategy_known" CHECK "entry_strategy" IN ('breakout', 'reversal'),
  CONSTRAINT "exit_strategy_known" CHECK "exit_strategy" IN ('stop_loss', 'trailing_stop'),
  CONSTRAINT "lot_size_type_known" CHECK "lot_size_type" IN ('fixed', 'percentage'),
  CONSTRAINT "trade_direction_known" CHECK "trade_direction" IN ('both', 'buy', 'sell'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive'),
  CONSTRAINT "figures_finite" CHECK isFinite("risk_per_trade_percent") AND ifNull(isFinite("trailing_distance_pips"), true),
  CONSTRAINT "risk_per_trade_in_range" CHECK ifNull(risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100, true),
  CONSTRAINT "lot_size_not_negative" CHECK ifNull(lot_size_value >= 0, true),
  CONSTRAINT "trailing_distance_positive" CHECK ifNull(trailing_distance_pips > 0, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("config_id", "config_version")
COMMENT 'How signals are taken: of one strategy, of one user, or of all.'
;
CREATE OR REPLACE VIEW "signal_config" AS
SELECT "config_id", "user_id", "strategy_id", "entry_strategy", "exit_strategy", "lot_size_type", "lot_size_value", "risk_per_trade_percent", "trade_direction", "status", "trailing_distance_pips", "allow_pyramiding", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "signal_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "config_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "signal_config_current" AS
SELECT "config_id", "user_id", "strategy_id", "entry_strategy", "exit_strategy", "lot_size_type", "lot_size_value", "risk_per_trade_percent", "trade_direction", "status", "trailing_distance_pips", "allow_pyramiding", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "signal_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "config_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "system_config_versions" (
  "config_id" UUID COMMENT 'The setting.',
  "log_level" LowCardinality(String) DEFAULT 'info' COMMENT 'From which severity on it logs.',
  "backup_interval_sec" Int32 DEFAULT 86400 COMMENT 'Time between backups. (s)',
  "max_log_size_mb" Float64 DEFAULT 100 COMMENT 'Size of a log at which a new begins. (MB)' CODEC(ZSTD(1)),
  "cache_size_mb" Float64 DEFAULT 512 COMMENT 'Memory of Redis. (MB)' CODEC(ZSTD(1)),
  "sync_interval_sec" Int32 DEFAULT 1 COMMENT 'Time between writes to stores. (s)',
  "audit_retention_days" Int32 DEFAULT 2557 COMMENT 'Days the audit is kept. (days)',
  "base_currency" LowCardinality(String) DEFAULT 'USD' COMMENT 'Currency of totals over accounts.',
  "exposure_limit" Nullable(Decimal(18, 8)) COMMENT 'Most exposure of all accounts. (base currency)' CODEC(ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "log_level_known" CHECK "log_level" IN ('debug', 'info', 'warn', 'error'),
  CONSTRAINT "figures_finite" CHECK isFinite("max_log_size_mb") AND isFinite("cache_size_mb"),
  CONSTRAINT "intervals_positive" CHECK ifNull(backup_interval_sec > 0 AND sync_interval_sec > 0, true),
  CONSTRAINT "sizes_positive" CHECK ifNull(max_log_size_mb > 0 AND cache_size_mb > 0, true),
  CONSTRAINT "audit_retention_lawful" CHECK ifNull(audit_retention_days >= 1096, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("config_id", "config_version")
COMMENT 'Settings of the system as a whole.'
;
CREATE OR REPLACE VIEW "system_config" AS
SELECT "config_id", "log_level", "backup_interval_sec", "max_log_size_mb", "cache_size_mb", "sync_interval_sec", "audit_retention_days", "base_currency", "exposure_limit", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "system_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "config_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "system_config_current" AS
SELECT "config_id", "log_level", "backup_interval_sec", "max_log_size_mb", "cache_size_mb", "sync_interval_sec", "audit_retention_days", "base_currency", "exposure_limit", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "system_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "config_id")
WHERE "deleted_at" IS NULL
;
ALTER TABLE "system_event_log"
  ADD CONSTRAINT IF NOT EXISTS "severity_known" CHECK "severity" IN ('info', 'warning', 'error', 'critical')
;
ALTER TABLE "alert_log"
  ADD CONSTRAINT IF NOT EXISTS "severity_known" CHECK "severity" IN ('info', 'warning', 'error', 'critical')
;
CREATE TABLE IF NOT EXISTS "audit_log_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The change.',
  "user_id" Nullable(UUID) COMMENT 'Who did it, while there is such a user.',
  "actor" String DEFAULT '' COMMENT 'Who did it, in words that stay.' CODEC(ZSTD(1)),
  "action" LowCardinality(String) COMMENT 'insert, update, delete, or what else was done.',
  "resource_type" LowCardinality(String) COMMENT 'Table, or kind of what was changed.',
  "resource_id" Nullable(String) COMMENT 'Key of the row.' CODEC(ZSTD(1)),
  "old_values" Nullable(String) COMMENT 'What it was; secrets are only said to differ.' CODEC(ZSTD(3)),
  "new_values" Nullable(String) COMMENT 'What it became; secrets are only said to differ.' CODEC(ZSTD(3)),
  "ip_address" Nullable(String) COMMENT 'Where the request came from.' CODEC(ZSTD(1)),
  "user_agent" Nullable(String) COMMENT 'Program that asked.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was done.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT '1: a row never changes.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "version_is_one" CHECK ifNull(version = 1, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("resource_type", "created_at", "id", "version")
COMMENT 'Who changed what in the control database: old and new values.'
;
CREATE OR REPLACE VIEW "audit_log" AS
SELECT "id", "user_id", "actor", "action", "resource_type", "resource_id", "old_values", "new_values", "ip_address", "user_agent", "created_at", "version"
FROM (SELECT * FROM "audit_log_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
;
CREATE OR REPLACE VIEW "audit_log_current" AS
SELECT "id", "user_id", "actor", "action", "resource_type", "resource_id", "old_values", "new_values", "ip_address", "user_agent", "created_at", "version"
FROM (SELECT * FROM "audit_log_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
;
CREATE TABLE IF NOT EXISTS "sync_logs" (
  "id" UUID COMMENT 'The reading.',
  "broker_connection_id" UUID COMMENT 'The connection that was read.',
  "user_id" UUID COMMENT 'Whose it is.',
  "account_id" UUID COMMENT 'The account.',
  "status" LowCardinality(String) DEFAULT 'ok' COMMENT 'What came of it.',
  "new_count" Int32 DEFAULT 0 COMMENT 'Trades that were new.',
  "duplicate_count" Int32 DEFAULT 0 COMMENT 'Trades that were known.',
  "updated_count" Int32 DEFAULT 0 COMMENT 'Known trades that had changed.',
  "error_count" Int32 DEFAULT 0 COMMENT 'Trades that were refused.',
  "errors" String DEFAULT '[]' COMMENT 'Refused trades, each with its reason.' CODEC(ZSTD(3)),
  "from_time" Nullable(DateTime64(6, 'UTC')) COMMENT 'Oldest moment that was asked for.' CODEC(Delta, ZSTD(1)),
  "to_time" Nullable(DateTime64(6, 'UTC')) COMMENT 'Newest moment that was asked for.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it began.' CODEC(Delta, ZSTD(1)),
  "finished_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ended.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('never', 'running', 'ok', 'failed', 'disabled'),
  CONSTRAINT "counts_not_negative" CHECK ifNull(new_count >= 0 AND duplicate_count >= 0 AND updated_count >= 0 AND error_count >= 0, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("broker_connection_id", "created_at", "id")
COMMENT 'Every reading of a broker''s history: what was new, known and wrong.'
;
CREATE OR REPLACE VIEW "sync_logs_current" AS
SELECT "id", "broker_connection_id", "user_id", "account_id", "status", "new_count", "duplicate_count", "updated_count", "error_count", "errors", "from_time", "to_time", "created_at", "finished_at", "version"
FROM "sync_logs" FINAL
;
CREATE TABLE IF NOT EXISTS "webhook_events_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The message; its receiver sees it and can drop repeats.',
  "user_id" UUID COMMENT 'Whose it is.',
  "account_id" Nullable(UUID) COMMENT 'The account it is about.',
  "event_type" LowCardinality(String) COMMENT 'What happened.',
  "url" String COMMENT 'Where it goes.' CODEC(ZSTD(1)),
  "payload" String DEFAULT '{}' COMMENT 'What it says.' CODEC(ZSTD(3)),
  "status" LowCardinality(String) DEFAULT 'pending' COMMENT 'Where it is.',
  "attempts" Int32 DEFAULT 0 COMMENT 'How often it was tried.',
  "max_attempts" Int32 DEFAULT 10 COMMENT 'How often it is tried.',
  "next_attempt_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it is tried next.' CODEC(Delta, ZSTD(1)),
  "delivered_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was taken.' CODEC(Delta, ZSTD(1)),
  "response_status" Nullable(Int32) COMMENT 'HTTP status of the last answer.',
  "last_error" Nullable(String) COMMENT 'What went wrong the last time.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was removed; none while it is there.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('pending', 'delivered', 'failed', 'given_up'),
  CONSTRAINT "attempts_in_range" CHECK ifNull(attempts >= 0 AND attempts <= max_attempts, true)
)
ENGINE = ReplacingMergeTree("version")
ORDER BY ("id", "version")
COMMENT 'Messages to others, each tried until it is delivered or given up.'
;
CREATE OR REPLACE VIEW "webhook_events" AS
SELECT "id", "user_id", "account_id", "event_type", "url", "payload", "status", "attempts", "max_attempts", "next_attempt_at", "delivered_at", "response_status", "last_error", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "webhook_events_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "webhook_events_current" AS
SELECT "id", "user_id", "account_id", "event_type", "url", "payload", "status", "attempts", "max_attempts", "next_attempt_at", "delivered_at", "response_status", "last_error", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "webhook_events_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "daily_snapshots" (
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
PARTITION BY toYYYYMM("date")
ORDER BY ("account_id", "zone", "date", "id")
COMMENT 'What each day brought each account, in one row.'
;
CREATE OR REPLACE VIEW "daily_snapshots_current" AS
SELECT "id", "account_id", "user_id", "date", "zone", "day_start", "day_end", "currency", "balance_open", "balance", "equity_open", "equity", "equity_low", "equity_high", "flow", "daily_return", "benchmark_return", "profit", "gross_profit", "gross_loss", "commission", "swap", "trades", "wins", "losses", "opened", "volume", "best_trade", "worst_trade", "margin_used", "open_positions", "peak_equity", "daily_loss", "daily_loss_reference", "daily_loss_limit", "drawdown", "drawdown_limit", "soft_breaches", "hard_breaches", "is_final", "created_at", "version"
FROM "daily_snapshots" FINAL
;
CREATE TABLE IF NOT EXISTS "kpi_snapshots" (
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
PARTITION BY toYYYYMM("date")
ORDER BY ("account_id", "kpi_window", "date", "id")
COMMENT 'All KPIs of each account, as of each day, over each window.'
;
CREATE OR REPLACE VIEW "kpi_snapshots_current" AS
SELECT "id", "account_id", "user_id", "date", "zone", "kpi_window", "kpis", "days", "trades", "is_small_sample", "is_ruined", "parameters", "created_at", "version"
FROM "kpi_snapshots" FINAL
;
CREATE TABLE IF NOT EXISTS "emotion_logs_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The entry.',
  "user_id" UUID COMMENT 'The trader.',
  "account_id" Nullable(UUID) COMMENT 'The account of the trade.',
  "trade_id" Nullable(UUID) COMMENT 'The trade; none: in general.',
  "session_id" Nullable(UUID) COMMENT 'The trading session.',
  "emotion" LowCardinality(String) COMMENT 'What was felt.',
  "intensity" Nullable(Int32) COMMENT 'How strongly, 1 to 5.',
  "confidence" Nullable(Int32) COMMENT 'Confidence in the trade, 1 to 10.',
  "followed_plan" Nullable(Bool) COMMENT 'Whether the trade was planned.',
  "note" String DEFAULT '' COMMENT 'In the trader''s words.' CODEC(ZSTD(1)),
  "felt_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was felt; none: when it was written.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was removed; none while it is there.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "emotion_known" CHECK "emotion" IN ('calm', 'confident', 'fomo', 'revenge', 'fear', 'greed', 'hope', 'frustration', 'euphoria', 'boredom', 'anxiety', 'overconfidence'),
  CONSTRAINT "intensity_in_range" CHECK ifNull(intensity >= 1 AND intensity <= 5, true),
  CONSTRAINT "confidence_in_range" CHECK ifNull(confidence >= 1 AND confidence <= 10, true)
)
ENGINE = ReplacingMergeTree("version")
ORDER BY ("id", "version")
COMMENT 'What a trader felt, about a trade or in general.'
;
CREATE OR REPLACE VIEW "emotion_logs" AS
SELECT "id", "user_id", "account_id", "trade_id", "session_id", "emotion", "intensity", "confidence", "followed_plan", "note", "felt_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "emotion_logs_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "emotion_logs_current" AS
SELECT "id", "user_id", "account_id", "trade_id", "session_id", "emotion", "intensity", "confidence", "followed_plan", "note", "felt_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "emotion_logs_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "vocal_notes_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The note.',
  "user_id" UUID COMMENT 'The trader.',
  "trade_id" Nullable(UUID) COMMENT 'The trade it is about.',
  "session_id" Nullable(UUID) COMMENT 'The trading session.',
  "audio_uri" Nullable(String) COMMENT 'Where the recording is; it is not kept here.' CODEC(ZSTD(1)),
  "audio_sha256" Nullable(String) COMMENT 'SHA-256 of the recording, in hex.' CODEC(ZSTD(1)),
  "duration_seconds" Nullable(Float64) COMMENT 'Length. (s)' CODEC(ZSTD(1)),
  "transcript" Nullable(String) COMMENT 'What was said.' CODEC(ZSTD(1)),
  "language" LowCardinality(Nullable(String)) COMMENT 'Language, as en or de-CH.',
  "vss_score" Nullable(Float64) COMMENT 'Vocal stress score, 0 to 100.' CODEC(ZSTD(1)),
  "vss_timeline" String DEFAULT '[]' COMMENT 'List of {timestamp, score}.' CODEC(ZSTD(3)),
  "recorded_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was spoken.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was removed; none while it is there.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("duration_seconds"), true) AND ifNull(isFinite("vss_score"), true),
  CONSTRAINT "vss_score_in_range" CHECK ifNull(vss_score >= 0 AND vss_score <= 100, true),
  CONSTRAINT "duration_not_negative" CHECK ifNull(duration_seconds >= 0, true)
)
ENGINE = ReplacingMergeTree("version")
ORDER BY ("id", "version")
COMMENT 'Spoken notes: where the audio is, and how stressed the voice was.'
;
CREATE OR REPLACE VIEW "vocal_notes" AS
SELECT "id", "user_id", "trade_id", "session_id", "audio_uri", "audio_sha256", "duration_seconds", "transcript", "language", "vss_score", "vss_timeline", "recorded_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "vocal_notes_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "vocal_notes_current" AS
SELECT "id", "user_id", "trade_id", "session_id", "audio_uri", "audio_sha256", "duration_seconds", "transcript", "language", "vss_score", "vss_timeline", "recorded_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "vocal_notes_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "sessions_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The session.',
  "user_id" UUID COMMENT 'The trader.',
  "started_at" DateTime64(6, 'UTC') COMMENT 'When it began.' CODEC(Delta, ZSTD(1)),
  "ended_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ended; none while it lasts.' CODEC(Delta, ZSTD(1)),
  "tilt_flag" Bool DEFAULT false COMMENT 'Whether it shows tilt.',
  "tilt_reason" Nullable(String) COMMENT 'What shows it.' CODEC(ZSTD(1)),
  "tilted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it began to show.' CODEC(Delta, ZSTD(1)),
  "trades" Int32 DEFAULT 0 COMMENT 'Trades opened in it.',
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit realised in it. (base currency)' CODEC(ZSTD(1)),
  "note" String DEFAULT '' COMMENT 'In the trader''s words.' CODEC(ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was removed; none while it is there.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "times_ordered" CHECK ifNull(ended_at >= started_at, true),
  CONSTRAINT "trades_not_negative" CHECK ifNull(trades >= 0, true)
)
ENGINE = ReplacingMergeTree("version")
ORDER BY ("id", "version")
COMMENT 'Trading sessions: from sitting down to getting up.'
;
CREATE OR REPLACE VIEW "sessions" AS
SELECT "id", "user_id", "started_at", "ended_at", "tilt_flag", "tilt_reason", "tilted_at", "trades", "profit", "note", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "sessions_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "sessions_current" AS
SELECT "id", "user_id", "started_at", "ended_at", "tilt_flag", "tilt_reason", "tilted_at", "trades", "profit", "note", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "sessions_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "whale_events" (
  "id" UUID COMMENT 'Made from source, symbol and moment.',
  "user_id" Nullable(UUID) COMMENT 'Whose trades it is matched with; none: the market''s alone.',
  "symbol" LowCardinality(String) COMMENT 'Symbol.',
  "source" LowCardinality(String) DEFAULT '' COMMENT 'Who saw it.',
  "direction" LowCardinality(String) DEFAULT 'unknown' COMMENT 'buy, sell or unknown.',
  "volume" Nullable(Float64) COMMENT 'Size, in units of the source.' CODEC(ZSTD(1)),
  "notional" Nullable(Float64) COMMENT 'Size in money. (USD)' CODEC(ZSTD(1)),
  "price" Nullable(Decimal(18, 8)) COMMENT 'Price.' CODEC(ZSTD(1)),
  "score" Nullable(Float64) COMMENT 'How unusual it is, 0 to 100.' CODEC(ZSTD(1)),
  "correlated_trade_ids" String DEFAULT '[]' COMMENT 'Our trades near it, as a list.' CODEC(ZSTD(3)),
  "details" String DEFAULT '{}' COMMENT 'What else the source says.' CODEC(ZSTD(3)),
  "occurred_at" DateTime64(6, 'UTC') COMMENT 'When it happened.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was stored.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK ifNull(isFinite("volume"), true) AND ifNull(isFinite("notional"), true) AND ifNull(isFinite("score"), true),
  CONSTRAINT "score_in_range" CHECK ifNull(score >= 0 AND score <= 100, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("occurred_at")
ORDER BY ("symbol", "occurred_at", "id")
COMMENT 'Large orders of others, and our trades that ran with or against them.'
;
CREATE OR REPLACE VIEW "whale_events_current" AS
SELECT "id", "user_id", "symbol", "source", "direction", "volume", "notional", "price", "score", "correlated_trade_ids", "details", "occurred_at", "created_at", "version"
FROM "whale_events" FINAL
;
CREATE TABLE IF NOT EXISTS "oracle_scores" (
  "id" UUID COMMENT 'Made from model, signal and account.',
  "user_id" Nullable(UUID) COMMENT 'Whose trade it is; none: of a signal, for everybody.',
  "account_id" Nullable(UUID) COMMENT 'The account.',
  "signal_id" Nullable(UUID) COMMENT 'The signal it is about.',
  "trade_id" Nullable(UUID) COMMENT 'The trade that came of it.',
  "symbol" LowCardinality(String) COMMENT 'Symbol.',
  "model" LowCardinality(String) COMMENT 'Model and its version.',
  "score" Float64 COMMENT 'What it thinks, 0 (do not) to 100 (do).' CODEC(ZSTD(1)),
  "probability" Nullable(Float64) COMMENT 'Chance of a profit, 0 to 1.' CODEC(ZSTD(1)),
  "features" String DEFAULT '{}' COMMENT 'What it looked at.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "figures_finite" CHECK isFinite("score") AND ifNull(isFinite("probability"), true),
  CONSTRAINT "score_in_range" CHECK ifNull(score >= 0 AND score <= 100, true),
  CONSTRAINT "probability_in_range" CHECK ifNull(probability >= 0 AND probability <= 1, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("symbol", "model", "created_at", "id")
COMMENT 'What a model thought of a trade before it was made.'
;
CREATE OR REPLACE VIEW "oracle_scores_current" AS
SELECT "id", "user_id", "account_id", "signal_id", "trade_id", "symbol", "model", "score", "probability", "features", "created_at", "version"
FROM "oracle_scores" FINAL
;
CREATE TABLE IF NOT EXISTS "risk_limits_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The limit.',
  "user_id" UUID COMMENT 'The user it binds.',
  "account_id" Nullable(UUID) COMMENT 'The account it binds; none: all of the user''s together.',
  "name" String COMMENT 'Name for people.' CODEC(ZSTD(1)),
  "type" LowCardinality(String) COMMENT 'What it bounds.',
  "limit_type" LowCardinality(String) COMMENT 'Whether it is an amount or a share.',
  "limit_value" Decimal(18, 8) COMMENT 'The limit. (account currency, a count, or %)' CODEC(ZSTD(1)),
  "current_value" Decimal(18, 8) DEFAULT 0 COMMENT 'Last measured, in the same unit.' CODEC(ZSTD(1)),
  "is_active" Bool DEFAULT true COMMENT 'Whether it is watched.',
  "action" LowCardinality(String) DEFAULT 'block' COMMENT 'What happens at it.',
  "warning_percent" Float64 DEFAULT 80.0 COMMENT 'Share of it that warns. (% of it)' CODEC(ZSTD(1)),
  "zone" String DEFAULT 'UTC' COMMENT 'IANA time zone of its day.' CODEC(ZSTD(1)),
  "reset_time" LowCardinality(String) DEFAULT '00:00' COMMENT 'Start of its day, as HH:MM.',
  "measured_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When current_value was measured.' CODEC(Delta, ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "type_known" CHECK "type" IN ('daily_loss', 'max_position', 'max_leverage', 'max_drawdown', 'trailing_drawdown', 'max_open_trades', 'max_exposure', 'risk_per_trade', 'trades_per_day', 'margin_level', 'profit_target'),
  CONSTRAINT "limit_type_known" CHECK "limit_type" IN ('absolute', 'percentage'),
  CONSTRAINT "action_known" CHECK "action" IN ('warn', 'block', 'close'),
  CONSTRAINT "figures_finite" CHECK isFinite("warning_percent"),
  CONSTRAINT "limit_positive" CHECK ifNull(limit_value > 0, true),
  CONSTRAINT "warning_in_range" CHECK ifNull(warning_percent > 0 AND warning_percent <= 100, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("id", "config_version")
COMMENT 'What a user, or one account of theirs, may risk.'
;
CREATE OR REPLACE VIEW "risk_limits" AS
SELECT "id", "user_id", "account_id", "name", "type", "limit_type", "limit_value", "current_value", "is_active", "action", "warning_percent", "zone", "reset_time", "measured_at", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "risk_limits_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "risk_limits_current" AS
SELECT "id", "user_id", "account_id", "name", "type", "limit_type", "limit_value", "current_value", "is_active", "action", "warning_percent", "zone", "reset_time", "measured_at", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "risk_limits_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "prop_firm_templates_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The template.',
  "user_id" Nullable(UUID) COMMENT 'Who made it; none: it came with the system, for everybody.',
  "firm" String COMMENT 'The firm.' CODEC(ZSTD(1)),
  "program" String DEFAULT '' COMMENT 'Its program, phase and size of account.' CODEC(ZSTD(1)),
  "rules" String COMMENT 'Its rules: limits, zone and time of the reset, and what counts.' CODEC(ZSTD(3)),
  "effective_from" Date32 COMMENT 'First day on which they hold.',
  "effective_until" Nullable(Date32) COMMENT 'Last day on which they hold.',
  "source" Nullable(String) COMMENT 'Where they are written.' CODEC(ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "days_ordered" CHECK ifNull(effective_until >= effective_from, true)
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("id", "config_version")
COMMENT 'Rules of prop firms, as of a day; accounts take theirs from one.'
;
CREATE OR REPLACE VIEW "prop_firm_templates" AS
SELECT "id", "user_id", "firm", "program", "rules", "effective_from", "effective_until", "source", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "prop_firm_templates_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "prop_firm_templates_current" AS
SELECT "id", "user_id", "firm", "program", "rules", "effective_from", "effective_until", "source", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "prop_firm_templates_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "armor_breaches" (
  "id" UUID COMMENT 'Made from account, rule and moment.',
  "account_id" UUID COMMENT 'The trading account.',
  "user_id" Nullable(UUID) COMMENT 'Owner of the account.',
  "severity" LowCardinality(String) COMMENT 'Whether it was neared or broken.',
  "rule" LowCardinality(String) COMMENT 'The rule.',
  "limit_id" Nullable(UUID) COMMENT 'The limit of risk_limits.',
  "template_id" Nullable(UUID) COMMENT 'The template of the prop firm.',
  "limit_value" Nullable(Decimal(18, 8)) COMMENT 'The limit. (account currency or %)' CODEC(ZSTD(1)),
  "value" Nullable(Decimal(18, 8)) COMMENT 'What was measured. (that of the limit)' CODEC(ZSTD(1)),
  "equity" Nullable(Decimal(18, 8)) COMMENT 'Equity then. (account currency)' CODEC(ZSTD(1)),
  "reference_equity" Nullable(Decimal(18, 8)) COMMENT 'What the loss counts from. (account currency)' CODEC(ZSTD(1)),
  "action" LowCardinality(String) DEFAULT 'warn' COMMENT 'What was done.',
  "trade_id" Nullable(UUID) COMMENT 'The trade that was refused or closed.',
  "details" String DEFAULT '{}' COMMENT 'What else is known.' CODEC(ZSTD(3)),
  "date" Date32 COMMENT 'Day in the rule''s zone.',
  "zone" LowCardinality(String) DEFAULT 'UTC' COMMENT 'IANA time zone of the rule.',
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was seen.' CODEC(Delta, ZSTD(1)),
  "acknowledged_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the trader said to have seen it.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "severity_known" CHECK "severity" IN ('soft', 'hard'),
  CONSTRAINT "action_known" CHECK "action" IN ('warn', 'block', 'close')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("account_id", "created_at", "id")
COMMENT 'Rules of risk and of prop firms that an account came near (soft) or broke (hard).'
;
CREATE OR REPLACE VIEW "armor_breaches_current" AS
SELECT "id", "account_id", "user_id", "severity", "rule", "limit_id", "template_id", "limit_value", "value", "equity", "reference_equity", "action", "trade_id", "details", "date", "zone", "created_at", "acknowledged_at", "version"
FROM "armor_breaches" FINAL
;
CREATE TABLE IF NOT EXISTS "backtests_versions" (
  "id" UUID DEFAULT generateUUIDv4() COMMENT 'The run.',
  "strategy_id" UUID COMMENT 'The strategy.',
  "user_id" UUID COMMENT 'Whose it is.',
  "name" String COMMENT 'Name for people.' CODEC(ZSTD(1)),
  "status" LowCardinality(String) DEFAULT 'pending' COMMENT 'Where it is.',
  "progress" Int32 DEFAULT 0 COMMENT 'How far it is. (%)',
  "config" String DEFAULT '{}' COMMENT 'What it was given.' CODEC(ZSTD(3)),
  "results" String DEFAULT '{}' COMMENT 'What came of it.' CODEC(ZSTD(3)),
  "performance_metrics" String DEFAULT '{}' COMMENT 'Value by id of the KPI.' CODEC(ZSTD(3)),
  "trades" String DEFAULT '[]' COMMENT 'Its trades, as a list.' CODEC(ZSTD(3)),
  "equity_curve" String DEFAULT '[]' COMMENT 'List of {timestamp, equity}.' CODEC(ZSTD(3)),
  "error_message" Nullable(String) COMMENT 'Why it failed.' CODEC(ZSTD(1)),
  "started_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it began.' CODEC(Delta, ZSTD(1)),
  "completed_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it ended.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was made.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was removed; none while it is there.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 DEFAULT 1 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('pending', 'running', 'completed', 'failed', 'cancelled'),
  CONSTRAINT "progress_in_range" CHECK ifNull(progress >= 0 AND progress <= 100, true),
  CONSTRAINT "times_ordered" CHECK ifNull(completed_at >= started_at, true)
)
ENGINE = ReplacingMergeTree("version")
ORDER BY ("id", "version")
COMMENT 'Runs of a strategy over past prices.'
;
CREATE OR REPLACE VIEW "backtests" AS
SELECT "id", "strategy_id", "user_id", "name", "status", "progress", "config", "results", "performance_metrics", "trades", "equity_curve", "error_message", "started_at", "completed_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "backtests_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "backtests_current" AS
SELECT "id", "strategy_id", "user_id", "name", "status", "progress", "config", "results", "performance_metrics", "trades", "equity_curve", "error_message", "started_at", "completed_at", "created_at", "updated_at", "deleted_at", "version"
FROM (SELECT * FROM "backtests_versions" FINAL ORDER BY "version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "market_data" (
  "symbol" LowCardinality(String) COMMENT 'Symbol.',
  "timeframe" LowCardinality(String) COMMENT 'Length of the bar.',
  "timestamp" DateTime64(6, 'UTC') COMMENT 'Start of the bar.' CODEC(Delta, ZSTD(1)),
  "open_price" Decimal(18, 8) COMMENT 'First price.' CODEC(ZSTD(1)),
  "high_price" Decimal(18, 8) COMMENT 'Highest price.' CODEC(ZSTD(1)),
  "low_price" Decimal(18, 8) COMMENT 'Lowest price.' CODEC(ZSTD(1)),
  "close_price" Decimal(18, 8) COMMENT 'Last price.' CODEC(ZSTD(1)),
  "volume" Int64 DEFAULT 0 COMMENT 'Ticks, or volume where the source has it.' CODEC(ZSTD(1)),
  "source" LowCardinality(String) DEFAULT '' COMMENT 'Who it comes from.',
  "spread_points" Nullable(Int32) COMMENT 'Mean spread. (points)',
  "created_at" DateTime64(6, 'UTC') DEFAULT now64(6, 'UTC') COMMENT 'When it was stored.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "timeframe_known" CHECK "timeframe" IN ('1m', '5m', '15m', '1h', '4h', '1d'),
  CONSTRAINT "prices_positive" CHECK ifNull(low_price > 0, true),
  CONSTRAINT "prices_ordered" CHECK ifNull(low_price <= open_price AND low_price <= close_price AND high_price >= open_price AND high_price >= close_price, true),
  CONSTRAINT "volume_not_negative" CHECK ifNull(volume >= 0, true)
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("timestamp")
ORDER BY ("symbol", "timeframe", "timestamp")
TTL toDateTime("timestamp") + toIntervalDay(400) DELETE WHERE timeframe = '1m', toDateTime("timestamp") + toIntervalDay(1096) DELETE WHERE timeframe = '5m', toDateTime("timestamp") + toIntervalDay(1827) DELETE WHERE timeframe = '15m'
COMMENT 'Bars of prices; of each symbol, length and start there is one.'
;
CREATE OR REPLACE VIEW "market_data_current" AS
SELECT "symbol", "timeframe", "timestamp", "open_price", "high_price", "low_price", "close_price", "volume", "source", "spread_points", "created_at", "version"
FROM "market_data" FINAL
