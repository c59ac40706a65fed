CREATE TABLE IF NOT EXISTS "trade_signal" (
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "strategy" LowCardinality(String) COMMENT 'Key of the strategy, as published.',
  "provider_signal_id" Nullable(String) COMMENT 'The publisher''s own id of the signal.' CODEC(ZSTD(1)),
  "stream" Int32 COMMENT 'Number of the signal stream the signal came on.',
  "entry_id" String COMMENT 'Stream entry that carried it, as `ms-seq`.' CODEC(ZSTD(1)),
  "entry_row" Int32 COMMENT 'Row within the entry; 0 for a JSON entry.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the provider writes it.',
  "action" LowCardinality(String) COMMENT 'What the signal asks for.',
  "order_type" LowCardinality(String) COMMENT 'How an opening order is to be filled.',
  "price" Nullable(Decimal(18, 8)) COMMENT 'Limit price; for a market order the provider''s fill.' CODEC(ZSTD(1)),
  "stop_price" Nullable(Decimal(18, 8)) COMMENT 'Trigger price of a stop or stop-limit order.' CODEC(ZSTD(1)),
  "stop_loss" Nullable(Decimal(18, 8)) COMMENT 'Absolute stop loss.' CODEC(ZSTD(1)),
  "take_profit" Nullable(Decimal(18, 8)) COMMENT 'Absolute take profit.' CODEC(ZSTD(1)),
  "sl_pips" Nullable(Float64) COMMENT 'Stop loss as a distance from the entry. (pips)' CODEC(ZSTD(1)),
  "tp_pips" Nullable(Float64) COMMENT 'Take profit as a distance from the entry. (pips)' CODEC(ZSTD(1)),
  "sl_percent" Nullable(Float64) COMMENT 'Stop loss as a share of the entry price. (%)' CODEC(ZSTD(1)),
  "tp_percent" Nullable(Float64) COMMENT 'Take profit as a share of the entry price. (%)' CODEC(ZSTD(1)),
  "volume" Nullable(Decimal(18, 8)) COMMENT 'Provider''s volume. (lots)' CODEC(ZSTD(1)),
  "contracts" Nullable(Decimal(18, 8)) COMMENT 'Provider''s volume in units of its own. (contracts)' CODEC(ZSTD(1)),
  "risk_percent" Nullable(Float64) COMMENT 'Risk that the signal asks for. (% of balance)' CODEC(ZSTD(1)),
  "fraction" Nullable(Float64) COMMENT 'Share of the position to close, above 0 up to 1.' CODEC(ZSTD(1)),
  "position_size" Nullable(Float64) COMMENT 'Provider''s signed position after. (contracts)' CODEC(ZSTD(1)),
  "prev_position_size" Nullable(Float64) COMMENT 'Provider''s signed position before. (contracts)' CODEC(ZSTD(1)),
  "atr" Nullable(Decimal(18, 8)) COMMENT 'Provider''s average true range. (price)' CODEC(ZSTD(1)),
  "order_ref" Nullable(String) COMMENT 'Provider''s order id.' CODEC(ZSTD(1)),
  "comment" Nullable(String) COMMENT 'Kept, never sent to a broker.' CODEC(ZSTD(1)),
  "metadata" String DEFAULT '{}' COMMENT 'All fields of the payload that have no column.' CODEC(ZSTD(3)),
  "fired_at" DateTime64(6, 'UTC') COMMENT 'When the signal fired.' CODEC(Delta, ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "expires_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When its pending orders expire.' CODEC(Delta, ZSTD(1)),
  "outcome" LowCardinality(String) DEFAULT 'none' COMMENT 'Outcome of a signal without accounts; none when accounts were named.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "subscribers" Int32 DEFAULT 0 COMMENT 'Accounts that subscribed to the strategy.',
  "config_version" Int64 DEFAULT 0 COMMENT 'Version of the configuration that decided.' CODEC(ZSTD(1)),
  "clock_ahead" Bool DEFAULT false COMMENT 'Its clock was up to 60 s ahead of ours.',
  "missed_alert" Bool DEFAULT false COMMENT 'The position before is not the last we saw.',
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "action_known" CHECK "action" IN ('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel'),
  CONSTRAINT "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  CONSTRAINT "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("strategy", "symbol", "received_at", "signal_id")
COMMENT 'One row per accepted signal, with everything its publisher said.'
;
CREATE OR REPLACE VIEW "trade_signal_current" AS
SELECT "signal_id", "strategy_id", "strategy", "provider_signal_id", "stream", "entry_id", "entry_row", "symbol", "action", "order_type", "price", "stop_price", "stop_loss", "take_profit", "sl_pips", "tp_pips", "sl_percent", "tp_percent", "volume", "contracts", "risk_percent", "fraction", "position_size", "prev_position_size", "atr", "order_ref", "comment", "metadata", "fired_at", "received_at", "expires_at", "outcome", "reason_code", "subscribers", "config_version", "clock_ahead", "missed_alert", "version"
FROM "trade_signal" FINAL
;
CREATE TABLE IF NOT EXISTS "signal_rejection" (
  "rejection_id" UUID COMMENT 'Made from the stream, the entry and the row.',
  "signal_id" Nullable(UUID) COMMENT 'The signal, where it could be identified.',
  "stream" Int32 COMMENT 'Number of the signal stream the signal came on.',
  "entry_id" String COMMENT 'Stream entry that carried it, as `ms-seq`.' CODEC(ZSTD(1)),
  "entry_row" Int32 COMMENT 'Row within the entry; 0 for a JSON entry.',
  "strategy" LowCardinality(Nullable(String)) COMMENT 'Key of the strategy, where it could be read.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "message" String DEFAULT '' COMMENT 'What is wrong, in a sentence for the publisher.' CODEC(ZSTD(1)),
  "payload" String DEFAULT '' COMMENT 'What was received: cut at 8 KiB, secrets masked.' CODEC(ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("reason_code", "received_at", "rejection_id")
COMMENT 'One row per signal that was refused as a whole, with its reason and its payload.'
;
CREATE OR REPLACE VIEW "signal_rejection_current" AS
SELECT "rejection_id", "signal_id", "stream", "entry_id", "entry_row", "strategy", "reason_code", "message", "payload", "received_at", "version"
FROM "signal_rejection" FINAL
;
CREATE TABLE IF NOT EXISTS "signal_resend" (
  "resend_id" UUID COMMENT 'Made from the stream, the entry and the row.',
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "stream" Int32 COMMENT 'Number of the signal stream the signal came on.',
  "entry_id" String COMMENT 'Stream entry that carried it, as `ms-seq`.' CODEC(ZSTD(1)),
  "entry_row" Int32 COMMENT 'Row within the entry; 0 for a JSON entry.',
  "original_entry_id" String COMMENT 'Stream entry that carried it first.' CODEC(ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("received_at", "resend_id")
COMMENT 'One row per signal that had been received before with the same content.'
;
CREATE OR REPLACE VIEW "signal_resend_current" AS
SELECT "resend_id", "signal_id", "stream", "entry_id", "entry_row", "original_entry_id", "received_at", "version"
FROM "signal_resend" FINAL
;
CREATE TABLE IF NOT EXISTS "signal_decisions" (
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "decision_id" String COMMENT 'Entry of the partition''s log of decisions.' CODEC(ZSTD(1)),
  "previous_id" String COMMENT 'The decision before it; 0-0 for the first.' CODEC(ZSTD(1)),
  "events_position" String COMMENT 'Last entry of the log of events it had seen.' CODEC(ZSTD(1)),
  "config_version" Int64 COMMENT 'Version of the configuration that decided.' CODEC(ZSTD(1)),
  "accounts" Int32 COMMENT 'Accounts of the partition that subscribed.',
  "dispatched" Int32 COMMENT 'Accounts for which orders were dispatched.',
  "orders" Int32 COMMENT 'Order legs dispatched.',
  "account_ids" String DEFAULT '[]' COMMENT 'The accounts, as a list of ids.' CODEC(ZSTD(3)),
  "reasons" String DEFAULT '{}' COMMENT 'Count of accounts by reason code.' CODEC(ZSTD(3)),
  "stream" Int32 COMMENT 'Number of the signal stream the signal came on.',
  "entry_id" String COMMENT 'Stream entry that carried it, as `ms-seq`.' CODEC(ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "decided_at" DateTime64(6, 'UTC') COMMENT 'When it was decided.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("strategy_id", "received_at", "signal_id", "partition")
COMMENT 'What was decided for each signal in each account partition, and on what knowledge.'
;
CREATE OR REPLACE VIEW "signal_decisions_current" AS
SELECT "signal_id", "partition", "strategy_id", "decision_id", "previous_id", "events_position", "config_version", "accounts", "dispatched", "orders", "account_ids", "reasons", "stream", "entry_id", "received_at", "decided_at", "version"
FROM "signal_decisions" FINAL
;
CREATE TABLE IF NOT EXISTS "signal_execution_status" (
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "account_id" UUID COMMENT 'The trading account.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the provider writes it.',
  "action" LowCardinality(String) COMMENT 'What the signal asks for.',
  "outcome" LowCardinality(String) COMMENT 'The worst of its legs; none while legs are open.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "legs" Int32 COMMENT 'Order legs dispatched; 0 when none was.',
  "legs_final" Int32 COMMENT 'Legs that have an outcome.',
  "received_at" DateTime64(6, 'UTC') COMMENT 'Time of the stream entry, by Redis.' CODEC(Delta, ZSTD(1)),
  "decided_at" DateTime64(6, 'UTC') COMMENT 'When it was decided.' CODEC(Delta, ZSTD(1)),
  "finished_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the outcome was known.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "action_known" CHECK "action" IN ('buy', 'sell', 'close', 'close_long', 'close_short', 'reverse', 'target', 'modify', 'cancel'),
  CONSTRAINT "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("received_at")
ORDER BY ("account_id", "symbol", "received_at", "signal_id")
COMMENT 'The one outcome of each signal on each account that its decision names.'
;
CREATE OR REPLACE VIEW "signal_execution_status_current" AS
SELECT "signal_id", "account_id", "strategy_id", "partition", "symbol", "action", "outcome", "reason_code", "legs", "legs_final", "received_at", "decided_at", "finished_at", "version"
FROM "signal_execution_status" FINAL
;
CREATE TABLE IF NOT EXISTS "orders" (
  "order_id" UUID COMMENT 'Made from strategy, cause, account and leg.',
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "cause_id" Nullable(UUID) COMMENT 'What caused it, where that was no signal.',
  "account_id" UUID COMMENT 'The trading account.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "instance_id" UUID COMMENT 'The MT5 terminal instance that executes.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "decision_id" String COMMENT 'Entry of the partition''s log that carries it.' CODEC(ZSTD(1)),
  "leg" Int32 COMMENT 'Number of the leg, from 1.',
  "legs" Int32 COMMENT 'Legs of the same signal and account.',
  "kind" LowCardinality(String) COMMENT 'What it does at the broker.',
  "side" LowCardinality(String) COMMENT 'Side of the order itself: closing a long sells.',
  "order_type" LowCardinality(String) COMMENT 'How an opening order is to be filled.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "volume" Decimal(18, 8) COMMENT 'Volume asked. (lots)' CODEC(ZSTD(1)),
  "filled_volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume filled. (lots)' CODEC(ZSTD(1)),
  "price" Nullable(Decimal(18, 8)) COMMENT 'Limit price.' CODEC(ZSTD(1)),
  "stop_price" Nullable(Decimal(18, 8)) COMMENT 'Trigger price.' CODEC(ZSTD(1)),
  "stop_loss" Nullable(Decimal(18, 8)) COMMENT 'Stop loss.' CODEC(ZSTD(1)),
  "take_profit" Nullable(Decimal(18, 8)) COMMENT 'Take profit.' CODEC(ZSTD(1)),
  "trade_id" Nullable(UUID) COMMENT 'Position that it opens or acts on.',
  "state" LowCardinality(String) COMMENT 'Where it is on its way.',
  "outcome" LowCardinality(String) DEFAULT 'none' COMMENT 'Its outcome; none while it has none.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "retcode" Nullable(Int32) COMMENT 'Return code of MT5; negative: of the binding.',
  "order_ticket" Nullable(Int64) COMMENT 'The broker''s order ticket.' CODEC(ZSTD(1)),
  "position_ticket" Nullable(Int64) COMMENT 'The broker''s position ticket.' CODEC(ZSTD(1)),
  "fill_price" Nullable(Decimal(18, 8)) COMMENT 'Volume-weighted price of its fills.' CODEC(ZSTD(1)),
  "asked_price" Nullable(Decimal(18, 8)) COMMENT 'Price that the request carried.' CODEC(ZSTD(1)),
  "provider_price" Nullable(Decimal(18, 8)) COMMENT 'The provider''s own price.' CODEC(ZSTD(1)),
  "quote_price" Nullable(Decimal(18, 8)) COMMENT 'Price seen when it was decided.' CODEC(ZSTD(1)),
  "slippage" Nullable(Decimal(18, 8)) COMMENT 'Fill against asked price; positive is adverse. (price)' CODEC(ZSTD(1)),
  "message" Nullable(String) COMMENT 'The broker''s comment.' CODEC(ZSTD(1)),
  "magic" Int64 DEFAULT 0 COMMENT 'Magic number at the broker.' CODEC(ZSTD(1)),
  "owner" Nullable(UUID) COMMENT 'Journal that claimed it.',
  "term" Int64 DEFAULT 0 COMMENT 'Term of the lease it was claimed under.' CODEC(ZSTD(1)),
  "fired_at" DateTime64(6, 'UTC') COMMENT 'When the signal fired.' CODEC(Delta, ZSTD(1)),
  "received_at" DateTime64(6, 'UTC') COMMENT 'When the signal arrived.' CODEC(Delta, ZSTD(1)),
  "decided_at" DateTime64(6, 'UTC') COMMENT 'When it was decided.' CODEC(Delta, ZSTD(1)),
  "claimed_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When an executor claimed it.' CODEC(Delta, ZSTD(1)),
  "sent_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was handed to the broker.' CODEC(Delta, ZSTD(1)),
  "done_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the broker answered.' CODEC(Delta, ZSTD(1)),
  "reported_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the answer was published.' CODEC(Delta, ZSTD(1)),
  "expires_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the pending order expires at the broker.' CODEC(Delta, ZSTD(1)),
  "valid_until" Nullable(DateTime64(6, 'UTC')) COMMENT 'After this it is not sent any more.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "kind_known" CHECK "kind" IN ('open', 'close', 'modify', 'cancel'),
  CONSTRAINT "side_known" CHECK "side" IN ('none', 'buy', 'sell'),
  CONSTRAINT "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  CONSTRAINT "state_known" CHECK "state" IN ('dispatched', 'claimed', 'sending', 'working', 'final'),
  CONSTRAINT "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("decided_at")
ORDER BY ("account_id", "symbol", "decided_at", "order_id")
COMMENT 'One row per order leg: what was asked, what became of it, and when.'
;
CREATE OR REPLACE VIEW "orders_current" AS
SELECT "order_id", "signal_id", "cause_id", "account_id", "strategy_id", "broker_id", "instance_id", "partition", "decision_id", "leg", "legs", "kind", "side", "order_type", "symbol", "volume", "filled_volume", "price", "stop_price", "stop_loss", "take_profit", "trade_id", "state", "outcome", "reason_code", "retcode", "order_ticket", "position_ticket", "fill_price", "asked_price", "provider_price", "quote_price", "slippage", "message", "magic", "owner", "term", "fired_at", "received_at", "decided_at", "claimed_at", "sent_at", "done_at", "reported_at", "expires_at", "valid_until", "version"
FROM "orders" FINAL
;
CREATE TABLE IF NOT EXISTS "trade_result" (
  "result_id" UUID COMMENT 'The order leg.',
  "order_id" UUID COMMENT 'The order leg.',
  "signal_id" UUID COMMENT 'The signal, by its publisher''s id or its content.',
  "account_id" UUID COMMENT 'The trading account.',
  "strategy_id" UUID COMMENT 'The strategy whose subscribers trade the signal.',
  "trade_id" Nullable(UUID) COMMENT 'Position that it opened or acted on.',
  "outcome" LowCardinality(String) COMMENT 'Its outcome.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "kind" LowCardinality(String) COMMENT 'What it did at the broker.',
  "side" LowCardinality(String) COMMENT 'Side of the order itself.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume filled. (lots)' CODEC(ZSTD(1)),
  "price" Nullable(Decimal(18, 8)) COMMENT 'Volume-weighted price of its fills.' CODEC(ZSTD(1)),
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit realised. (account currency)' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission charged. (account currency)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) DEFAULT 0 COMMENT 'Swap charged. (account currency)' CODEC(ZSTD(1)),
  "slippage" Nullable(Decimal(18, 8)) COMMENT 'Fill against asked price; positive is adverse. (price)' CODEC(ZSTD(1)),
  "decided_at" DateTime64(6, 'UTC') COMMENT 'When the order was decided.' CODEC(Delta, ZSTD(1)),
  "finished_at" DateTime64(6, 'UTC') COMMENT 'When the outcome was known.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "outcome_known" CHECK "outcome" IN ('none', 'unresolved', 'expired', 'failed', 'rejected', 'refused', 'cancelled', 'skipped', 'done', 'partially_filled', 'filled'),
  CONSTRAINT "kind_known" CHECK "kind" IN ('open', 'close', 'modify', 'cancel'),
  CONSTRAINT "side_known" CHECK "side" IN ('none', 'buy', 'sell')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("decided_at")
ORDER BY ("account_id", "symbol", "decided_at", "result_id")
COMMENT 'What each order leg that reached an outcome brought.'
;
CREATE OR REPLACE VIEW "trade_result_current" AS
SELECT "result_id", "order_id", "signal_id", "account_id", "strategy_id", "trade_id", "outcome", "reason_code", "kind", "side", "symbol", "volume", "price", "profit", "commission", "swap", "slippage", "decided_at", "finished_at", "version"
FROM "trade_result" FINAL
;
CREATE TABLE IF NOT EXISTS "result_metrics" (
  "result_id" UUID COMMENT 'The order leg.',
  "account_id" UUID COMMENT 'The trading account.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "instance_id" UUID COMMENT 'The MT5 terminal instance that executes.',
  "received_to_decided_ms" Nullable(Float64) COMMENT 'From the signal''s arrival to the decision. (ms)' CODEC(ZSTD(1)),
  "decided_to_claimed_ms" Nullable(Float64) COMMENT 'From the decision to the executor''s claim. (ms)' CODEC(ZSTD(1)),
  "claimed_to_sent_ms" Nullable(Float64) COMMENT 'From the claim to sending. (ms)' CODEC(ZSTD(1)),
  "sent_to_done_ms" Nullable(Float64) COMMENT 'From sending to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  "done_to_reported_ms" Nullable(Float64) COMMENT 'From the broker''s answer to its publication. (ms)' CODEC(ZSTD(1)),
  "received_to_claimed_ms" Nullable(Float64) COMMENT 'From the signal''s arrival to the executor''s claim. (ms)' CODEC(ZSTD(1)),
  "received_to_done_ms" Nullable(Float64) COMMENT 'From the signal''s arrival to the broker''s answer. (ms)' CODEC(ZSTD(1)),
  "slippage_points" Nullable(Float64) COMMENT 'Slippage; positive is adverse. (points)' CODEC(ZSTD(1)),
  "decided_at" DateTime64(6, 'UTC') COMMENT 'When the order was decided.' CODEC(Delta, ZSTD(1)),
  "finished_at" DateTime64(6, 'UTC') COMMENT 'When the outcome was known.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("decided_at")
ORDER BY ("broker_id", "account_id", "decided_at", "result_id")
COMMENT 'How long each stage of an order leg took, and its slippage in points.'
;
CREATE OR REPLACE VIEW "result_metrics_current" AS
SELECT "result_id", "account_id", "broker_id", "instance_id", "received_to_decided_ms", "decided_to_claimed_ms", "claimed_to_sent_ms", "sent_to_done_ms", "done_to_reported_ms", "received_to_claimed_ms", "received_to_done_ms", "slippage_points", "decided_at", "finished_at", "version"
FROM "result_metrics" FINAL
;
CREATE TABLE IF NOT EXISTS "trades" (
  "trade_id" UUID COMMENT 'The order leg that opened it.',
  "user_id" Nullable(UUID) COMMENT 'Owner of the account.',
  "strategy_id" Nullable(UUID) COMMENT 'The strategy; none for a trade made by hand.',
  "backtest_id" Nullable(UUID) COMMENT 'The backtest, for a simulated trade.',
  "signal_id" Nullable(UUID) COMMENT 'The signal that opened it.',
  "account_id" UUID COMMENT 'The trading account.',
  "broker_id" UUID COMMENT 'The account''s broker.',
  "instance_id" Nullable(UUID) COMMENT 'The MT5 terminal instance that opened it.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "type" LowCardinality(String) COMMENT 'Direction.',
  "order_type" LowCardinality(String) DEFAULT 'market' COMMENT 'How an opening order is to be filled.',
  "quantity" Decimal(18, 8) COMMENT 'Volume opened. (lots)' CODEC(ZSTD(1)),
  "closed_quantity" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume closed so far. (lots)' CODEC(ZSTD(1)),
  "price" Nullable(Decimal(18, 8)) COMMENT 'Price asked for.' CODEC(ZSTD(1)),
  "entry_price" Nullable(Decimal(18, 8)) COMMENT 'Volume-weighted price of the entry.' CODEC(ZSTD(1)),
  "exit_price" Nullable(Decimal(18, 8)) COMMENT 'Volume-weighted price of the exits.' CODEC(ZSTD(1)),
  "stop_loss" Nullable(Decimal(18, 8)) COMMENT 'Stop loss.' CODEC(ZSTD(1)),
  "take_profit" Nullable(Decimal(18, 8)) COMMENT 'Take profit.' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission charged. (account currency)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) DEFAULT 0 COMMENT 'Swap charged. (account currency)' CODEC(ZSTD(1)),
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit realised. (account currency)' CODEC(ZSTD(1)),
  "mfe" Nullable(Decimal(18, 8)) COMMENT 'Maximum favourable excursion. (account currency)' CODEC(ZSTD(1)),
  "mae" Nullable(Decimal(18, 8)) COMMENT 'Maximum adverse excursion. (account currency)' CODEC(ZSTD(1)),
  "status" LowCardinality(String) DEFAULT 'pending' COMMENT 'Whether it was opened.',
  "reason_code" LowCardinality(String) DEFAULT 'NONE' COMMENT 'Why it did not fill; NONE where nothing went wrong.',
  "position_ticket" Nullable(Int64) COMMENT 'The broker''s position ticket.' CODEC(ZSTD(1)),
  "broker_trade_id" Nullable(String) COMMENT 'The broker''s name of the trade.' CODEC(ZSTD(1)),
  "external_id" Nullable(String) COMMENT 'Name of the trade in another system.' CODEC(ZSTD(1)),
  "executed_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it was opened.' CODEC(Delta, ZSTD(1)),
  "expires_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When the pending opening expires.' CODEC(Delta, ZSTD(1)),
  "closed_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When its last volume was closed.' CODEC(Delta, ZSTD(1)),
  "metadata" String DEFAULT '{}' COMMENT 'What has no column.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When its opening was decided.' CODEC(Delta, ZSTD(1)),
  "updated_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "type_known" CHECK "type" IN ('buy', 'sell'),
  CONSTRAINT "order_type_known" CHECK "order_type" IN ('market', 'limit', 'stop', 'stop_limit'),
  CONSTRAINT "status_known" CHECK "status" IN ('pending', 'executed', 'cancelled', 'rejected')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("account_id", "symbol", "created_at", "trade_id")
COMMENT 'One row per position, from entry to exit; partial exits weighted by volume.'
;
CREATE OR REPLACE VIEW "trades_current" AS
SELECT "trade_id", "user_id", "strategy_id", "backtest_id", "signal_id", "account_id", "broker_id", "instance_id", "partition", "symbol", "type", "order_type", "quantity", "closed_quantity", "price", "entry_price", "exit_price", "stop_loss", "take_profit", "commission", "swap", "profit", "mfe", "mae", "status", "reason_code", "position_ticket", "broker_trade_id", "external_id", "executed_at", "expires_at", "closed_at", "metadata", "created_at", "updated_at", "version"
FROM "trades" FINAL
;
CREATE TABLE IF NOT EXISTS "deals" (
  "account_id" UUID COMMENT 'The trading account.',
  "deal_ticket" Int64 COMMENT 'The broker''s deal ticket.' CODEC(ZSTD(1)),
  "broker_id" UUID COMMENT 'The account''s broker.',
  "order_id" Nullable(UUID) COMMENT 'Our order; none for what the broker or a person did.',
  "trade_id" Nullable(UUID) COMMENT 'The trade it opened or closed.',
  "strategy_id" Nullable(UUID) COMMENT 'The strategy of that trade.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "order_ticket" Nullable(Int64) COMMENT 'The broker''s order ticket.' CODEC(ZSTD(1)),
  "position_ticket" Nullable(Int64) COMMENT 'The broker''s position ticket.' CODEC(ZSTD(1)),
  "symbol" LowCardinality(String) DEFAULT '' COMMENT 'Symbol at the broker; empty for money.',
  "type" LowCardinality(String) COMMENT 'Direction, or the kind of balance operation.',
  "entry" LowCardinality(String) COMMENT 'Whether it opened or closed.',
  "reason" LowCardinality(String) COMMENT 'Who caused it.',
  "volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume. (lots)' CODEC(ZSTD(1)),
  "price" Nullable(Decimal(18, 8)) COMMENT 'Price of the deal.' CODEC(ZSTD(1)),
  "profit" Decimal(18, 8) DEFAULT 0 COMMENT 'Profit realised. (account currency)' CODEC(ZSTD(1)),
  "commission" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission charged. (account currency)' CODEC(ZSTD(1)),
  "swap" Decimal(18, 8) DEFAULT 0 COMMENT 'Swap charged. (account currency)' CODEC(ZSTD(1)),
  "fee" Decimal(18, 8) DEFAULT 0 COMMENT 'Fee charged. (account currency)' CODEC(ZSTD(1)),
  "magic" Int64 DEFAULT 0 COMMENT 'Magic number of the order.' CODEC(ZSTD(1)),
  "comment" String DEFAULT '' COMMENT 'The broker''s comment.' CODEC(ZSTD(1)),
  "time" DateTime64(6, 'UTC') COMMENT 'When it was made, in UTC.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "type_known" CHECK "type" IN ('buy', 'sell', 'balance', 'credit', 'charge', 'correction', 'bonus', 'commission'),
  CONSTRAINT "entry_known" CHECK "entry" IN ('in', 'out', 'inout', 'out_by'),
  CONSTRAINT "reason_known" CHECK "reason" IN ('client', 'mobile', 'web', 'expert', 'sl', 'tp', 'so', 'rollover', 'vmargin', 'split')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("time")
ORDER BY ("account_id", "symbol", "time", "deal_ticket")
COMMENT 'One row per deal ticket of a broker, balance operations included.'
;
CREATE OR REPLACE VIEW "deals_current" AS
SELECT "account_id", "deal_ticket", "broker_id", "order_id", "trade_id", "strategy_id", "partition", "order_ticket", "position_ticket", "symbol", "type", "entry", "reason", "volume", "price", "profit", "commission", "swap", "fee", "magic", "comment", "time", "version"
FROM "deals" FINAL
;
CREATE TABLE IF NOT EXISTS "account_marks" (
  "account_id" UUID COMMENT 'The trading account.',
  "minute" DateTime64(6, 'UTC') COMMENT 'Start of the minute.' CODEC(Delta, ZSTD(1)),
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "balance" Decimal(18, 8) COMMENT 'Balance at the last mark. (account currency)' CODEC(ZSTD(1)),
  "equity" Decimal(18, 8) COMMENT 'Equity at the last mark. (account currency)' CODEC(ZSTD(1)),
  "equity_low" Decimal(18, 8) COMMENT 'Lowest equity of the minute. (account currency)' CODEC(ZSTD(1)),
  "equity_high" Decimal(18, 8) COMMENT 'Highest equity of the minute. (account currency)' CODEC(ZSTD(1)),
  "margin" Decimal(18, 8) DEFAULT 0 COMMENT 'Margin in use. (account currency)' CODEC(ZSTD(1)),
  "margin_free" Decimal(18, 8) DEFAULT 0 COMMENT 'Margin left. (account currency)' CODEC(ZSTD(1)),
  "open_positions" Int32 DEFAULT 0 COMMENT 'Open positions.',
  "currency" LowCardinality(String) COMMENT 'Account currency.',
  "marked_at" DateTime64(6, 'UTC') COMMENT 'Time of the last mark of the minute.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("minute")
ORDER BY ("account_id", "minute")
TTL toDateTime("minute") + toIntervalDay(731)
COMMENT 'Balance, and lowest and highest equity, of each account in each minute.'
;
CREATE OR REPLACE VIEW "account_marks_current" AS
SELECT "account_id", "minute", "partition", "balance", "equity", "equity_low", "equity_high", "margin", "margin_free", "open_positions", "currency", "marked_at", "version"
FROM "account_marks" FINAL
;
CREATE TABLE IF NOT EXISTS "brokers_versions" (
  "broker_id" UUID COMMENT 'The broker.',
  "key" String COMMENT 'Name in the configuration file.' CODEC(ZSTD(1)),
  "name" String COMMENT 'Name for people.' CODEC(ZSTD(1)),
  "server" String DEFAULT '' COMMENT 'Trade server of its terminals.' CODEC(ZSTD(1)),
  "commission_per_lot" Decimal(18, 8) DEFAULT 0 COMMENT 'Commission a lot and side.' CODEC(ZSTD(1)),
  "spread_type" LowCardinality(String) DEFAULT 'variable' COMMENT 'Whether its spread moves.',
  "margin_requirement" Float64 DEFAULT 0.0 COMMENT 'Share of exposure held as margin.' CODEC(ZSTD(1)),
  "currency_pairs_supported" String DEFAULT '' COMMENT 'Symbols it supports, separated by commas; empty: all its instruments.' CODEC(ZSTD(1)),
  "zone" String DEFAULT 'UTC' COMMENT 'IANA time zone of its server clock.' CODEC(ZSTD(1)),
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "spread_type_known" CHECK "spread_type" IN ('fixed', 'variable'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("broker_id", "config_version")
COMMENT 'Brokers and the terms they trade on.'
;
CREATE OR REPLACE VIEW "brokers" AS
SELECT "broker_id", "key", "name", "server", "commission_per_lot", "spread_type", "margin_requirement", "currency_pairs_supported", "zone", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "brokers_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "broker_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "brokers_current" AS
SELECT "broker_id", "key", "name", "server", "commission_per_lot", "spread_type", "margin_requirement", "currency_pairs_supported", "zone", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "brokers_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "broker_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "instances_versions" (
  "instance_id" UUID COMMENT 'The instance.',
  "key" String COMMENT 'Name in the configuration file.' CODEC(ZSTD(1)),
  "broker_id" UUID COMMENT 'Broker it is connected to.',
  "driver" LowCardinality(String) COMMENT 'What stands behind it: simulated or mt5.',
  "path" String DEFAULT '' COMMENT 'Installation path of the terminal.' CODEC(ZSTD(1)),
  "cpu_limit_percent" Nullable(Float64) COMMENT 'Most CPU it may use. (%)' CODEC(ZSTD(1)),
  "memory_limit_mb" Nullable(Float64) COMMENT 'Most memory it may use. (MB)' CODEC(ZSTD(1)),
  "settings" String DEFAULT '{}' COMMENT 'Settings of its driver.' CODEC(ZSTD(3)),
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("instance_id", "config_version")
COMMENT 'MT5 terminal instances.'
;
CREATE OR REPLACE VIEW "instances" AS
SELECT "instance_id", "key", "broker_id", "driver", "path", "cpu_limit_percent", "memory_limit_mb", "settings", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instances_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instance_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "instances_current" AS
SELECT "instance_id", "key", "broker_id", "driver", "path", "cpu_limit_percent", "memory_limit_mb", "settings", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instances_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instance_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "accounts_versions" (
  "account_id" UUID COMMENT 'The account.',
  "key" String COMMENT 'Name in the configuration file.' CODEC(ZSTD(1)),
  "user_id" Nullable(UUID) COMMENT 'Its owner.',
  "broker_id" UUID COMMENT 'Its broker.',
  "instance_id" UUID COMMENT 'Terminal instance that trades it.',
  "partition" Int32 COMMENT 'Partition of the account, 0 to 63, for life.',
  "account_type" LowCardinality(String) DEFAULT 'demo' COMMENT 'Demo or real money.',
  "currency" LowCardinality(String) COMMENT 'Its currency.',
  "leverage" Float64 COMMENT 'Leverage, as 100 for 1:100.' CODEC(ZSTD(1)),
  "balance" Nullable(Decimal(18, 8)) COMMENT 'Balance when it was configured. (account currency)' CODEC(ZSTD(1)),
  "equity" Nullable(Decimal(18, 8)) COMMENT 'Equity when it was configured. (account currency)' CODEC(ZSTD(1)),
  "prop_firm_rules" String DEFAULT '{}' COMMENT 'Rules of its prop firm.' CODEC(ZSTD(3)),
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "account_type_known" CHECK "account_type" IN ('demo', 'live'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("account_id", "config_version")
COMMENT 'Trading accounts.'
;
CREATE OR REPLACE VIEW "accounts" AS
SELECT "account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "accounts_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "accounts_current" AS
SELECT "account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "accounts_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "account_config_versions" (
  "account_id" UUID COMMENT 'The account.',
  "broker_id" UUID COMMENT 'Its broker.',
  "spread_type" LowCardinality(String) DEFAULT 'variable' COMMENT 'Whether its spread moves.',
  "commission" Nullable(Decimal(18, 8)) COMMENT 'Commission a lot and side; none: the broker''s.' CODEC(ZSTD(1)),
  "margin_requirement" Nullable(Float64) COMMENT 'Share of exposure; none: the broker''s.' CODEC(ZSTD(1)),
  "leverage" Nullable(Float64) COMMENT 'Leverage; none: the account''s.' CODEC(ZSTD(1)),
  "currency_pair" LowCardinality(Nullable(String)) COMMENT 'The only symbol it trades; none: all.',
  "direction" LowCardinality(String) DEFAULT 'both' COMMENT 'Which openings it takes.',
  "max_open_trades" Int32 DEFAULT 0 COMMENT 'Most open trades; 0: no limit.',
  "max_volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Most volume of an order; 0: no limit. (lots)' CODEC(ZSTD(1)),
  "max_signal_age_ms" Int64 DEFAULT 60000 COMMENT 'Oldest signal it opens on. (ms)' CODEC(ZSTD(1)),
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "spread_type_known" CHECK "spread_type" IN ('fixed', 'variable'),
  CONSTRAINT "direction_known" CHECK "direction" IN ('both', 'buy', 'sell'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("account_id", "config_version")
COMMENT 'What each account trades, whatever the strategy.'
;
CREATE OR REPLACE VIEW "account_config" AS
SELECT "account_id", "broker_id", "spread_type", "commission", "margin_requirement", "leverage", "currency_pair", "direction", "max_open_trades", "max_volume", "max_signal_age_ms", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "account_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "account_config_current" AS
SELECT "account_id", "broker_id", "spread_type", "commission", "margin_requirement", "leverage", "currency_pair", "direction", "max_open_trades", "max_volume", "max_signal_age_ms", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "account_config_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "account_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "strategies_versions" (
  "id" UUID COMMENT 'The strategy.',
  "key" String COMMENT 'Name in the configuration file.' CODEC(ZSTD(1)),
  "user_id" Nullable(UUID) COMMENT 'Its owner.',
  "name" String COMMENT 'Name for people.' CODEC(ZSTD(1)),
  "description" String DEFAULT '' COMMENT 'What it does.' CODEC(ZSTD(1)),
  "type" LowCardinality(String) DEFAULT 'manual' COMMENT 'Where it comes from.',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it is traded.',
  "config" String DEFAULT '{}' COMMENT 'Its parameters.' CODEC(ZSTD(3)),
  "performance_metrics" String DEFAULT '{}' COMMENT 'Figures its author gives.' CODEC(ZSTD(3)),
  "tags" String DEFAULT '[]' COMMENT 'List of tags.' CODEC(ZSTD(3)),
  "version" Int32 DEFAULT 1 COMMENT 'Version of its definition.',
  "parent_strategy_id" Nullable(UUID) COMMENT 'Strategy it was made from.',
  "is_public" Bool DEFAULT false COMMENT 'Whether others may subscribe.',
  "units_per_contract" Nullable(Float64) COMMENT 'Units of one contract it publishes.' CODEC(ZSTD(1)),
  "provider_balance" Nullable(Decimal(18, 8)) COMMENT 'Balance its volumes are made for.' CODEC(ZSTD(1)),
  "provider_currency" LowCardinality(Nullable(String)) COMMENT 'Currency of that balance.',
  "magic" Int64 COMMENT 'High bits of the magic number of its orders.' CODEC(ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "type_known" CHECK "type" IN ('manual', 'ai_generated', 'backtested'),
  CONSTRAINT "status_known" CHECK "status" IN ('draft', 'active', 'inactive', 'archived')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("id", "config_version")
COMMENT 'Strategies whose signals are traded.'
;
CREATE OR REPLACE VIEW "strategies" AS
SELECT "id", "key", "user_id", "name", "description", "type", "status", "config", "performance_metrics", "tags", "version", "parent_strategy_id", "is_public", "units_per_contract", "provider_balance", "provider_currency", "magic", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "strategies_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "strategies_current" AS
SELECT "id", "key", "user_id", "name", "description", "type", "status", "config", "performance_metrics", "tags", "version", "parent_strategy_id", "is_public", "units_per_contract", "provider_balance", "provider_currency", "magic", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "strategies_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "subscriptions_versions" (
  "subscription_id" UUID COMMENT 'Made from the account and the strategy.',
  "account_id" UUID COMMENT 'The account.',
  "strategy_id" UUID COMMENT 'The strategy.',
  "direction" LowCardinality(String) DEFAULT 'both' COMMENT 'Which openings it takes.',
  "sizing" LowCardinality(String) COMMENT 'How a signal becomes a volume.',
  "fixed_volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Volume of each order, for fixed. (lots)' CODEC(ZSTD(1)),
  "multiplier" Float64 DEFAULT 1.0 COMMENT 'Factor of scaled, balance and equity.' CODEC(ZSTD(1)),
  "risk_percent" Float64 DEFAULT 0.0 COMMENT 'Risk of a trade, for risk. (% of balance)' CODEC(ZSTD(1)),
  "risk_override" Bool DEFAULT false COMMENT 'Whether a signal may set the risk.',
  "max_risk_coefficient" Float64 DEFAULT 1.0 COMMENT 'Most times the wanted risk that a forced smallest volume may carry.' CODEC(ZSTD(1)),
  "tiny_trade" LowCardinality(String) DEFAULT 'skip' COMMENT 'What a volume too small does.',
  "max_open_trades" Int32 DEFAULT 0 COMMENT 'Most open trades of it; 0: no limit.',
  "max_volume" Decimal(18, 8) DEFAULT 0 COMMENT 'Most volume of an order; 0: no limit. (lots)' CODEC(ZSTD(1)),
  "copy_stop_loss" Bool DEFAULT true COMMENT 'Whether the stop loss is taken over.',
  "copy_take_profit" Bool DEFAULT true COMMENT 'Whether the take profit is taken over.',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "direction_known" CHECK "direction" IN ('both', 'buy', 'sell'),
  CONSTRAINT "sizing_known" CHECK "sizing" IN ('fixed', 'scaled', 'balance', 'equity', 'risk'),
  CONSTRAINT "tiny_trade_known" CHECK "tiny_trade" IN ('skip', 'force'),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("subscription_id", "config_version")
COMMENT 'Which account trades which strategy, and at which size.'
;
CREATE OR REPLACE VIEW "subscriptions" AS
SELECT "subscription_id", "account_id", "strategy_id", "direction", "sizing", "fixed_volume", "multiplier", "risk_percent", "risk_override", "max_risk_coefficient", "tiny_trade", "max_open_trades", "max_volume", "copy_stop_loss", "copy_take_profit", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "subscriptions_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "subscription_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "subscriptions_current" AS
SELECT "subscription_id", "account_id", "strategy_id", "direction", "sizing", "fixed_volume", "multiplier", "risk_percent", "risk_override", "max_risk_coefficient", "tiny_trade", "max_open_trades", "max_volume", "copy_stop_loss", "copy_take_profit", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "subscriptions_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "subscription_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "instruments_versions" (
  "instrument_id" UUID COMMENT 'Made from the broker and the symbol.',
  "broker_id" UUID COMMENT 'The broker.',
  "symbol" LowCardinality(String) COMMENT 'Symbol as the broker writes it.',
  "description" String DEFAULT '' COMMENT 'Name for people.' CODEC(ZSTD(1)),
  "currency_base" LowCardinality(String) COMMENT 'Currency that is bought.',
  "currency_profit" LowCardinality(String) COMMENT 'Currency of profit and price.',
  "currency_margin" LowCardinality(String) COMMENT 'Currency of margin.',
  "digits" Int32 COMMENT 'Decimal places of its price.',
  "point" Decimal(18, 8) COMMENT 'Price of one point.' CODEC(ZSTD(1)),
  "pip_size" Decimal(18, 8) COMMENT 'Price of one pip.' CODEC(ZSTD(1)),
  "tick_size" Decimal(18, 8) COMMENT 'Smallest step of its price.' CODEC(ZSTD(1)),
  "tick_value" Nullable(Decimal(18, 8)) COMMENT 'Profit of one tick and lot. (profit currency)' CODEC(ZSTD(1)),
  "contract_size" Float64 COMMENT 'Units of one lot.' CODEC(ZSTD(1)),
  "volume_min" Decimal(18, 8) COMMENT 'Smallest volume. (lots)' CODEC(ZSTD(1)),
  "volume_max" Decimal(18, 8) COMMENT 'Largest volume of an order. (lots)' CODEC(ZSTD(1)),
  "volume_step" Decimal(18, 8) COMMENT 'Step of volumes. (lots)' CODEC(ZSTD(1)),
  "volume_limit" Decimal(18, 8) DEFAULT 0 COMMENT 'Most volume a direction; 0: none. (lots)' CODEC(ZSTD(1)),
  "stops_level" Int32 DEFAULT 0 COMMENT 'Least distance of stops. (points)',
  "freeze_level" Int32 DEFAULT 0 COMMENT 'Distance within which nothing changes. (points)',
  "filling_mode" Int32 DEFAULT 3 COMMENT 'MT5''s bits of filling modes: 1 FOK, 2 IOC.',
  "trade_mode" LowCardinality(String) DEFAULT 'full' COMMENT 'What the broker allows.',
  "spread_points" Float64 DEFAULT 0.0 COMMENT 'Usual spread. (points)' CODEC(ZSTD(1)),
  "swap_long" Float64 DEFAULT 0.0 COMMENT 'Swap of a long a night. (points)' CODEC(ZSTD(1)),
  "swap_short" Float64 DEFAULT 0.0 COMMENT 'Swap of a short a night. (points)' CODEC(ZSTD(1)),
  "max_quote_age_ms" Int64 DEFAULT 15000 COMMENT 'Oldest price to decide by. (ms)' CODEC(ZSTD(1)),
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "trade_mode_known" CHECK "trade_mode" IN ('disabled', 'long_only', 'short_only', 'close_only', 'full')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("instrument_id", "config_version")
COMMENT 'Specification of each symbol at each broker.'
;
CREATE OR REPLACE VIEW "instruments" AS
SELECT "instrument_id", "broker_id", "symbol", "description", "currency_base", "currency_profit", "currency_margin", "digits", "point", "pip_size", "tick_size", "tick_value", "contract_size", "volume_min", "volume_max", "volume_step", "volume_limit", "stops_level", "freeze_level", "filling_mode", "trade_mode", "spread_points", "swap_long", "swap_short", "max_quote_age_ms", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instruments_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instrument_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "instruments_current" AS
SELECT "instrument_id", "broker_id", "symbol", "description", "currency_base", "currency_profit", "currency_margin", "digits", "point", "pip_size", "tick_size", "tick_value", "contract_size", "volume_min", "volume_max", "volume_step", "volume_limit", "stops_level", "freeze_level", "filling_mode", "trade_mode", "spread_points", "swap_long", "swap_short", "max_quote_age_ms", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "instruments_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "instrument_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "symbol_map_versions" (
  "mapping_id" UUID COMMENT 'Made from scope and symbol.',
  "broker_id" Nullable(UUID) COMMENT 'Broker it holds for; none: every broker.',
  "account_id" Nullable(UUID) COMMENT 'Account it holds for; none: every account.',
  "symbol" LowCardinality(String) COMMENT 'Symbol to be replaced.',
  "mapped_symbol" LowCardinality(String) COMMENT 'Symbol that replaces it.',
  "status" LowCardinality(String) DEFAULT 'active' COMMENT 'Whether it takes part.',
  "config_version" UInt64 COMMENT 'Version of the configuration that last changed the row.' CODEC(Delta, ZSTD(1)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it was first applied.' CODEC(Delta, ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it last changed.' CODEC(Delta, ZSTD(1)),
  "deleted_at" Nullable(DateTime64(6, 'UTC')) COMMENT 'When it left the configuration; none while it is in it.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "status_known" CHECK "status" IN ('active', 'inactive')
)
ENGINE = ReplacingMergeTree("config_version")
ORDER BY ("mapping_id", "config_version")
COMMENT 'Names of symbols: from the provider''s to the broker''s, in as many steps as it takes.'
;
CREATE OR REPLACE VIEW "symbol_map" AS
SELECT "mapping_id", "broker_id", "account_id", "symbol", "mapped_symbol", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "symbol_map_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "mapping_id")
WHERE "deleted_at" IS NULL
;
CREATE OR REPLACE VIEW "symbol_map_current" AS
SELECT "mapping_id", "broker_id", "account_id", "symbol", "mapped_symbol", "status", "config_version", "created_at", "updated_at", "deleted_at"
FROM (SELECT * FROM "symbol_map_versions" FINAL ORDER BY "config_version" DESC LIMIT 1 BY "mapping_id")
WHERE "deleted_at" IS NULL
;
CREATE TABLE IF NOT EXISTS "system_event_log" (
  "event_id" UUID COMMENT 'Made from what happened, where and when.',
  "kind" LowCardinality(String) COMMENT 'What happened, in one word.',
  "source" LowCardinality(String) COMMENT 'Process or part that says so.',
  "severity" LowCardinality(String) DEFAULT 'info' COMMENT 'How bad it is.',
  "message" String COMMENT 'One sentence for people.' CODEC(ZSTD(1)),
  "details" String DEFAULT '{}' COMMENT 'What else is known.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it happened.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "severity_known" CHECK "severity" IN ('info', 'warning', 'error', 'critical')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("source", "kind", "created_at", "event_id")
TTL toDateTime("created_at") + toIntervalDay(365)
COMMENT 'Starts, stops and errors.'
;
CREATE OR REPLACE VIEW "system_event_log_current" AS
SELECT "event_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "system_event_log" FINAL
;
CREATE TABLE IF NOT EXISTS "alert_log" (
  "alert_id" UUID COMMENT 'Made from what happened, where and when.',
  "kind" LowCardinality(String) COMMENT 'What happened, in one word.',
  "source" LowCardinality(String) COMMENT 'Process or part that says so.',
  "severity" LowCardinality(String) DEFAULT 'info' COMMENT 'How bad it is.',
  "message" String COMMENT 'One sentence for people.' CODEC(ZSTD(1)),
  "details" String DEFAULT '{}' COMMENT 'What else is known.' CODEC(ZSTD(3)),
  "created_at" DateTime64(6, 'UTC') COMMENT 'When it happened.' CODEC(Delta, ZSTD(1)),
  "version" UInt64 COMMENT 'Rises with every change of the row; the greatest is the current row.' CODEC(Delta, ZSTD(1)),
  CONSTRAINT "severity_known" CHECK "severity" IN ('info', 'warning', 'error', 'critical')
)
ENGINE = ReplacingMergeTree("version")
PARTITION BY toYYYYMM("created_at")
ORDER BY ("source", "kind", "created_at", "alert_id")
TTL toDateTime("created_at") + toIntervalDay(365)
COMMENT 'What somebody should look at.'
;
CREATE OR REPLACE VIEW "alert_log_current" AS
SELECT "alert_id", "kind", "source", "severity", "message", "details", "created_at", "version"
FROM "alert_log" FINAL
;
CREATE TABLE IF NOT EXISTS "stream_marks" (
  "stream" String COMMENT 'Key of the stream on Redis.' CODEC(ZSTD(1)),
  "position" String COMMENT 'Last entry stored, as `ms-seq`.' CODEC(ZSTD(1)),
  "updated_at" DateTime64(6, 'UTC') COMMENT 'When it was written.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("updated_at")
ORDER BY ("stream")
COMMENT 'How far each results stream is stored; written together with its rows.'
;
CREATE OR REPLACE VIEW "stream_marks_current" AS
SELECT "stream", "position", "updated_at"
FROM "stream_marks" FINAL
;
CREATE TABLE IF NOT EXISTS "schema_migrations" (
  "version" String COMMENT 'Number of the migration.' CODEC(ZSTD(1)),
  "name" String COMMENT 'Its name.' CODEC(ZSTD(1)),
  "checksum" String COMMENT 'SHA-256 of its statements when it was applied.' CODEC(ZSTD(1)),
  "applied_at" DateTime64(6, 'UTC') COMMENT 'When it was applied.' CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree("applied_at")
ORDER BY ("version")
COMMENT 'Migrations applied to this store.'
;
CREATE OR REPLACE VIEW "schema_migrations_current" AS
SELECT "version", "name", "checksum", "applied_at"
FROM "schema_migrations" FINAL
