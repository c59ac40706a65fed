DROP TABLE IF EXISTS "brokers_before"
;
CREATE TABLE "brokers_before" AS FROM "brokers"
;
DROP TABLE "brokers"
;
CREATE TABLE IF NOT EXISTS "brokers" (
  "broker_id" UUID NOT NULL,
  "key" VARCHAR NOT NULL,
  "name" VARCHAR NOT NULL,
  "server" VARCHAR DEFAULT '' NOT NULL,
  "commission_per_lot" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "spread_type" ENUM('fixed', 'variable') DEFAULT 'variable' NOT NULL,
  "margin_requirement" DOUBLE DEFAULT 0.0 NOT NULL,
  "currency_pairs_supported" VARCHAR DEFAULT '' NOT NULL,
  "zone" VARCHAR DEFAULT 'UTC' NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("broker_id"),
  UNIQUE ("key"),
  CHECK (commission_per_lot >= 0),
  CHECK (margin_requirement >= 0),
  CHECK (length("key") <= 64),
  CHECK (length("name") <= 100),
  CHECK (length("server") <= 255),
  CHECK (isfinite("margin_requirement")),
  CHECK (length("zone") <= 64)
)
;
INSERT INTO "brokers" ("broker_id", "key", "name", "server", "commission_per_lot", "spread_type", "margin_requirement", "currency_pairs_supported", "zone", "status", "config_version", "created_at", "updated_at", "deleted_at") SELECT "broker_id", "key", "name", "server", "commission_per_lot", "spread_type", "margin_requirement", "currency_pairs_supported", "zone", "status", "config_version", "created_at", "updated_at", "deleted_at" FROM "brokers_before"
;
DROP TABLE "brokers_before"
;
DROP TABLE IF EXISTS "instances_before"
;
CREATE TABLE "instances_before" AS FROM "instances"
;
DROP TABLE "instances"
;
CREATE TABLE IF NOT EXISTS "instances" (
  "instance_id" UUID NOT NULL,
  "key" VARCHAR NOT NULL,
  "broker_id" UUID NOT NULL,
  "driver" VARCHAR NOT NULL,
  "path" VARCHAR DEFAULT '' NOT NULL,
  "cpu_limit_percent" DOUBLE,
  "memory_limit_mb" DOUBLE,
  "settings" JSON DEFAULT '{}' NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("instance_id"),
  UNIQUE ("key"),
  CHECK (cpu_limit_percent >= 0),
  CHECK (length("key") <= 64),
  CHECK (length("driver") <= 16),
  CHECK (length("path") <= 255),
  CHECK (isfinite("cpu_limit_percent")),
  CHECK (isfinite("memory_limit_mb"))
)
;
INSERT INTO "instances" ("instance_id", "key", "broker_id", "driver", "path", "cpu_limit_percent", "memory_limit_mb", "settings", "status", "config_version", "created_at", "updated_at", "deleted_at") SELECT "instance_id", "key", "broker_id", "driver", "path", "cpu_limit_percent", "memory_limit_mb", "settings", "status", "config_version", "created_at", "updated_at", "deleted_at" FROM "instances_before"
;
DROP TABLE "instances_before"
;
ALTER TABLE "accounts" ADD COLUMN IF NOT EXISTS "risk_limits" JSON DEFAULT '{}'
;
ALTER TABLE "accounts" ADD COLUMN IF NOT EXISTS "prop_firm_template_id" UUID
;
ALTER TABLE "accounts" ADD COLUMN IF NOT EXISTS "reporting_zone" VARCHAR DEFAULT 'UTC'
;
DROP TABLE IF EXISTS "accounts_before"
;
CREATE TABLE "accounts_before" AS FROM "accounts"
;
DROP TABLE "accounts"
;
CREATE TABLE IF NOT EXISTS "accounts" (
  "account_id" UUID NOT NULL,
  "key" VARCHAR NOT NULL,
  "user_id" UUID,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID NOT NULL,
  "partition" INTEGER NOT NULL,
  "account_type" ENUM('demo', 'live') DEFAULT 'demo' NOT NULL,
  "currency" VARCHAR NOT NULL,
  "leverage" DOUBLE NOT NULL,
  "balance" DECIMAL(18, 8),
  "equity" DECIMAL(18, 8),
  "prop_firm_rules" JSON DEFAULT '{}' NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "risk_limits" JSON DEFAULT '{}' NOT NULL,
  "prop_firm_template_id" UUID,
  "reporting_zone" VARCHAR DEFAULT 'UTC' NOT NULL,
  PRIMARY KEY ("account_id"),
  UNIQUE ("key"),
  CHECK ("partition" >= 0 AND "partition" < 64),
  CHECK (leverage > 0),
  CHECK (length("key") <= 64),
  CHECK (length("currency") <= 10),
  CHECK (isfinite("leverage")),
  CHECK (length("reporting_zone") <= 64)
)
;
INSERT INTO "accounts" ("account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at", "risk_limits", "prop_firm_template_id", "reporting_zone") SELECT "account_id", "key", "user_id", "broker_id", "instance_id", "partition", "account_type", "currency", "leverage", "balance", "equity", "prop_firm_rules", "status", "config_version", "created_at", "updated_at", "deleted_at", "risk_limits", "prop_firm_template_id", "reporting_zone" FROM "accounts_before"
;
DROP TABLE "accounts_before"
;
DROP TABLE IF EXISTS "account_config_before"
;
CREATE TABLE "account_config_before" AS FROM "account_config"
;
DROP TABLE "account_config"
;
CREATE TABLE IF NOT EXISTS "account_config" (
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "spread_type" ENUM('fixed', 'variable') DEFAULT 'variable' NOT NULL,
  "commission" DECIMAL(18, 8),
  "margin_requirement" DOUBLE,
  "leverage" DOUBLE,
  "currency_pair" VARCHAR,
  "direction" ENUM('both', 'buy', 'sell') DEFAULT 'both' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "max_volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "max_signal_age_ms" BIGINT DEFAULT 60000 NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("account_id"),
  CHECK (max_open_trades >= 0),
  CHECK (max_volume >= 0),
  CHECK (max_signal_age_ms > 0),
  CHECK (isfinite("margin_requirement")),
  CHECK (isfinite("leverage")),
  CHECK (length("currency_pair") <= 32)
)
;
INSERT INTO "account_config" ("account_id", "broker_id", "spread_type", "commission", "margin_requirement", "leverage", "currency_pair", "direction", "max_open_trades", "max_volume", "max_signal_age_ms", "status", "config_version", "created_at", "updated_at", "deleted_at") SELECT "account_id", "broker_id", "spread_type", "commission", "margin_requirement", "leverage", "currency_pair", "direction", "max_open_trades", "max_volume", "max_signal_age_ms", "status", "config_version", "created_at", "updated_at", "deleted_at" FROM "account_config_before"
;
DROP TABLE "account_config_before"
;
DROP TABLE IF EXISTS "strategies_before"
;
CREATE TABLE "strategies_before" AS FROM "strategies"
;
DROP TABLE "strategies"
;
CREATE TABLE IF NOT EXISTS "strategies" (
  "id" UUID NOT NULL,
  "key" VARCHAR NOT NULL,
  "user_id" UUID,
  "name" VARCHAR NOT NULL,
  "description" VARCHAR DEFAULT '' NOT NULL,
  "type" ENUM('manual', 'ai_generated', 'backtested') DEFAULT 'manual' NOT NULL,
  "status" ENUM('draft', 'active', 'inactive', 'archived') DEFAULT 'draft' NOT NULL,
  "config" JSON DEFAULT '{}' NOT NULL,
  "performance_metrics" JSON DEFAULT '{}' NOT NULL,
  "tags" JSON DEFAULT '[]' NOT NULL,
  "version" INTEGER DEFAULT 1 NOT NULL,
  "parent_strategy_id" UUID,
  "is_public" BOOLEAN DEFAULT false NOT NULL,
  "units_per_contract" DOUBLE,
  "provider_balance" DECIMAL(18, 8),
  "provider_currency" VARCHAR,
  "magic" BIGINT NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  UNIQUE ("key"),
  UNIQUE ("magic"),
  CHECK (version >= 1),
  CHECK (length("key") <= 64),
  CHECK (length("name") <= 255),
  CHECK (isfinite("units_per_contract")),
  CHECK (length("provider_currency") <= 10)
)
;
INSERT INTO "strategies" ("id", "key", "user_id", "name", "description", "type", "status", "config", "performance_metrics", "tags", "version", "parent_strategy_id", "is_public", "units_per_contract", "provider_balance", "provider_currency", "magic", "config_version", "created_at", "updated_at", "deleted_at") SELECT "id", "key", "user_id", "name", "description", "type", "status", "config", "performance_metrics", "tags", "version", "parent_strategy_id", "is_public", "units_per_contract", "provider_balance", "provider_currency", "magic", "config_version", "created_at", "updated_at", "deleted_at" FROM "strategies_before"
;
DROP TABLE "strategies_before"
;
DROP TABLE IF EXISTS "subscriptions_before"
;
CREATE TABLE "subscriptions_before" AS FROM "subscriptions"
;
DROP TABLE "subscriptions"
;
CREATE TABLE IF NOT EXISTS "subscriptions" (
  "subscription_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "direction" ENUM('both', 'buy', 'sell') DEFAULT 'both' NOT NULL,
  "sizing" ENUM('fixed', 'scaled', 'balance', 'equity', 'risk') NOT NULL,
  "fixed_volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "multiplier" DOUBLE DEFAULT 1.0 NOT NULL,
  "risk_percent" DOUBLE DEFAULT 0.0 NOT NULL,
  "risk_override" BOOLEAN DEFAULT false NOT NULL,
  "max_risk_coefficient" DOUBLE DEFAULT 1.0 NOT NULL,
  "tiny_trade" ENUM('skip', 'force') DEFAULT 'skip' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "max_volume" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "copy_stop_loss" BOOLEAN DEFAULT true NOT NULL,
  "copy_take_profit" BOOLEAN DEFAULT true NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("subscription_id"),
  UNIQUE ("account_id", "strategy_id"),
  CHECK (fixed_volume >= 0),
  CHECK (multiplier > 0),
  CHECK (risk_percent >= 0 AND risk_percent <= 100),
  CHECK (max_open_trades >= 0),
  CHECK (isfinite("multiplier")),
  CHECK (isfinite("risk_percent")),
  CHECK (isfinite("max_risk_coefficient"))
)
;
INSERT INTO "subscriptions" ("subscription_id", "account_id", "strategy_id", "direction", "sizing", "fixed_volume", "multiplier", "risk_percent", "risk_override", "max_risk_coefficient", "tiny_trade", "max_open_trades", "max_volume", "copy_stop_loss", "copy_take_profit", "status", "config_version", "created_at", "updated_at", "deleted_at") SELECT "subscription_id", "account_id", "strategy_id", "direction", "sizing", "fixed_volume", "multiplier", "risk_percent", "risk_override", "max_risk_coefficient", "tiny_trade", "max_open_trades", "max_volume", "copy_stop_loss", "copy_take_profit", "status", "config_version", "created_at", "updated_at", "deleted_at" FROM "subscriptions_before"
;
DROP TABLE "subscriptions_before"
;
DROP TABLE IF EXISTS "instruments_before"
;
CREATE TABLE "instruments_before" AS FROM "instruments"
;
DROP TABLE "instruments"
;
CREATE TABLE IF NOT EXISTS "instruments" (
  "instrument_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "symbol" VARCHAR NOT NULL,
  "description" VARCHAR DEFAULT '' NOT NULL,
  "currency_base" VARCHAR NOT NULL,
  "currency_profit" VARCHAR NOT NULL,
  "currency_margin" VARCHAR NOT NULL,
  "digits" INTEGER NOT NULL,
  "point" DECIMAL(18, 8) NOT NULL,
  "pip_size" DECIMAL(18, 8) NOT NULL,
  "tick_size" DECIMAL(18, 8) NOT NULL,
  "tick_value" DECIMAL(18, 8),
  "contract_size" DOUBLE NOT NULL,
  "volume_min" DECIMAL(18, 8) NOT NULL,
  "volume_max" DECIMAL(18, 8) NOT NULL,
  "volume_step" DECIMAL(18, 8) NOT NULL,
  "volume_limit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "stops_level" INTEGER DEFAULT 0 NOT NULL,
  "freeze_level" INTEGER DEFAULT 0 NOT NULL,
  "filling_mode" INTEGER DEFAULT 3 NOT NULL,
  "trade_mode" ENUM('disabled', 'long_only', 'short_only', 'close_only', 'full') DEFAULT 'full' NOT NULL,
  "spread_points" DOUBLE DEFAULT 0.0 NOT NULL,
  "swap_long" DOUBLE DEFAULT 0.0 NOT NULL,
  "swap_short" DOUBLE DEFAULT 0.0 NOT NULL,
  "max_quote_age_ms" BIGINT DEFAULT 15000 NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("instrument_id"),
  UNIQUE ("broker_id", "symbol"),
  CHECK (volume_min > 0 AND volume_min <= volume_max),
  CHECK (volume_step > 0),
  CHECK (point > 0 AND pip_size > 0 AND tick_size > 0),
  CHECK (contract_size > 0),
  CHECK (length("symbol") <= 32),
  CHECK (length("currency_base") <= 10),
  CHECK (length("currency_profit") <= 10),
  CHECK (length("currency_margin") <= 10),
  CHECK (isfinite("contract_size")),
  CHECK (isfinite("spread_points")),
  CHECK (isfinite("swap_long")),
  CHECK (isfinite("swap_short"))
)
;
INSERT INTO "instruments" ("instrument_id", "broker_id", "symbol", "description", "currency_base", "currency_profit", "currency_margin", "digits", "point", "pip_size", "tick_size", "tick_value", "contract_size", "volume_min", "volume_max", "volume_step", "volume_limit", "stops_level", "freeze_level", "filling_mode", "trade_mode", "spread_points", "swap_long", "swap_short", "max_quote_age_ms", "config_version", "created_at", "updated_at", "deleted_at") SELECT "instrument_id", "broker_id", "symbol", "description", "currency_base", "currency_profit", "currency_margin", "digits", "point", "pip_size", "tick_size", "tick_value", "contract_size", "volume_min", "volume_max", "volume_step", "volume_limit", "stops_level", "freeze_level", "filling_mode", "trade_mode", "spread_points", "swap_long", "swap_short", "max_quote_age_ms", "config_version", "created_at", "updated_at", "deleted_at" FROM "instruments_before"
;
DROP TABLE "instruments_before"
;
DROP TABLE IF EXISTS "symbol_map_before"
;
CREATE TABLE "symbol_map_before" AS FROM "symbol_map"
;
DROP TABLE "symbol_map"
;
CREATE TABLE IF NOT EXISTS "symbol_map" (
  "mapping_id" UUID NOT NULL,
  "broker_id" UUID,
  "account_id" UUID,
  "symbol" VARCHAR NOT NULL,
  "mapped_symbol" VARCHAR NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("mapping_id"),
  CHECK (length("symbol") <= 32),
  CHECK (length("mapped_symbol") <= 32)
)
;
INSERT INTO "symbol_map" ("mapping_id", "broker_id", "account_id", "symbol", "mapped_symbol", "status", "config_version", "created_at", "updated_at", "deleted_at") SELECT "mapping_id", "broker_id", "account_id", "symbol", "mapped_symbol", "status", "config_version", "created_at", "updated_at", "deleted_at" FROM "symbol_map_before"
;
DROP TABLE "symbol_map_before"
;
CREATE TABLE IF NOT EXISTS "user_config" (
  "user_id" UUID NOT NULL,
  "lot_size_type" ENUM('fixed', 'percentage') DEFAULT 'fixed' NOT NULL,
  "lot_size_value" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "risk_per_trade_percent" DOUBLE DEFAULT 0.0 NOT NULL,
  "stop_loss_type" ENUM('fixed', 'atr', 'percentage') DEFAULT 'fixed' NOT NULL,
  "take_profit_type" ENUM('fixed', 'atr', 'percentage') DEFAULT 'fixed' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "trade_direction" ENUM('both', 'buy', 'sell') DEFAULT 'both' NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "stop_loss_value" DOUBLE,
  "take_profit_value" DOUBLE,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("user_id"),
  CHECK (risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100),
  CHECK (lot_size_value >= 0),
  CHECK (max_open_trades >= 0),
  CHECK (isfinite("risk_per_trade_percent")),
  CHECK (isfinite("stop_loss_value")),
  CHECK (isfinite("take_profit_value"))
)
;
CREATE TABLE IF NOT EXISTS "instance_config" (
  "instance_id" UUID NOT NULL,
  "path" VARCHAR DEFAULT '' NOT NULL,
  "cpu_limit_percent" DOUBLE,
  "memory_limit_mb" DOUBLE,
  "max_trades" INTEGER DEFAULT 0 NOT NULL,
  "slippage_tolerance" DOUBLE,
  "connection_timeout_sec" INTEGER DEFAULT 60 NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "max_order_age_ms" BIGINT DEFAULT 10000 NOT NULL,
  "restart_after_sec" INTEGER DEFAULT 60 NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("instance_id"),
  CHECK (max_trades >= 0),
  CHECK (slippage_tolerance >= 0),
  CHECK (connection_timeout_sec > 0 AND restart_after_sec > 0),
  CHECK (max_order_age_ms > 0),
  CHECK (length("path") <= 255),
  CHECK (isfinite("cpu_limit_percent")),
  CHECK (isfinite("memory_limit_mb")),
  CHECK (isfinite("slippage_tolerance"))
)
;
CREATE TABLE IF NOT EXISTS "broker_config" (
  "broker_id" UUID NOT NULL,
  "spread_type" ENUM('fixed', 'variable') DEFAULT 'variable' NOT NULL,
  "typical_spread_points" DOUBLE,
  "max_spread_points" DOUBLE,
  "spread_markup_points" DOUBLE DEFAULT 0.0 NOT NULL,
  "symbol_spreads" JSON DEFAULT '{}' NOT NULL,
  "slippage_tolerance" DOUBLE,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("broker_id"),
  CHECK (max_spread_points >= 0 AND typical_spread_points >= 0),
  CHECK (isfinite("typical_spread_points")),
  CHECK (isfinite("max_spread_points")),
  CHECK (isfinite("spread_markup_points")),
  CHECK (isfinite("slippage_tolerance"))
)
;
CREATE TABLE IF NOT EXISTS "signal_config" (
  "config_id" UUID NOT NULL,
  "user_id" UUID,
  "strategy_id" UUID,
  "entry_strategy" ENUM('breakout', 'reversal') DEFAULT 'breakout' NOT NULL,
  "exit_strategy" ENUM('stop_loss', 'trailing_stop') DEFAULT 'stop_loss' NOT NULL,
  "lot_size_type" ENUM('fixed', 'percentage') DEFAULT 'fixed' NOT NULL,
  "lot_size_value" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "risk_per_trade_percent" DOUBLE DEFAULT 0.0 NOT NULL,
  "trade_direction" ENUM('both', 'buy', 'sell') DEFAULT 'both' NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "trailing_distance_pips" DOUBLE,
  "allow_pyramiding" BOOLEAN DEFAULT true NOT NULL,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("config_id"),
  CHECK (risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100),
  CHECK (lot_size_value >= 0),
  CHECK (trailing_distance_pips > 0),
  CHECK (isfinite("risk_per_trade_percent")),
  CHECK (isfinite("trailing_distance_pips"))
)
;
CREATE TABLE IF NOT EXISTS "system_config" (
  "config_id" UUID NOT NULL,
  "log_level" ENUM('debug', 'info', 'warn', 'error') DEFAULT 'info' NOT NULL,
  "backup_interval_sec" INTEGER DEFAULT 86400 NOT NULL,
  "max_log_size_mb" DOUBLE DEFAULT 100 NOT NULL,
  "cache_size_mb" DOUBLE DEFAULT 512 NOT NULL,
  "sync_interval_sec" INTEGER DEFAULT 1 NOT NULL,
  "audit_retention_days" INTEGER DEFAULT 2557 NOT NULL,
  "base_currency" VARCHAR DEFAULT 'USD' NOT NULL,
  "exposure_limit" DECIMAL(18, 8),
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("config_id"),
  CHECK (backup_interval_sec > 0 AND sync_interval_sec > 0),
  CHECK (max_log_size_mb > 0 AND cache_size_mb > 0),
  CHECK (audit_retention_days >= 1096),
  CHECK (isfinite("max_log_size_mb")),
  CHECK (isfinite("cache_size_mb")),
  CHECK (length("base_currency") <= 10)
)
;
CREATE TABLE IF NOT EXISTS "users" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "email" VARCHAR NOT NULL,
  "username" VARCHAR NOT NULL,
  "password_hash" VARCHAR NOT NULL,
  "first_name" VARCHAR,
  "last_name" VARCHAR,
  "role" VARCHAR DEFAULT 'user' NOT NULL,
  "status" ENUM('active', 'inactive', 'suspended', 'pending') DEFAULT 'active' NOT NULL,
  "email_verified" BOOLEAN DEFAULT false NOT NULL,
  "two_factor_enabled" BOOLEAN DEFAULT false NOT NULL,
  "two_factor_secret" VARCHAR,
  "api_key_hash" VARCHAR,
  "preferences" JSON DEFAULT '{}' NOT NULL,
  "last_login" TIMESTAMPTZ,
  "kyc_status" ENUM('none', 'pending', 'approved', 'rejected', 'expired') DEFAULT 'none' NOT NULL,
  "kyc_checked_at" TIMESTAMPTZ,
  "country" VARCHAR,
  "failed_logins" INTEGER DEFAULT 0 NOT NULL,
  "locked_until" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  UNIQUE ("email"),
  UNIQUE ("username"),
  CHECK (failed_logins >= 0),
  CHECK (length("email") <= 255),
  CHECK (length("username") <= 100),
  CHECK (length("password_hash") <= 255),
  CHECK (length("first_name") <= 100),
  CHECK (length("last_name") <= 100),
  CHECK (length("role") <= 50),
  CHECK (length("two_factor_secret") <= 255),
  CHECK (length("api_key_hash") <= 255),
  CHECK (length("country") <= 2)
)
;
CREATE TABLE IF NOT EXISTS "user_role" (
  "role_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "name" VARCHAR NOT NULL,
  "description" VARCHAR DEFAULT '' NOT NULL,
  "permissions" JSON DEFAULT '[]' NOT NULL,
  "is_builtin" BOOLEAN DEFAULT false NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("role_id"),
  UNIQUE ("name"),
  CHECK (length("name") <= 50)
)
;
CREATE TABLE IF NOT EXISTS "user_permission" (
  "permission_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "permission" VARCHAR NOT NULL,
  "resource_type" VARCHAR DEFAULT '' NOT NULL,
  "resource_id" VARCHAR DEFAULT '' NOT NULL,
  "granted" BOOLEAN DEFAULT true NOT NULL,
  "granted_by" UUID,
  "expires_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("permission_id"),
  UNIQUE ("user_id", "permission", "resource_type", "resource_id"),
  CHECK (length("permission") <= 100),
  CHECK (length("resource_type") <= 50),
  CHECK (length("resource_id") <= 100)
)
;
CREATE TABLE IF NOT EXISTS "credentials" (
  "credential_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "instance_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "login_number" VARCHAR NOT NULL,
  "password" VARCHAR NOT NULL,
  "encryption_key_id" UUID NOT NULL,
  "backup_enabled" BOOLEAN DEFAULT false NOT NULL,
  "status" ENUM('active', 'inactive') DEFAULT 'active' NOT NULL,
  "login_digest" VARCHAR,
  "rotated_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("credential_id"),
  CHECK (length("login_number") <= 255),
  CHECK (length("password") <= 1024),
  CHECK (length("login_digest") <= 64)
)
;
CREATE TABLE IF NOT EXISTS "user_preferences" (
  "user_id" UUID NOT NULL,
  "theme" ENUM('dark', 'light') DEFAULT 'dark' NOT NULL,
  "chart_type" ENUM('candle', 'line', 'bar') DEFAULT 'candle' NOT NULL,
  "notifications_enabled" BOOLEAN DEFAULT true NOT NULL,
  "language" VARCHAR DEFAULT 'en' NOT NULL,
  "auto_close_trades" BOOLEAN DEFAULT false NOT NULL,
  "trade_confirmation" BOOLEAN DEFAULT true NOT NULL,
  "zone" VARCHAR,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("user_id"),
  CHECK (length("language") <= 5),
  CHECK (length("zone") <= 64)
)
;
CREATE TABLE IF NOT EXISTS "audit_log" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "actor" VARCHAR DEFAULT '' NOT NULL,
  "action" VARCHAR NOT NULL,
  "resource_type" VARCHAR NOT NULL,
  "resource_id" VARCHAR,
  "old_values" JSON,
  "new_values" JSON,
  "ip_address" VARCHAR,
  "user_agent" VARCHAR,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (version = 1),
  CHECK (length("actor") <= 255),
  CHECK (length("action") <= 100),
  CHECK (length("resource_type") <= 50),
  CHECK (length("resource_id") <= 100)
)
;
ALTER TABLE "schema_migrations" ALTER COLUMN "applied_at" SET DEFAULT now()
;
CREATE TABLE IF NOT EXISTS "broker_connections" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "credential_id" UUID,
  "name" VARCHAR DEFAULT '' NOT NULL,
  "kind" VARCHAR DEFAULT 'mt5' NOT NULL,
  "sync_status" ENUM('never', 'running', 'ok', 'failed', 'disabled') DEFAULT 'never' NOT NULL,
  "last_synced_at" TIMESTAMPTZ,
  "sync_interval_sec" INTEGER DEFAULT 300 NOT NULL,
  "cursor" VARCHAR,
  "last_error" VARCHAR,
  "settings" JSON DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (sync_interval_sec > 0),
  CHECK (length("name") <= 100),
  CHECK (length("kind") <= 16),
  CHECK (length("cursor") <= 100)
)
;
CREATE TABLE IF NOT EXISTS "webhook_events" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "event_type" VARCHAR NOT NULL,
  "url" VARCHAR NOT NULL,
  "payload" JSON DEFAULT '{}' NOT NULL,
  "status" ENUM('pending', 'delivered', 'failed', 'given_up') DEFAULT 'pending' NOT NULL,
  "attempts" INTEGER DEFAULT 0 NOT NULL,
  "max_attempts" INTEGER DEFAULT 10 NOT NULL,
  "next_attempt_at" TIMESTAMPTZ,
  "delivered_at" TIMESTAMPTZ,
  "response_status" INTEGER,
  "last_error" VARCHAR,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (attempts >= 0 AND attempts <= max_attempts),
  CHECK (length("event_type") <= 64)
)
;
CREATE TABLE IF NOT EXISTS "emotion_logs" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "trade_id" UUID,
  "session_id" UUID,
  "emotion" ENUM('calm', 'confident', 'fomo', 'revenge', 'fear', 'greed', 'hope', 'frustration', 'euphoria', 'boredom', 'anxiety', 'overconfidence') NOT NULL,
  "intensity" INTEGER,
  "confidence" INTEGER,
  "followed_plan" BOOLEAN,
  "note" VARCHAR DEFAULT '' NOT NULL,
  "felt_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (intensity >= 1 AND intensity <= 5),
  CHECK (confidence >= 1 AND confidence <= 10)
)
;
CREATE TABLE IF NOT EXISTS "vocal_notes" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "trade_id" UUID,
  "session_id" UUID,
  "audio_uri" VARCHAR,
  "audio_sha256" VARCHAR,
  "duration_seconds" DOUBLE,
  "transcript" VARCHAR,
  "language" VARCHAR,
  "vss_score" DOUBLE,
  "vss_timeline" JSON DEFAULT '[]' NOT NULL,
  "recorded_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (vss_score >= 0 AND vss_score <= 100),
  CHECK (duration_seconds >= 0),
  CHECK (length("audio_sha256") <= 64),
  CHECK (isfinite("duration_seconds")),
  CHECK (length("language") <= 5),
  CHECK (isfinite("vss_score"))
)
;
CREATE TABLE IF NOT EXISTS "sessions" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ NOT NULL,
  "ended_at" TIMESTAMPTZ,
  "tilt_flag" BOOLEAN DEFAULT false NOT NULL,
  "tilt_reason" VARCHAR,
  "tilted_at" TIMESTAMPTZ,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "profit" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "note" VARCHAR DEFAULT '' NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (ended_at >= started_at),
  CHECK (trades >= 0)
)
;
CREATE TABLE IF NOT EXISTS "risk_limits" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "name" VARCHAR NOT NULL,
  "type" ENUM('daily_loss', 'max_position', 'max_leverage', 'max_drawdown', 'trailing_drawdown', 'max_open_trades', 'max_exposure', 'risk_per_trade', 'trades_per_day', 'margin_level', 'profit_target') NOT NULL,
  "limit_type" ENUM('absolute', 'percentage') NOT NULL,
  "limit_value" DECIMAL(18, 8) NOT NULL,
  "current_value" DECIMAL(18, 8) DEFAULT 0 NOT NULL,
  "is_active" BOOLEAN DEFAULT true NOT NULL,
  "action" ENUM('warn', 'block', 'close') DEFAULT 'block' NOT NULL,
  "warning_percent" DOUBLE DEFAULT 80.0 NOT NULL,
  "zone" VARCHAR DEFAULT 'UTC' NOT NULL,
  "reset_time" VARCHAR DEFAULT '00:00' NOT NULL,
  "measured_at" TIMESTAMPTZ,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  CHECK (limit_value > 0),
  CHECK (warning_percent > 0 AND warning_percent <= 100),
  CHECK (length("name") <= 255),
  CHECK (isfinite("warning_percent")),
  CHECK (length("zone") <= 64),
  CHECK (length("reset_time") <= 8)
)
;
CREATE TABLE IF NOT EXISTS "prop_firm_templates" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "firm" VARCHAR NOT NULL,
  "program" VARCHAR DEFAULT '' NOT NULL,
  "rules" JSON NOT NULL,
  "effective_from" DATE NOT NULL,
  "effective_until" DATE,
  "source" VARCHAR,
  "config_version" UBIGINT NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  CHECK (effective_until >= effective_from),
  CHECK (length("firm") <= 100),
  CHECK (length("program") <= 100),
  CHECK (length("source") <= 255)
)
;
CREATE TABLE IF NOT EXISTS "backtests" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "strategy_id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "name" VARCHAR NOT NULL,
  "status" ENUM('pending', 'running', 'completed', 'failed', 'cancelled') DEFAULT 'pending' NOT NULL,
  "progress" INTEGER DEFAULT 0 NOT NULL,
  "config" JSON DEFAULT '{}' NOT NULL,
  "results" JSON DEFAULT '{}' NOT NULL,
  "performance_metrics" JSON DEFAULT '{}' NOT NULL,
  "trades" JSON DEFAULT '[]' NOT NULL,
  "equity_curve" JSON DEFAULT '[]' NOT NULL,
  "error_message" VARCHAR,
  "started_at" TIMESTAMPTZ,
  "completed_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" UBIGINT DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CHECK (progress >= 0 AND progress <= 100),
  CHECK (completed_at >= started_at),
  CHECK (length("name") <= 255)
)
