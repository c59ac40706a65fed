DO $do$
DECLARE
  checked text := '';
BEGIN
  IF to_regprocedure('auth.uid()') IS NOT NULL THEN
    checked := 'auth.uid(), ';
  END IF;
  EXECUTE format(
    $make$
      CREATE OR REPLACE FUNCTION app_user() RETURNS uuid LANGUAGE sql STABLE AS $$
        SELECT coalesce(%s nullif(current_setting('app.current_user_id', true), '')::uuid)
      $$
    $make$, checked
  );
END $do$
;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN CREATE ROLE app NOLOGIN; END IF; END $$
;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'reporting') THEN CREATE ROLE reporting NOLOGIN; END IF; END $$
;
DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'service') THEN CREATE ROLE service NOLOGIN; END IF; END $$
;
DO $$ BEGIN EXECUTE format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', current_schema()); END $$
;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO app', current_schema()); END $$
;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO reporting', current_schema()); END $$
;
DO $$ BEGIN EXECUTE format('GRANT USAGE ON SCHEMA %I TO service', current_schema()); END $$
;
CREATE OR REPLACE FUNCTION make_partitions(
  parent text, first_time timestamptz, last_time timestamptz
) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  month timestamp := date_trunc('month', first_time AT TIME ZONE 'UTC');
  made integer := 0;
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_partitioned_table WHERE partrelid = to_regclass(quote_ident(parent))
  ) THEN
    RAISE EXCEPTION '% is not kept by month', parent;
  END IF;
  IF last_time - first_time > interval '100 years' THEN
    RAISE EXCEPTION 'more than 1200 partitions were asked for';
  END IF;
  WHILE month <= last_time AT TIME ZONE 'UTC' LOOP
    IF to_regclass(quote_ident(parent || to_char(month, '"_"YYYY"_"MM'))) IS NULL THEN
      EXECUTE format(
        'CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)',
        parent || to_char(month, '"_"YYYY"_"MM'), parent,
        month AT TIME ZONE 'UTC', (month + interval '1 month') AT TIME ZONE 'UTC'
      );
      made := made + 1;
    END IF;
    month := month + interval '1 month';
  END LOOP;
  RETURN made;
END $$
;
DO $$ BEGIN EXECUTE format('ALTER FUNCTION make_partitions(text, timestamptz, timestamptz) SET search_path = %I, pg_temp', current_schema()); END $$
;
CREATE TABLE IF NOT EXISTS "trades" (
  "trade_id" UUID NOT NULL,
  "user_id" UUID,
  "strategy_id" UUID,
  "backtest_id" UUID,
  "signal_id" UUID,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID,
  "partition" INTEGER NOT NULL,
  "symbol" VARCHAR(32) NOT NULL,
  "type" VARCHAR(64) NOT NULL,
  "order_type" VARCHAR(64) DEFAULT 'market' NOT NULL,
  "quantity" NUMERIC(18, 8) NOT NULL,
  "closed_quantity" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "price" NUMERIC(18, 8),
  "entry_price" NUMERIC(18, 8),
  "exit_price" NUMERIC(18, 8),
  "stop_loss" NUMERIC(18, 8),
  "take_profit" NUMERIC(18, 8),
  "commission" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "swap" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "profit" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "mfe" NUMERIC(18, 8),
  "mae" NUMERIC(18, 8),
  "status" VARCHAR(64) DEFAULT 'pending' NOT NULL,
  "reason_code" VARCHAR(64) DEFAULT 'NONE' NOT NULL,
  "position_ticket" BIGINT,
  "broker_trade_id" VARCHAR(64),
  "external_id" VARCHAR(100),
  "executed_at" TIMESTAMPTZ,
  "expires_at" TIMESTAMPTZ,
  "closed_at" TIMESTAMPTZ,
  "metadata" JSONB DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "updated_at" TIMESTAMPTZ,
  "version" NUMERIC(20) NOT NULL,
  "sl_pips" DOUBLE PRECISION,
  "tp_pips" DOUBLE PRECISION,
  "pips" DOUBLE PRECISION,
  "pip_value" DOUBLE PRECISION,
  "contract" DOUBLE PRECISION,
  "nights" INTEGER,
  "slippage_entry" DOUBLE PRECISION,
  "slippage_exit" DOUBLE PRECISION,
  "latency_ms" DOUBLE PRECISION,
  "spread_pips" DOUBLE PRECISION,
  "close_reason" VARCHAR(64),
  PRIMARY KEY ("trade_id"),
  UNIQUE ("broker_id", "broker_trade_id", "account_id"),
  CONSTRAINT "type_known" CHECK ("type" IN ('buy', 'sell')),
  CONSTRAINT "order_type_known" CHECK ("order_type" IN ('market', 'limit', 'stop', 'stop_limit')),
  CONSTRAINT "status_known" CHECK ("status" IN ('pending', 'executed', 'cancelled', 'rejected')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "sl_pips_finite" CHECK ("sl_pips" > '-Infinity' AND "sl_pips" < 'Infinity'),
  CONSTRAINT "tp_pips_finite" CHECK ("tp_pips" > '-Infinity' AND "tp_pips" < 'Infinity'),
  CONSTRAINT "pips_finite" CHECK ("pips" > '-Infinity' AND "pips" < 'Infinity'),
  CONSTRAINT "pip_value_finite" CHECK ("pip_value" > '-Infinity' AND "pip_value" < 'Infinity'),
  CONSTRAINT "contract_finite" CHECK ("contract" > '-Infinity' AND "contract" < 'Infinity'),
  CONSTRAINT "slippage_entry_finite" CHECK ("slippage_entry" > '-Infinity' AND "slippage_entry" < 'Infinity'),
  CONSTRAINT "slippage_exit_finite" CHECK ("slippage_exit" > '-Infinity' AND "slippage_exit" < 'Infinity'),
  CONSTRAINT "latency_ms_finite" CHECK ("latency_ms" > '-Infinity' AND "latency_ms" < 'Infinity'),
  CONSTRAINT "spread_pips_finite" CHECK ("spread_pips" > '-Infinity' AND "spread_pips" < 'Infinity'),
  CONSTRAINT "close_reason_known" CHECK ("close_reason" IN ('manual', 'ea', 'sl', 'tp', 'stop_out')),
  CONSTRAINT "quantity_positive" CHECK (quantity > 0),
  CONSTRAINT "prices_positive" CHECK (price > 0 AND stop_loss > 0 AND take_profit > 0)
)
;
CREATE INDEX IF NOT EXISTS "idx_trades_account_id" ON "trades" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_trades_user_id" ON "trades" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_trades_strategy_id" ON "trades" ("strategy_id")
;
CREATE INDEX IF NOT EXISTS "idx_trades_backtest_id" ON "trades" ("backtest_id")
;
CREATE INDEX IF NOT EXISTS "idx_trades_symbol" ON "trades" ("symbol")
;
CREATE INDEX IF NOT EXISTS "idx_trades_status" ON "trades" ("status")
;
CREATE INDEX IF NOT EXISTS "idx_trades_type" ON "trades" ("type")
;
CREATE INDEX IF NOT EXISTS "idx_trades_executed_at" ON "trades" ("executed_at")
;
CREATE INDEX IF NOT EXISTS "idx_trades_created_at" ON "trades" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_trades_user_id_symbol_executed_at" ON "trades" ("user_id", "symbol", "executed_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_trades_user_id_executed_at_some" ON "trades" ("user_id", "executed_at" DESC) WHERE status = 'executed'
;
CREATE INDEX IF NOT EXISTS "idx_trades_account_id_executed_at" ON "trades" ("account_id", "executed_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_trades_metadata" ON "trades" USING gin ("metadata")
;
COMMENT ON TABLE "trades" IS 'One row per position, from entry to exit; partial exits weighted by volume.'
;
COMMENT ON COLUMN "trades"."trade_id" IS 'The order leg that opened it.'
;
COMMENT ON COLUMN "trades"."user_id" IS 'Owner of the account.'
;
COMMENT ON COLUMN "trades"."strategy_id" IS 'The strategy; none for a trade made by hand.'
;
COMMENT ON COLUMN "trades"."backtest_id" IS 'The backtest, for a simulated trade.'
;
COMMENT ON COLUMN "trades"."signal_id" IS 'The signal that opened it.'
;
COMMENT ON COLUMN "trades"."account_id" IS 'The trading account.'
;
COMMENT ON COLUMN "trades"."broker_id" IS 'The account''s broker.'
;
COMMENT ON COLUMN "trades"."instance_id" IS 'The MT5 terminal instance that opened it.'
;
COMMENT ON COLUMN "trades"."partition" IS 'Partition of the account, 0 to 63, for life.'
;
COMMENT ON COLUMN "trades"."symbol" IS 'Symbol as the broker writes it.'
;
COMMENT ON COLUMN "trades"."type" IS 'Direction.'
;
COMMENT ON COLUMN "trades"."order_type" IS 'How an opening order is to be filled.'
;
COMMENT ON COLUMN "trades"."quantity" IS 'Volume opened. (lots)'
;
COMMENT ON COLUMN "trades"."closed_quantity" IS 'Volume closed so far. (lots)'
;
COMMENT ON COLUMN "trades"."price" IS 'Price asked for.'
;
COMMENT ON COLUMN "trades"."entry_price" IS 'Volume-weighted price of the entry.'
;
COMMENT ON COLUMN "trades"."exit_price" IS 'Volume-weighted price of the exits.'
;
COMMENT ON COLUMN "trades"."stop_loss" IS 'Stop loss.'
;
COMMENT ON COLUMN "trades"."take_profit" IS 'Take profit.'
;
COMMENT ON COLUMN "trades"."commission" IS 'Commission charged. (account currency)'
;
COMMENT ON COLUMN "trades"."swap" IS 'Swap charged. (account currency)'
;
COMMENT ON COLUMN "trades"."profit" IS 'Profit realised. (account currency)'
;
COMMENT ON COLUMN "trades"."mfe" IS 'Maximum favourable excursion. (account currency)'
;
COMMENT ON COLUMN "trades"."mae" IS 'Maximum adverse excursion. (account currency)'
;
COMMENT ON COLUMN "trades"."status" IS 'Whether it was opened.'
;
COMMENT ON COLUMN "trades"."reason_code" IS 'Why it did not fill; NONE where nothing went wrong.'
;
COMMENT ON COLUMN "trades"."position_ticket" IS 'The broker''s position ticket.'
;
COMMENT ON COLUMN "trades"."broker_trade_id" IS 'The broker''s name of the trade.'
;
COMMENT ON COLUMN "trades"."external_id" IS 'Name of the trade in another system.'
;
COMMENT ON COLUMN "trades"."executed_at" IS 'When it was opened.'
;
COMMENT ON COLUMN "trades"."expires_at" IS 'When the pending opening expires.'
;
COMMENT ON COLUMN "trades"."closed_at" IS 'When its last volume was closed.'
;
COMMENT ON COLUMN "trades"."metadata" IS 'What has no column.'
;
COMMENT ON COLUMN "trades"."created_at" IS 'When its opening was decided.'
;
COMMENT ON COLUMN "trades"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "trades"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
COMMENT ON COLUMN "trades"."sl_pips" IS 'Planned distance of the stop loss; none: no stop. (pips)'
;
COMMENT ON COLUMN "trades"."tp_pips" IS 'Planned distance of the take profit. (pips)'
;
COMMENT ON COLUMN "trades"."pips" IS 'Result. (pips)'
;
COMMENT ON COLUMN "trades"."pip_value" IS 'Value of one pip and lot. (account currency)'
;
COMMENT ON COLUMN "trades"."contract" IS 'Units of one lot.'
;
COMMENT ON COLUMN "trades"."nights" IS 'Nights it was held over.'
;
COMMENT ON COLUMN "trades"."slippage_entry" IS 'At the entry; positive is adverse. (pips)'
;
COMMENT ON COLUMN "trades"."slippage_exit" IS 'At the exit; positive is adverse. (pips)'
;
COMMENT ON COLUMN "trades"."latency_ms" IS 'From sending to the broker''s answer. (ms)'
;
COMMENT ON COLUMN "trades"."spread_pips" IS 'Spread when it was opened. (pips)'
;
COMMENT ON COLUMN "trades"."close_reason" IS 'What ended it.'
;
CREATE TABLE IF NOT EXISTS "brokers" (
  "broker_id" UUID NOT NULL,
  "key" VARCHAR(64) NOT NULL,
  "name" VARCHAR(100) NOT NULL,
  "server" VARCHAR(255) DEFAULT '' NOT NULL,
  "commission_per_lot" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "spread_type" VARCHAR(64) DEFAULT 'variable' NOT NULL,
  "margin_requirement" DOUBLE PRECISION DEFAULT 0.0 NOT NULL,
  "currency_pairs_supported" TEXT DEFAULT '' NOT NULL,
  "zone" VARCHAR(64) DEFAULT 'UTC' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("broker_id"),
  UNIQUE ("key"),
  CONSTRAINT "spread_type_known" CHECK ("spread_type" IN ('fixed', 'variable')),
  CONSTRAINT "margin_requirement_finite" CHECK ("margin_requirement" > '-Infinity' AND "margin_requirement" < 'Infinity'),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "commission_not_negative" CHECK (commission_per_lot >= 0),
  CONSTRAINT "margin_not_negative" CHECK (margin_requirement >= 0)
)
;
COMMENT ON TABLE "brokers" IS 'Brokers and the terms they trade on.'
;
COMMENT ON COLUMN "brokers"."broker_id" IS 'The broker.'
;
COMMENT ON COLUMN "brokers"."key" IS 'Name in the configuration file.'
;
COMMENT ON COLUMN "brokers"."name" IS 'Name for people.'
;
COMMENT ON COLUMN "brokers"."server" IS 'Trade server of its terminals.'
;
COMMENT ON COLUMN "brokers"."commission_per_lot" IS 'Commission a lot and side.'
;
COMMENT ON COLUMN "brokers"."spread_type" IS 'Whether its spread moves.'
;
COMMENT ON COLUMN "brokers"."margin_requirement" IS 'Share of exposure held as margin.'
;
COMMENT ON COLUMN "brokers"."currency_pairs_supported" IS 'Symbols it supports, separated by commas; empty: all its instruments.'
;
COMMENT ON COLUMN "brokers"."zone" IS 'IANA time zone of its server clock.'
;
COMMENT ON COLUMN "brokers"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "brokers"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "brokers"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "brokers"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "brokers"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "system_config" (
  "config_id" UUID NOT NULL,
  "log_level" VARCHAR(64) DEFAULT 'info' NOT NULL,
  "backup_interval_sec" INTEGER DEFAULT 86400 NOT NULL,
  "max_log_size_mb" DOUBLE PRECISION DEFAULT 100 NOT NULL,
  "cache_size_mb" DOUBLE PRECISION DEFAULT 512 NOT NULL,
  "sync_interval_sec" INTEGER DEFAULT 1 NOT NULL,
  "audit_retention_days" INTEGER DEFAULT 2557 NOT NULL,
  "base_currency" VARCHAR(10) DEFAULT 'USD' NOT NULL,
  "exposure_limit" NUMERIC(18, 8),
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("config_id"),
  CONSTRAINT "log_level_known" CHECK ("log_level" IN ('debug', 'info', 'warn', 'error')),
  CONSTRAINT "max_log_size_mb_finite" CHECK ("max_log_size_mb" > '-Infinity' AND "max_log_size_mb" < 'Infinity'),
  CONSTRAINT "cache_size_mb_finite" CHECK ("cache_size_mb" > '-Infinity' AND "cache_size_mb" < 'Infinity'),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "intervals_positive" CHECK (backup_interval_sec > 0 AND sync_interval_sec > 0),
  CONSTRAINT "sizes_positive" CHECK (max_log_size_mb > 0 AND cache_size_mb > 0),
  CONSTRAINT "audit_retention_lawful" CHECK (audit_retention_days >= 1096)
)
;
COMMENT ON TABLE "system_config" IS 'Settings of the system as a whole.'
;
COMMENT ON COLUMN "system_config"."config_id" IS 'The setting.'
;
COMMENT ON COLUMN "system_config"."log_level" IS 'From which severity on it logs.'
;
COMMENT ON COLUMN "system_config"."backup_interval_sec" IS 'Time between backups. (s)'
;
COMMENT ON COLUMN "system_config"."max_log_size_mb" IS 'Size of a log at which a new begins. (MB)'
;
COMMENT ON COLUMN "system_config"."cache_size_mb" IS 'Memory of Redis. (MB)'
;
COMMENT ON COLUMN "system_config"."sync_interval_sec" IS 'Time between writes to stores. (s)'
;
COMMENT ON COLUMN "system_config"."audit_retention_days" IS 'Days the audit is kept. (days)'
;
COMMENT ON COLUMN "system_config"."base_currency" IS 'Currency of totals over accounts.'
;
COMMENT ON COLUMN "system_config"."exposure_limit" IS 'Most exposure of all accounts. (base currency)'
;
COMMENT ON COLUMN "system_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "system_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "system_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "system_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "users" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "email" VARCHAR(255) NOT NULL,
  "username" VARCHAR(100) NOT NULL,
  "password_hash" VARCHAR(255) NOT NULL,
  "first_name" VARCHAR(100),
  "last_name" VARCHAR(100),
  "role" VARCHAR(50) DEFAULT 'user' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "email_verified" BOOLEAN DEFAULT false NOT NULL,
  "two_factor_enabled" BOOLEAN DEFAULT false NOT NULL,
  "two_factor_secret" VARCHAR(255),
  "api_key_hash" VARCHAR(255),
  "preferences" JSONB DEFAULT '{}' NOT NULL,
  "last_login" TIMESTAMPTZ,
  "kyc_status" VARCHAR(64) DEFAULT 'none' NOT NULL,
  "kyc_checked_at" TIMESTAMPTZ,
  "country" VARCHAR(2),
  "failed_logins" INTEGER DEFAULT 0 NOT NULL,
  "locked_until" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  UNIQUE ("email"),
  UNIQUE ("username"),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive', 'suspended', 'pending')),
  CONSTRAINT "kyc_status_known" CHECK ("kyc_status" IN ('none', 'pending', 'approved', 'rejected', 'expired')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "failed_logins_not_negative" CHECK (failed_logins >= 0)
)
;
CREATE INDEX IF NOT EXISTS "idx_users_role" ON "users" ("role")
;
CREATE INDEX IF NOT EXISTS "idx_users_status" ON "users" ("status")
;
CREATE INDEX IF NOT EXISTS "idx_users_created_at" ON "users" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_users_deleted_at_some" ON "users" ("deleted_at") WHERE deleted_at IS NOT NULL
;
CREATE INDEX IF NOT EXISTS "idx_users_preferences" ON "users" USING gin ("preferences")
;
COMMENT ON TABLE "users" IS 'Who may log in.'
;
COMMENT ON COLUMN "users"."id" IS 'The user.'
;
COMMENT ON COLUMN "users"."email" IS 'Address to write to.'
;
COMMENT ON COLUMN "users"."username" IS 'Name to log in with.'
;
COMMENT ON COLUMN "users"."password_hash" IS 'Hash of the password.'
;
COMMENT ON COLUMN "users"."first_name" IS 'First name.'
;
COMMENT ON COLUMN "users"."last_name" IS 'Last name.'
;
COMMENT ON COLUMN "users"."role" IS 'Name of a role of user_role.'
;
COMMENT ON COLUMN "users"."status" IS 'Whether the user may log in.'
;
COMMENT ON COLUMN "users"."email_verified" IS 'Whether the address is theirs.'
;
COMMENT ON COLUMN "users"."two_factor_enabled" IS 'Whether a code is asked for.'
;
COMMENT ON COLUMN "users"."two_factor_secret" IS 'Secret of the codes, encrypted.'
;
COMMENT ON COLUMN "users"."api_key_hash" IS 'Hash of the key of programs.'
;
COMMENT ON COLUMN "users"."preferences" IS 'What else the user chose.'
;
COMMENT ON COLUMN "users"."last_login" IS 'When the user last logged in.'
;
COMMENT ON COLUMN "users"."kyc_status" IS 'Identity check.'
;
COMMENT ON COLUMN "users"."kyc_checked_at" IS 'When identity was checked.'
;
COMMENT ON COLUMN "users"."country" IS 'Country of residence, ISO 3166-1.'
;
COMMENT ON COLUMN "users"."failed_logins" IS 'Failed logins since the last good one.'
;
COMMENT ON COLUMN "users"."locked_until" IS 'Until when no login is let in.'
;
COMMENT ON COLUMN "users"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "users"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "users"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "users"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "user_role" (
  "role_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "name" VARCHAR(50) NOT NULL,
  "description" TEXT DEFAULT '' NOT NULL,
  "permissions" JSONB DEFAULT '[]' NOT NULL,
  "is_builtin" BOOLEAN DEFAULT false NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("role_id"),
  UNIQUE ("name"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616)
)
;
COMMENT ON TABLE "user_role" IS 'Roles, and what each may do.'
;
COMMENT ON COLUMN "user_role"."role_id" IS 'The role.'
;
COMMENT ON COLUMN "user_role"."name" IS 'Its name, as in users.role.'
;
COMMENT ON COLUMN "user_role"."description" IS 'What it is for.'
;
COMMENT ON COLUMN "user_role"."permissions" IS 'Names of what it may do, as a list.'
;
COMMENT ON COLUMN "user_role"."is_builtin" IS 'Whether it came with the system.'
;
COMMENT ON COLUMN "user_role"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "user_role"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "user_role"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "user_role"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "login_audit" (
  "login_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "username" VARCHAR(255) DEFAULT '' NOT NULL,
  "method" VARCHAR(64) DEFAULT 'password' NOT NULL,
  "outcome" VARCHAR(64) NOT NULL,
  "ip_address" INET,
  "user_agent" TEXT,
  "device_fingerprint" VARCHAR(255),
  "session_id" UUID,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("login_id"),
  CONSTRAINT "method_known" CHECK ("method" IN ('password', 'two_factor', 'api_key', 'token', 'recovery')),
  CONSTRAINT "outcome_known" CHECK ("outcome" IN ('success', 'wrong_password', 'wrong_code', 'unknown_user', 'locked', 'expired')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616)
)
;
CREATE INDEX IF NOT EXISTS "idx_login_audit_user_id" ON "login_audit" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_login_audit_user_id_created_at" ON "login_audit" ("user_id", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_login_audit_created_at" ON "login_audit" ("created_at")
;
COMMENT ON TABLE "login_audit" IS 'Every attempt to log in.'
;
COMMENT ON COLUMN "login_audit"."login_id" IS 'The attempt.'
;
COMMENT ON COLUMN "login_audit"."user_id" IS 'The user, if there is one of that name.'
;
COMMENT ON COLUMN "login_audit"."username" IS 'Name or address that was given.'
;
COMMENT ON COLUMN "login_audit"."method" IS 'How it was tried.'
;
COMMENT ON COLUMN "login_audit"."outcome" IS 'What came of it.'
;
COMMENT ON COLUMN "login_audit"."ip_address" IS 'Where it came from.'
;
COMMENT ON COLUMN "login_audit"."user_agent" IS 'Program that asked.'
;
COMMENT ON COLUMN "login_audit"."device_fingerprint" IS 'Hash of the device.'
;
COMMENT ON COLUMN "login_audit"."session_id" IS 'The session that it began.'
;
COMMENT ON COLUMN "login_audit"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "login_audit"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "schema_migrations" (
  "version" VARCHAR(255) NOT NULL,
  "name" VARCHAR(255) NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "applied_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  PRIMARY KEY ("version")
)
;
COMMENT ON TABLE "schema_migrations" IS 'Migrations applied to this store.'
;
COMMENT ON COLUMN "schema_migrations"."version" IS 'Number of the migration.'
;
COMMENT ON COLUMN "schema_migrations"."name" IS 'Its name.'
;
COMMENT ON COLUMN "schema_migrations"."checksum" IS 'SHA-256 of its statements when it was applied.'
;
COMMENT ON COLUMN "schema_migrations"."applied_at" IS 'When it was applied.'
;
CREATE TABLE IF NOT EXISTS "sync_logs" (
  "id" UUID NOT NULL,
  "broker_connection_id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "status" VARCHAR(64) DEFAULT 'ok' NOT NULL,
  "new_count" INTEGER DEFAULT 0 NOT NULL,
  "duplicate_count" INTEGER DEFAULT 0 NOT NULL,
  "updated_count" INTEGER DEFAULT 0 NOT NULL,
  "error_count" INTEGER DEFAULT 0 NOT NULL,
  "errors" JSONB DEFAULT '[]' NOT NULL,
  "from_time" TIMESTAMPTZ,
  "to_time" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "status_known" CHECK ("status" IN ('never', 'running', 'ok', 'failed', 'disabled')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "counts_not_negative" CHECK (new_count >= 0 AND duplicate_count >= 0 AND updated_count >= 0 AND error_count >= 0)
)
;
CREATE INDEX IF NOT EXISTS "idx_sync_logs_user_id" ON "sync_logs" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_sync_logs_broker_connection_id_created_at" ON "sync_logs" ("broker_connection_id", "created_at" DESC)
;
COMMENT ON TABLE "sync_logs" IS 'Every reading of a broker''s history: what was new, known and wrong.'
;
COMMENT ON COLUMN "sync_logs"."id" IS 'The reading.'
;
COMMENT ON COLUMN "sync_logs"."broker_connection_id" IS 'The connection that was read.'
;
COMMENT ON COLUMN "sync_logs"."user_id" IS 'Whose it is.'
;
COMMENT ON COLUMN "sync_logs"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "sync_logs"."status" IS 'What came of it.'
;
COMMENT ON COLUMN "sync_logs"."new_count" IS 'Trades that were new.'
;
COMMENT ON COLUMN "sync_logs"."duplicate_count" IS 'Trades that were known.'
;
COMMENT ON COLUMN "sync_logs"."updated_count" IS 'Known trades that had changed.'
;
COMMENT ON COLUMN "sync_logs"."error_count" IS 'Trades that were refused.'
;
COMMENT ON COLUMN "sync_logs"."errors" IS 'Refused trades, each with its reason.'
;
COMMENT ON COLUMN "sync_logs"."from_time" IS 'Oldest moment that was asked for.'
;
COMMENT ON COLUMN "sync_logs"."to_time" IS 'Newest moment that was asked for.'
;
COMMENT ON COLUMN "sync_logs"."created_at" IS 'When it began.'
;
COMMENT ON COLUMN "sync_logs"."finished_at" IS 'When it ended.'
;
COMMENT ON COLUMN "sync_logs"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "daily_snapshots" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "date" DATE NOT NULL,
  "zone" VARCHAR(64) NOT NULL,
  "day_start" TIMESTAMPTZ NOT NULL,
  "day_end" TIMESTAMPTZ NOT NULL,
  "currency" VARCHAR(10) NOT NULL,
  "balance_open" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "balance" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "equity_open" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "equity" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "equity_low" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "equity_high" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "flow" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "daily_return" DOUBLE PRECISION,
  "benchmark_return" DOUBLE PRECISION,
  "profit" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "gross_profit" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "gross_loss" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "commission" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "swap" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "wins" INTEGER DEFAULT 0 NOT NULL,
  "losses" INTEGER DEFAULT 0 NOT NULL,
  "opened" INTEGER DEFAULT 0 NOT NULL,
  "volume" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "best_trade" NUMERIC(18, 8),
  "worst_trade" NUMERIC(18, 8),
  "margin_used" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "open_positions" INTEGER DEFAULT 0 NOT NULL,
  "peak_equity" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "daily_loss" NUMERIC(18, 8),
  "daily_loss_reference" NUMERIC(18, 8),
  "daily_loss_limit" NUMERIC(18, 8),
  "drawdown" NUMERIC(18, 8),
  "drawdown_limit" NUMERIC(18, 8),
  "soft_breaches" INTEGER DEFAULT 0 NOT NULL,
  "hard_breaches" INTEGER DEFAULT 0 NOT NULL,
  "is_final" BOOLEAN DEFAULT false NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  UNIQUE ("account_id", "date", "zone"),
  CONSTRAINT "daily_return_finite" CHECK ("daily_return" > '-Infinity' AND "daily_return" < 'Infinity'),
  CONSTRAINT "benchmark_return_finite" CHECK ("benchmark_return" > '-Infinity' AND "benchmark_return" < 'Infinity'),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "equity_ordered" CHECK (equity_low <= equity_high),
  CONSTRAINT "wins_and_losses" CHECK (wins >= 0 AND losses >= 0 AND wins + losses <= trades),
  CONSTRAINT "day_ordered" CHECK (day_start < day_end)
)
;
CREATE INDEX IF NOT EXISTS "idx_daily_snapshots_account_id_date" ON "daily_snapshots" ("account_id", "date" DESC)
;
COMMENT ON TABLE "daily_snapshots" IS 'What each day brought each account, in one row.'
;
COMMENT ON COLUMN "daily_snapshots"."id" IS 'Made from account, date and zone.'
;
COMMENT ON COLUMN "daily_snapshots"."account_id" IS 'The trading account.'
;
COMMENT ON COLUMN "daily_snapshots"."user_id" IS 'Owner of the account.'
;
COMMENT ON COLUMN "daily_snapshots"."date" IS 'The day, in the zone.'
;
COMMENT ON COLUMN "daily_snapshots"."zone" IS 'IANA time zone of the day: UTC, or the account''s or firm''s.'
;
COMMENT ON COLUMN "daily_snapshots"."day_start" IS 'First moment of the day, in UTC.'
;
COMMENT ON COLUMN "daily_snapshots"."day_end" IS 'First moment of the next day, in UTC.'
;
COMMENT ON COLUMN "daily_snapshots"."currency" IS 'Account currency.'
;
COMMENT ON COLUMN "daily_snapshots"."balance_open" IS 'Balance at the start, after the day''s flow. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."balance" IS 'Balance at the end. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."equity_open" IS 'Equity at the start, after the day''s flow. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."equity" IS 'Equity at the end. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."equity_low" IS 'Lowest equity of the day, floating losses included. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."equity_high" IS 'Highest equity of the day. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."flow" IS 'Deposits less withdrawals, counted at the start. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."daily_return" IS 'equity / equity_open - 1; none where that is undefined.'
;
COMMENT ON COLUMN "daily_snapshots"."benchmark_return" IS 'The benchmark''s return of the day.'
;
COMMENT ON COLUMN "daily_snapshots"."profit" IS 'Profit realised, after costs. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."gross_profit" IS 'Sum of the trades that won, after costs. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."gross_loss" IS 'Sum of the trades that lost, after costs; not positive. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."commission" IS 'Commission and fees. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."swap" IS 'Swap. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."trades" IS 'Trades closed.'
;
COMMENT ON COLUMN "daily_snapshots"."wins" IS 'Of them, with a profit.'
;
COMMENT ON COLUMN "daily_snapshots"."losses" IS 'Of them, with a loss.'
;
COMMENT ON COLUMN "daily_snapshots"."opened" IS 'Trades opened.'
;
COMMENT ON COLUMN "daily_snapshots"."volume" IS 'Volume closed. (lots)'
;
COMMENT ON COLUMN "daily_snapshots"."best_trade" IS 'Best trade, after costs. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."worst_trade" IS 'Worst trade, after costs. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."margin_used" IS 'Most margin in use. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."open_positions" IS 'Positions open at the end.'
;
COMMENT ON COLUMN "daily_snapshots"."peak_equity" IS 'Highest equity ever, up to the end. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."daily_loss" IS 'Reference less equity_low; not negative. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."daily_loss_reference" IS 'What the firm''s loss counts from. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."daily_loss_limit" IS 'Most loss of the day that is allowed. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."drawdown" IS 'Most fall below the firm''s reference. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."drawdown_limit" IS 'Most fall that is allowed. (account currency)'
;
COMMENT ON COLUMN "daily_snapshots"."soft_breaches" IS 'Rules that were neared.'
;
COMMENT ON COLUMN "daily_snapshots"."hard_breaches" IS 'Rules that were broken.'
;
COMMENT ON COLUMN "daily_snapshots"."is_final" IS 'Whether the day was over when it was built.'
;
COMMENT ON COLUMN "daily_snapshots"."created_at" IS 'When it was built.'
;
COMMENT ON COLUMN "daily_snapshots"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "kpi_snapshots" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "date" DATE NOT NULL,
  "zone" VARCHAR(64) NOT NULL,
  "kpi_window" VARCHAR(16) NOT NULL,
  "kpis" JSONB NOT NULL,
  "days" INTEGER DEFAULT 0 NOT NULL,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "is_small_sample" BOOLEAN DEFAULT false NOT NULL,
  "is_ruined" BOOLEAN DEFAULT false NOT NULL,
  "parameters" JSONB DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  UNIQUE ("account_id", "date", "zone", "kpi_window"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "sample_not_negative" CHECK (days >= 0 AND trades >= 0)
)
;
CREATE INDEX IF NOT EXISTS "idx_kpi_snapshots_account_id_kpi_window_date" ON "kpi_snapshots" ("account_id", "kpi_window", "date" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_kpi_snapshots_kpis" ON "kpi_snapshots" USING gin ("kpis")
;
COMMENT ON TABLE "kpi_snapshots" IS 'All KPIs of each account, as of each day, over each window.'
;
COMMENT ON COLUMN "kpi_snapshots"."id" IS 'Made from account, date, zone and window.'
;
COMMENT ON COLUMN "kpi_snapshots"."account_id" IS 'The trading account.'
;
COMMENT ON COLUMN "kpi_snapshots"."user_id" IS 'Owner of the account.'
;
COMMENT ON COLUMN "kpi_snapshots"."date" IS 'The day, in the zone.'
;
COMMENT ON COLUMN "kpi_snapshots"."zone" IS 'IANA time zone of the day: UTC, or the account''s or firm''s.'
;
COMMENT ON COLUMN "kpi_snapshots"."kpi_window" IS 'Days it looks back: all, year, 30d, ...'
;
COMMENT ON COLUMN "kpi_snapshots"."kpis" IS 'Value by id of the KPI; null where it is undefined.'
;
COMMENT ON COLUMN "kpi_snapshots"."days" IS 'Days with a return in the window.'
;
COMMENT ON COLUMN "kpi_snapshots"."trades" IS 'Trades closed in the window.'
;
COMMENT ON COLUMN "kpi_snapshots"."is_small_sample" IS 'Under 20 days or 30 trades: noise.'
;
COMMENT ON COLUMN "kpi_snapshots"."is_ruined" IS 'Whether a day lost everything.'
;
COMMENT ON COLUMN "kpi_snapshots"."parameters" IS 'Rates and conventions it was made with.'
;
COMMENT ON COLUMN "kpi_snapshots"."created_at" IS 'When it was built.'
;
COMMENT ON COLUMN "kpi_snapshots"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "whale_events" (
  "id" UUID NOT NULL,
  "user_id" UUID,
  "symbol" VARCHAR(32) NOT NULL,
  "source" VARCHAR(64) DEFAULT '' NOT NULL,
  "direction" VARCHAR(8) DEFAULT 'unknown' NOT NULL,
  "volume" DOUBLE PRECISION,
  "notional" DOUBLE PRECISION,
  "price" NUMERIC(18, 8),
  "score" DOUBLE PRECISION,
  "correlated_trade_ids" JSONB DEFAULT '[]' NOT NULL,
  "details" JSONB DEFAULT '{}' NOT NULL,
  "occurred_at" TIMESTAMPTZ NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "volume_finite" CHECK ("volume" > '-Infinity' AND "volume" < 'Infinity'),
  CONSTRAINT "notional_finite" CHECK ("notional" > '-Infinity' AND "notional" < 'Infinity'),
  CONSTRAINT "score_finite" CHECK ("score" > '-Infinity' AND "score" < 'Infinity'),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "score_in_range" CHECK (score >= 0 AND score <= 100)
)
;
CREATE INDEX IF NOT EXISTS "idx_whale_events_user_id" ON "whale_events" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_whale_events_symbol_occurred_at" ON "whale_events" ("symbol", "occurred_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_whale_events_correlated_trade_ids" ON "whale_events" USING gin ("correlated_trade_ids")
;
COMMENT ON TABLE "whale_events" IS 'Large orders of others, and our trades that ran with or against them.'
;
COMMENT ON COLUMN "whale_events"."id" IS 'Made from source, symbol and moment.'
;
COMMENT ON COLUMN "whale_events"."user_id" IS 'Whose trades it is matched with; none: the market''s alone.'
;
COMMENT ON COLUMN "whale_events"."symbol" IS 'Symbol.'
;
COMMENT ON COLUMN "whale_events"."source" IS 'Who saw it.'
;
COMMENT ON COLUMN "whale_events"."direction" IS 'buy, sell or unknown.'
;
COMMENT ON COLUMN "whale_events"."volume" IS 'Size, in units of the source.'
;
COMMENT ON COLUMN "whale_events"."notional" IS 'Size in money. (USD)'
;
COMMENT ON COLUMN "whale_events"."price" IS 'Price.'
;
COMMENT ON COLUMN "whale_events"."score" IS 'How unusual it is, 0 to 100.'
;
COMMENT ON COLUMN "whale_events"."correlated_trade_ids" IS 'Our trades near it, as a list.'
;
COMMENT ON COLUMN "whale_events"."details" IS 'What else the source says.'
;
COMMENT ON COLUMN "whale_events"."occurred_at" IS 'When it happened.'
;
COMMENT ON COLUMN "whale_events"."created_at" IS 'When it was stored.'
;
COMMENT ON COLUMN "whale_events"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "oracle_scores" (
  "id" UUID NOT NULL,
  "user_id" UUID,
  "account_id" UUID,
  "signal_id" UUID,
  "trade_id" UUID,
  "symbol" VARCHAR(32) NOT NULL,
  "model" VARCHAR(64) NOT NULL,
  "score" DOUBLE PRECISION NOT NULL,
  "probability" DOUBLE PRECISION,
  "features" JSONB DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "score_finite" CHECK ("score" > '-Infinity' AND "score" < 'Infinity'),
  CONSTRAINT "probability_finite" CHECK ("probability" > '-Infinity' AND "probability" < 'Infinity'),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "score_in_range" CHECK (score >= 0 AND score <= 100),
  CONSTRAINT "probability_in_range" CHECK (probability >= 0 AND probability <= 1)
)
;
CREATE INDEX IF NOT EXISTS "idx_oracle_scores_user_id" ON "oracle_scores" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_oracle_scores_symbol_created_at" ON "oracle_scores" ("symbol", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_oracle_scores_trade_id" ON "oracle_scores" ("trade_id")
;
COMMENT ON TABLE "oracle_scores" IS 'What a model thought of a trade before it was made.'
;
COMMENT ON COLUMN "oracle_scores"."id" IS 'Made from model, signal and account.'
;
COMMENT ON COLUMN "oracle_scores"."user_id" IS 'Whose trade it is; none: of a signal, for everybody.'
;
COMMENT ON COLUMN "oracle_scores"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "oracle_scores"."signal_id" IS 'The signal it is about.'
;
COMMENT ON COLUMN "oracle_scores"."trade_id" IS 'The trade that came of it.'
;
COMMENT ON COLUMN "oracle_scores"."symbol" IS 'Symbol.'
;
COMMENT ON COLUMN "oracle_scores"."model" IS 'Model and its version.'
;
COMMENT ON COLUMN "oracle_scores"."score" IS 'What it thinks, 0 (do not) to 100 (do).'
;
COMMENT ON COLUMN "oracle_scores"."probability" IS 'Chance of a profit, 0 to 1.'
;
COMMENT ON COLUMN "oracle_scores"."features" IS 'What it looked at.'
;
COMMENT ON COLUMN "oracle_scores"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "oracle_scores"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "armor_breaches" (
  "id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "user_id" UUID,
  "severity" VARCHAR(64) NOT NULL,
  "rule" VARCHAR(64) NOT NULL,
  "limit_id" UUID,
  "template_id" UUID,
  "limit_value" NUMERIC(18, 8),
  "value" NUMERIC(18, 8),
  "equity" NUMERIC(18, 8),
  "reference_equity" NUMERIC(18, 8),
  "action" VARCHAR(64) DEFAULT 'warn' NOT NULL,
  "trade_id" UUID,
  "details" JSONB DEFAULT '{}' NOT NULL,
  "date" DATE NOT NULL,
  "zone" VARCHAR(64) DEFAULT 'UTC' NOT NULL,
  "created_at" TIMESTAMPTZ NOT NULL,
  "acknowledged_at" TIMESTAMPTZ,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "severity_known" CHECK ("severity" IN ('soft', 'hard')),
  CONSTRAINT "action_known" CHECK ("action" IN ('warn', 'block', 'close')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616)
)
;
CREATE INDEX IF NOT EXISTS "idx_armor_breaches_account_id" ON "armor_breaches" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_armor_breaches_account_id_created_at" ON "armor_breaches" ("account_id", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_armor_breaches_severity" ON "armor_breaches" ("severity")
;
COMMENT ON TABLE "armor_breaches" IS 'Rules of risk and of prop firms that an account came near (soft) or broke (hard).'
;
COMMENT ON COLUMN "armor_breaches"."id" IS 'Made from account, rule and moment.'
;
COMMENT ON COLUMN "armor_breaches"."account_id" IS 'The trading account.'
;
COMMENT ON COLUMN "armor_breaches"."user_id" IS 'Owner of the account.'
;
COMMENT ON COLUMN "armor_breaches"."severity" IS 'Whether it was neared or broken.'
;
COMMENT ON COLUMN "armor_breaches"."rule" IS 'The rule.'
;
COMMENT ON COLUMN "armor_breaches"."limit_id" IS 'The limit of risk_limits.'
;
COMMENT ON COLUMN "armor_breaches"."template_id" IS 'The template of the prop firm.'
;
COMMENT ON COLUMN "armor_breaches"."limit_value" IS 'The limit. (account currency or %)'
;
COMMENT ON COLUMN "armor_breaches"."value" IS 'What was measured. (that of the limit)'
;
COMMENT ON COLUMN "armor_breaches"."equity" IS 'Equity then. (account currency)'
;
COMMENT ON COLUMN "armor_breaches"."reference_equity" IS 'What the loss counts from. (account currency)'
;
COMMENT ON COLUMN "armor_breaches"."action" IS 'What was done.'
;
COMMENT ON COLUMN "armor_breaches"."trade_id" IS 'The trade that was refused or closed.'
;
COMMENT ON COLUMN "armor_breaches"."details" IS 'What else is known.'
;
COMMENT ON COLUMN "armor_breaches"."date" IS 'Day in the rule''s zone.'
;
COMMENT ON COLUMN "armor_breaches"."zone" IS 'IANA time zone of the rule.'
;
COMMENT ON COLUMN "armor_breaches"."created_at" IS 'When it was seen.'
;
COMMENT ON COLUMN "armor_breaches"."acknowledged_at" IS 'When the trader said to have seen it.'
;
COMMENT ON COLUMN "armor_breaches"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "market_data" (
  "symbol" VARCHAR(20) NOT NULL,
  "timeframe" VARCHAR(64) NOT NULL,
  "timestamp" TIMESTAMPTZ NOT NULL,
  "open_price" NUMERIC(18, 8) NOT NULL,
  "high_price" NUMERIC(18, 8) NOT NULL,
  "low_price" NUMERIC(18, 8) NOT NULL,
  "close_price" NUMERIC(18, 8) NOT NULL,
  "volume" BIGINT DEFAULT 0 NOT NULL,
  "source" VARCHAR(64) DEFAULT '' NOT NULL,
  "spread_points" INTEGER,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" NUMERIC(20) NOT NULL,
  PRIMARY KEY ("symbol", "timeframe", "timestamp"),
  CONSTRAINT "timeframe_known" CHECK ("timeframe" IN ('1m', '5m', '15m', '1h', '4h', '1d')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "prices_positive" CHECK (low_price > 0),
  CONSTRAINT "prices_ordered" CHECK (low_price <= open_price AND low_price <= close_price AND high_price >= open_price AND high_price >= close_price),
  CONSTRAINT "volume_not_negative" CHECK (volume >= 0)
) PARTITION BY RANGE ("timestamp")
;
CREATE INDEX IF NOT EXISTS "idx_market_data_timestamp" ON "market_data" ("timestamp")
;
CREATE INDEX IF NOT EXISTS "idx_market_data_symbol_timestamp" ON "market_data" ("symbol", "timestamp")
;
CREATE INDEX IF NOT EXISTS "idx_market_data_symbol_timeframe_timestamp" ON "market_data" ("symbol", "timeframe", "timestamp" DESC)
;
COMMENT ON TABLE "market_data" IS 'Bars of prices; of each symbol, length and start there is one.'
;
COMMENT ON COLUMN "market_data"."symbol" IS 'Symbol.'
;
COMMENT ON COLUMN "market_data"."timeframe" IS 'Length of the bar.'
;
COMMENT ON COLUMN "market_data"."timestamp" IS 'Start of the bar.'
;
COMMENT ON COLUMN "market_data"."open_price" IS 'First price.'
;
COMMENT ON COLUMN "market_data"."high_price" IS 'Highest price.'
;
COMMENT ON COLUMN "market_data"."low_price" IS 'Lowest price.'
;
COMMENT ON COLUMN "market_data"."close_price" IS 'Last price.'
;
COMMENT ON COLUMN "market_data"."volume" IS 'Ticks, or volume where the source has it.'
;
COMMENT ON COLUMN "market_data"."source" IS 'Who it comes from.'
;
COMMENT ON COLUMN "market_data"."spread_points" IS 'Mean spread. (points)'
;
COMMENT ON COLUMN "market_data"."created_at" IS 'When it was stored.'
;
COMMENT ON COLUMN "market_data"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
SELECT make_partitions('market_data', now() - interval '1 month', now() + interval '12 months')
;
CREATE TABLE IF NOT EXISTS "instances" (
  "instance_id" UUID NOT NULL,
  "key" VARCHAR(64) NOT NULL,
  "broker_id" UUID NOT NULL,
  "driver" VARCHAR(16) NOT NULL,
  "path" VARCHAR(255) DEFAULT '' NOT NULL,
  "cpu_limit_percent" DOUBLE PRECISION,
  "memory_limit_mb" DOUBLE PRECISION,
  "settings" JSONB DEFAULT '{}' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("instance_id"),
  UNIQUE ("key"),
  CONSTRAINT "cpu_limit_percent_finite" CHECK ("cpu_limit_percent" > '-Infinity' AND "cpu_limit_percent" < 'Infinity'),
  CONSTRAINT "memory_limit_mb_finite" CHECK ("memory_limit_mb" > '-Infinity' AND "memory_limit_mb" < 'Infinity'),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "cpu_limit_in_range" CHECK (cpu_limit_percent >= 0),
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE RESTRICT
)
;
CREATE INDEX IF NOT EXISTS "idx_instances_broker_id" ON "instances" ("broker_id")
;
COMMENT ON TABLE "instances" IS 'MT5 terminal instances.'
;
COMMENT ON COLUMN "instances"."instance_id" IS 'The instance.'
;
COMMENT ON COLUMN "instances"."key" IS 'Name in the configuration file.'
;
COMMENT ON COLUMN "instances"."broker_id" IS 'Broker it is connected to.'
;
COMMENT ON COLUMN "instances"."driver" IS 'What stands behind it: simulated or mt5.'
;
COMMENT ON COLUMN "instances"."path" IS 'Installation path of the terminal.'
;
COMMENT ON COLUMN "instances"."cpu_limit_percent" IS 'Most CPU it may use. (%)'
;
COMMENT ON COLUMN "instances"."memory_limit_mb" IS 'Most memory it may use. (MB)'
;
COMMENT ON COLUMN "instances"."settings" IS 'Settings of its driver.'
;
COMMENT ON COLUMN "instances"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "instances"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "instances"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "instances"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "instances"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "strategies" (
  "id" UUID NOT NULL,
  "key" VARCHAR(64) NOT NULL,
  "user_id" UUID,
  "name" VARCHAR(255) NOT NULL,
  "description" TEXT DEFAULT '' NOT NULL,
  "type" VARCHAR(64) DEFAULT 'manual' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'draft' NOT NULL,
  "config" JSONB DEFAULT '{}' NOT NULL,
  "performance_metrics" JSONB DEFAULT '{}' NOT NULL,
  "tags" JSONB DEFAULT '[]' NOT NULL,
  "version" INTEGER DEFAULT 1 NOT NULL,
  "parent_strategy_id" UUID,
  "is_public" BOOLEAN DEFAULT false NOT NULL,
  "units_per_contract" DOUBLE PRECISION,
  "provider_balance" NUMERIC(18, 8),
  "provider_currency" VARCHAR(10),
  "magic" BIGINT NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  UNIQUE ("key"),
  UNIQUE ("magic"),
  CONSTRAINT "type_known" CHECK ("type" IN ('manual', 'ai_generated', 'backtested')),
  CONSTRAINT "status_known" CHECK ("status" IN ('draft', 'active', 'inactive', 'archived')),
  CONSTRAINT "units_per_contract_finite" CHECK ("units_per_contract" > '-Infinity' AND "units_per_contract" < 'Infinity'),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "version_from_one" CHECK (version >= 1),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("parent_strategy_id") REFERENCES "strategies" ON DELETE SET NULL
)
;
CREATE INDEX IF NOT EXISTS "idx_strategies_user_id" ON "strategies" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_parent_strategy_id" ON "strategies" ("parent_strategy_id")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_status" ON "strategies" ("status")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_type" ON "strategies" ("type")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_created_at" ON "strategies" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_deleted_at_some" ON "strategies" ("deleted_at") WHERE deleted_at IS NOT NULL
;
CREATE INDEX IF NOT EXISTS "idx_strategies_tags" ON "strategies" USING gin ("tags")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_config" ON "strategies" USING gin ("config")
;
CREATE INDEX IF NOT EXISTS "idx_strategies_user_id_status_created_at" ON "strategies" ("user_id", "status", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_strategies_user_id_created_at_some" ON "strategies" ("user_id", "created_at" DESC) WHERE status = 'active' AND deleted_at IS NULL
;
COMMENT ON TABLE "strategies" IS 'Strategies whose signals are traded.'
;
COMMENT ON COLUMN "strategies"."id" IS 'The strategy.'
;
COMMENT ON COLUMN "strategies"."key" IS 'Name in the configuration file.'
;
COMMENT ON COLUMN "strategies"."user_id" IS 'Its owner.'
;
COMMENT ON COLUMN "strategies"."name" IS 'Name for people.'
;
COMMENT ON COLUMN "strategies"."description" IS 'What it does.'
;
COMMENT ON COLUMN "strategies"."type" IS 'Where it comes from.'
;
COMMENT ON COLUMN "strategies"."status" IS 'Whether it is traded.'
;
COMMENT ON COLUMN "strategies"."config" IS 'Its parameters.'
;
COMMENT ON COLUMN "strategies"."performance_metrics" IS 'Figures its author gives.'
;
COMMENT ON COLUMN "strategies"."tags" IS 'List of tags.'
;
COMMENT ON COLUMN "strategies"."version" IS 'Version of its definition.'
;
COMMENT ON COLUMN "strategies"."parent_strategy_id" IS 'Strategy it was made from.'
;
COMMENT ON COLUMN "strategies"."is_public" IS 'Whether others may subscribe.'
;
COMMENT ON COLUMN "strategies"."units_per_contract" IS 'Units of one contract it publishes.'
;
COMMENT ON COLUMN "strategies"."provider_balance" IS 'Balance its volumes are made for.'
;
COMMENT ON COLUMN "strategies"."provider_currency" IS 'Currency of that balance.'
;
COMMENT ON COLUMN "strategies"."magic" IS 'High bits of the magic number of its orders.'
;
COMMENT ON COLUMN "strategies"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "strategies"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "strategies"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "strategies"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "user_config" (
  "user_id" UUID NOT NULL,
  "lot_size_type" VARCHAR(64) DEFAULT 'fixed' NOT NULL,
  "lot_size_value" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "risk_per_trade_percent" DOUBLE PRECISION DEFAULT 0.0 NOT NULL,
  "stop_loss_type" VARCHAR(64) DEFAULT 'fixed' NOT NULL,
  "take_profit_type" VARCHAR(64) DEFAULT 'fixed' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "trade_direction" VARCHAR(64) DEFAULT 'both' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "stop_loss_value" DOUBLE PRECISION,
  "take_profit_value" DOUBLE PRECISION,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("user_id"),
  CONSTRAINT "lot_size_type_known" CHECK ("lot_size_type" IN ('fixed', 'percentage')),
  CONSTRAINT "risk_per_trade_percent_finite" CHECK ("risk_per_trade_percent" > '-Infinity' AND "risk_per_trade_percent" < 'Infinity'),
  CONSTRAINT "stop_loss_type_known" CHECK ("stop_loss_type" IN ('fixed', 'atr', 'percentage')),
  CONSTRAINT "take_profit_type_known" CHECK ("take_profit_type" IN ('fixed', 'atr', 'percentage')),
  CONSTRAINT "trade_direction_known" CHECK ("trade_direction" IN ('both', 'buy', 'sell')),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "stop_loss_value_finite" CHECK ("stop_loss_value" > '-Infinity' AND "stop_loss_value" < 'Infinity'),
  CONSTRAINT "take_profit_value_finite" CHECK ("take_profit_value" > '-Infinity' AND "take_profit_value" < 'Infinity'),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "risk_per_trade_in_range" CHECK (risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100),
  CONSTRAINT "lot_size_not_negative" CHECK (lot_size_value >= 0),
  CONSTRAINT "max_open_trades_not_negative" CHECK (max_open_trades >= 0),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_user_config_status" ON "user_config" ("status")
;
COMMENT ON TABLE "user_config" IS 'What a user trades at most, over all accounts and strategies.'
;
COMMENT ON COLUMN "user_config"."user_id" IS 'The user.'
;
COMMENT ON COLUMN "user_config"."lot_size_type" IS 'Whether the lot size is lots or a share.'
;
COMMENT ON COLUMN "user_config"."lot_size_value" IS 'Lots, or % of the balance.'
;
COMMENT ON COLUMN "user_config"."risk_per_trade_percent" IS 'Risk of a trade. (% of balance)'
;
COMMENT ON COLUMN "user_config"."stop_loss_type" IS 'How stop losses are set.'
;
COMMENT ON COLUMN "user_config"."take_profit_type" IS 'How take profits are set.'
;
COMMENT ON COLUMN "user_config"."max_open_trades" IS 'Most open trades; 0: no limit.'
;
COMMENT ON COLUMN "user_config"."trade_direction" IS 'Which openings it takes.'
;
COMMENT ON COLUMN "user_config"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "user_config"."stop_loss_value" IS 'Pips, multiples of ATR, or % of the price.'
;
COMMENT ON COLUMN "user_config"."take_profit_value" IS 'Pips, multiples of ATR, or % of the price.'
;
COMMENT ON COLUMN "user_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "user_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "user_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "user_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "broker_config" (
  "broker_id" UUID NOT NULL,
  "spread_type" VARCHAR(64) DEFAULT 'variable' NOT NULL,
  "typical_spread_points" DOUBLE PRECISION,
  "max_spread_points" DOUBLE PRECISION,
  "spread_markup_points" DOUBLE PRECISION DEFAULT 0.0 NOT NULL,
  "symbol_spreads" JSONB DEFAULT '{}' NOT NULL,
  "slippage_tolerance" DOUBLE PRECISION,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("broker_id"),
  CONSTRAINT "spread_type_known" CHECK ("spread_type" IN ('fixed', 'variable')),
  CONSTRAINT "typical_spread_points_finite" CHECK ("typical_spread_points" > '-Infinity' AND "typical_spread_points" < 'Infinity'),
  CONSTRAINT "max_spread_points_finite" CHECK ("max_spread_points" > '-Infinity' AND "max_spread_points" < 'Infinity'),
  CONSTRAINT "spread_markup_points_finite" CHECK ("spread_markup_points" > '-Infinity' AND "spread_markup_points" < 'Infinity'),
  CONSTRAINT "slippage_tolerance_finite" CHECK ("slippage_tolerance" > '-Infinity' AND "slippage_tolerance" < 'Infinity'),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "spreads_not_negative" CHECK (max_spread_points >= 0 AND typical_spread_points >= 0),
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_broker_config_status" ON "broker_config" ("status")
;
CREATE INDEX IF NOT EXISTS "idx_broker_config_symbol_spreads" ON "broker_config" USING gin ("symbol_spreads")
;
COMMENT ON TABLE "broker_config" IS 'Which spreads each broker''s prices may have to be traded on.'
;
COMMENT ON COLUMN "broker_config"."broker_id" IS 'The account''s broker.'
;
COMMENT ON COLUMN "broker_config"."spread_type" IS 'Whether its spread moves.'
;
COMMENT ON COLUMN "broker_config"."typical_spread_points" IS 'Usual spread. (points)'
;
COMMENT ON COLUMN "broker_config"."max_spread_points" IS 'Widest spread to open on; none: any. (points)'
;
COMMENT ON COLUMN "broker_config"."spread_markup_points" IS 'Added to its spread. (points)'
;
COMMENT ON COLUMN "broker_config"."symbol_spreads" IS 'Widest spread in points by symbol.'
;
COMMENT ON COLUMN "broker_config"."slippage_tolerance" IS 'Most slippage to ask for. (pips)'
;
COMMENT ON COLUMN "broker_config"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "broker_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "broker_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "broker_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "broker_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "user_permission" (
  "permission_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "permission" VARCHAR(100) NOT NULL,
  "resource_type" VARCHAR(50) DEFAULT '' NOT NULL,
  "resource_id" VARCHAR(100) DEFAULT '' NOT NULL,
  "granted" BOOLEAN DEFAULT true NOT NULL,
  "granted_by" UUID,
  "expires_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("permission_id"),
  UNIQUE ("user_id", "permission", "resource_type", "resource_id"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("granted_by") REFERENCES "users" ON DELETE SET NULL
)
;
CREATE INDEX IF NOT EXISTS "idx_user_permission_granted_by" ON "user_permission" ("granted_by")
;
COMMENT ON TABLE "user_permission" IS 'What one user may do beyond, or may not do despite, their role.'
;
COMMENT ON COLUMN "user_permission"."permission_id" IS 'The permission.'
;
COMMENT ON COLUMN "user_permission"."user_id" IS 'The user.'
;
COMMENT ON COLUMN "user_permission"."permission" IS 'What it permits.'
;
COMMENT ON COLUMN "user_permission"."resource_type" IS 'Kind of what it is about; empty: all.'
;
COMMENT ON COLUMN "user_permission"."resource_id" IS 'What it is about; empty: all of the kind.'
;
COMMENT ON COLUMN "user_permission"."granted" IS 'Whether it permits or forbids.'
;
COMMENT ON COLUMN "user_permission"."granted_by" IS 'User who gave it.'
;
COMMENT ON COLUMN "user_permission"."expires_at" IS 'When it ends.'
;
COMMENT ON COLUMN "user_permission"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "user_permission"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "user_permission"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "user_permission"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "audit_log" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "actor" VARCHAR(255) DEFAULT '' NOT NULL,
  "action" VARCHAR(100) NOT NULL,
  "resource_type" VARCHAR(50) NOT NULL,
  "resource_id" VARCHAR(100),
  "old_values" JSONB,
  "new_values" JSONB,
  "ip_address" INET,
  "user_agent" TEXT,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "version_is_one" CHECK (version = 1),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE SET NULL
)
;
CREATE INDEX IF NOT EXISTS "idx_audit_log_user_id" ON "audit_log" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_audit_log_action" ON "audit_log" ("action")
;
CREATE INDEX IF NOT EXISTS "idx_audit_log_created_at" ON "audit_log" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_audit_log_resource_type_resource_id" ON "audit_log" ("resource_type", "resource_id")
;
COMMENT ON TABLE "audit_log" IS 'Who changed what in the control database: old and new values.'
;
COMMENT ON COLUMN "audit_log"."id" IS 'The change.'
;
COMMENT ON COLUMN "audit_log"."user_id" IS 'Who did it, while there is such a user.'
;
COMMENT ON COLUMN "audit_log"."actor" IS 'Who did it, in words that stay.'
;
COMMENT ON COLUMN "audit_log"."action" IS 'insert, update, delete, or what else was done.'
;
COMMENT ON COLUMN "audit_log"."resource_type" IS 'Table, or kind of what was changed.'
;
COMMENT ON COLUMN "audit_log"."resource_id" IS 'Key of the row.'
;
COMMENT ON COLUMN "audit_log"."old_values" IS 'What it was; secrets are only said to differ.'
;
COMMENT ON COLUMN "audit_log"."new_values" IS 'What it became; secrets are only said to differ.'
;
COMMENT ON COLUMN "audit_log"."ip_address" IS 'Where the request came from.'
;
COMMENT ON COLUMN "audit_log"."user_agent" IS 'Program that asked.'
;
COMMENT ON COLUMN "audit_log"."created_at" IS 'When it was done.'
;
COMMENT ON COLUMN "audit_log"."version" IS '1: a row never changes.'
;
CREATE TABLE IF NOT EXISTS "emotion_logs" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "trade_id" UUID,
  "session_id" UUID,
  "emotion" VARCHAR(64) NOT NULL,
  "intensity" INTEGER,
  "confidence" INTEGER,
  "followed_plan" BOOLEAN,
  "note" TEXT DEFAULT '' NOT NULL,
  "felt_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "emotion_known" CHECK ("emotion" IN ('calm', 'confident', 'fomo', 'revenge', 'fear', 'greed', 'hope', 'frustration', 'euphoria', 'boredom', 'anxiety', 'overconfidence')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "intensity_in_range" CHECK (intensity >= 1 AND intensity <= 5),
  CONSTRAINT "confidence_in_range" CHECK (confidence >= 1 AND confidence <= 10),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_emotion_logs_user_id" ON "emotion_logs" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_emotion_logs_user_id_created_at" ON "emotion_logs" ("user_id", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_emotion_logs_trade_id" ON "emotion_logs" ("trade_id")
;
COMMENT ON TABLE "emotion_logs" IS 'What a trader felt, about a trade or in general.'
;
COMMENT ON COLUMN "emotion_logs"."id" IS 'The entry.'
;
COMMENT ON COLUMN "emotion_logs"."user_id" IS 'The trader.'
;
COMMENT ON COLUMN "emotion_logs"."account_id" IS 'The account of the trade.'
;
COMMENT ON COLUMN "emotion_logs"."trade_id" IS 'The trade; none: in general.'
;
COMMENT ON COLUMN "emotion_logs"."session_id" IS 'The trading session.'
;
COMMENT ON COLUMN "emotion_logs"."emotion" IS 'What was felt.'
;
COMMENT ON COLUMN "emotion_logs"."intensity" IS 'How strongly, 1 to 5.'
;
COMMENT ON COLUMN "emotion_logs"."confidence" IS 'Confidence in the trade, 1 to 10.'
;
COMMENT ON COLUMN "emotion_logs"."followed_plan" IS 'Whether the trade was planned.'
;
COMMENT ON COLUMN "emotion_logs"."note" IS 'In the trader''s words.'
;
COMMENT ON COLUMN "emotion_logs"."felt_at" IS 'When it was felt; none: when it was written.'
;
COMMENT ON COLUMN "emotion_logs"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "emotion_logs"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "emotion_logs"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "emotion_logs"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "vocal_notes" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "trade_id" UUID,
  "session_id" UUID,
  "audio_uri" TEXT,
  "audio_sha256" VARCHAR(64),
  "duration_seconds" DOUBLE PRECISION,
  "transcript" TEXT,
  "language" VARCHAR(5),
  "vss_score" DOUBLE PRECISION,
  "vss_timeline" JSONB DEFAULT '[]' NOT NULL,
  "recorded_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "duration_seconds_finite" CHECK ("duration_seconds" > '-Infinity' AND "duration_seconds" < 'Infinity'),
  CONSTRAINT "vss_score_finite" CHECK ("vss_score" > '-Infinity' AND "vss_score" < 'Infinity'),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "vss_score_in_range" CHECK (vss_score >= 0 AND vss_score <= 100),
  CONSTRAINT "duration_not_negative" CHECK (duration_seconds >= 0),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_vocal_notes_user_id" ON "vocal_notes" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_vocal_notes_user_id_created_at" ON "vocal_notes" ("user_id", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_vocal_notes_vss_timeline" ON "vocal_notes" USING gin ("vss_timeline")
;
COMMENT ON TABLE "vocal_notes" IS 'Spoken notes: where the audio is, and how stressed the voice was.'
;
COMMENT ON COLUMN "vocal_notes"."id" IS 'The note.'
;
COMMENT ON COLUMN "vocal_notes"."user_id" IS 'The trader.'
;
COMMENT ON COLUMN "vocal_notes"."trade_id" IS 'The trade it is about.'
;
COMMENT ON COLUMN "vocal_notes"."session_id" IS 'The trading session.'
;
COMMENT ON COLUMN "vocal_notes"."audio_uri" IS 'Where the recording is; it is not kept here.'
;
COMMENT ON COLUMN "vocal_notes"."audio_sha256" IS 'SHA-256 of the recording, in hex.'
;
COMMENT ON COLUMN "vocal_notes"."duration_seconds" IS 'Length. (s)'
;
COMMENT ON COLUMN "vocal_notes"."transcript" IS 'What was said.'
;
COMMENT ON COLUMN "vocal_notes"."language" IS 'Language, as en or de-CH.'
;
COMMENT ON COLUMN "vocal_notes"."vss_score" IS 'Vocal stress score, 0 to 100.'
;
COMMENT ON COLUMN "vocal_notes"."vss_timeline" IS 'List of {timestamp, score}.'
;
COMMENT ON COLUMN "vocal_notes"."recorded_at" IS 'When it was spoken.'
;
COMMENT ON COLUMN "vocal_notes"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "vocal_notes"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "vocal_notes"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "vocal_notes"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "sessions" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ NOT NULL,
  "ended_at" TIMESTAMPTZ,
  "tilt_flag" BOOLEAN DEFAULT false NOT NULL,
  "tilt_reason" TEXT,
  "tilted_at" TIMESTAMPTZ,
  "trades" INTEGER DEFAULT 0 NOT NULL,
  "profit" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "note" TEXT DEFAULT '' NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "times_ordered" CHECK (ended_at >= started_at),
  CONSTRAINT "trades_not_negative" CHECK (trades >= 0),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_sessions_user_id" ON "sessions" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_sessions_user_id_started_at" ON "sessions" ("user_id", "started_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_sessions_user_id_some" ON "sessions" ("user_id") WHERE tilt_flag
;
COMMENT ON TABLE "sessions" IS 'Trading sessions: from sitting down to getting up.'
;
COMMENT ON COLUMN "sessions"."id" IS 'The session.'
;
COMMENT ON COLUMN "sessions"."user_id" IS 'The trader.'
;
COMMENT ON COLUMN "sessions"."started_at" IS 'When it began.'
;
COMMENT ON COLUMN "sessions"."ended_at" IS 'When it ended; none while it lasts.'
;
COMMENT ON COLUMN "sessions"."tilt_flag" IS 'Whether it shows tilt.'
;
COMMENT ON COLUMN "sessions"."tilt_reason" IS 'What shows it.'
;
COMMENT ON COLUMN "sessions"."tilted_at" IS 'When it began to show.'
;
COMMENT ON COLUMN "sessions"."trades" IS 'Trades opened in it.'
;
COMMENT ON COLUMN "sessions"."profit" IS 'Profit realised in it. (base currency)'
;
COMMENT ON COLUMN "sessions"."note" IS 'In the trader''s words.'
;
COMMENT ON COLUMN "sessions"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "sessions"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "sessions"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "sessions"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "prop_firm_templates" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID,
  "firm" VARCHAR(100) NOT NULL,
  "program" VARCHAR(100) DEFAULT '' NOT NULL,
  "rules" JSONB NOT NULL,
  "effective_from" DATE NOT NULL,
  "effective_until" DATE,
  "source" VARCHAR(255),
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "days_ordered" CHECK (effective_until >= effective_from),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_prop_firm_templates_user_id" ON "prop_firm_templates" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_prop_firm_templates_firm_effective_from" ON "prop_firm_templates" ("firm", "effective_from" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_prop_firm_templates_rules" ON "prop_firm_templates" USING gin ("rules")
;
COMMENT ON TABLE "prop_firm_templates" IS 'Rules of prop firms, as of a day; accounts take theirs from one.'
;
COMMENT ON COLUMN "prop_firm_templates"."id" IS 'The template.'
;
COMMENT ON COLUMN "prop_firm_templates"."user_id" IS 'Who made it; none: it came with the system, for everybody.'
;
COMMENT ON COLUMN "prop_firm_templates"."firm" IS 'The firm.'
;
COMMENT ON COLUMN "prop_firm_templates"."program" IS 'Its program, phase and size of account.'
;
COMMENT ON COLUMN "prop_firm_templates"."rules" IS 'Its rules: limits, zone and time of the reset, and what counts.'
;
COMMENT ON COLUMN "prop_firm_templates"."effective_from" IS 'First day on which they hold.'
;
COMMENT ON COLUMN "prop_firm_templates"."effective_until" IS 'Last day on which they hold.'
;
COMMENT ON COLUMN "prop_firm_templates"."source" IS 'Where they are written.'
;
COMMENT ON COLUMN "prop_firm_templates"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "prop_firm_templates"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "prop_firm_templates"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "prop_firm_templates"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "accounts" (
  "account_id" UUID NOT NULL,
  "key" VARCHAR(64) NOT NULL,
  "user_id" UUID,
  "broker_id" UUID NOT NULL,
  "instance_id" UUID NOT NULL,
  "partition" INTEGER NOT NULL,
  "account_type" VARCHAR(64) DEFAULT 'demo' NOT NULL,
  "currency" VARCHAR(10) NOT NULL,
  "leverage" DOUBLE PRECISION NOT NULL,
  "balance" NUMERIC(18, 8),
  "equity" NUMERIC(18, 8),
  "prop_firm_rules" JSONB DEFAULT '{}' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "risk_limits" JSONB DEFAULT '{}' NOT NULL,
  "prop_firm_template_id" UUID,
  "reporting_zone" VARCHAR(64) DEFAULT 'UTC' NOT NULL,
  PRIMARY KEY ("account_id"),
  UNIQUE ("key"),
  CONSTRAINT "account_type_known" CHECK ("account_type" IN ('demo', 'live')),
  CONSTRAINT "leverage_finite" CHECK ("leverage" > '-Infinity' AND "leverage" < 'Infinity'),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "partition_in_range" CHECK ("partition" >= 0 AND "partition" < 64),
  CONSTRAINT "leverage_positive" CHECK (leverage > 0),
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE RESTRICT,
  FOREIGN KEY ("instance_id") REFERENCES "instances" ON DELETE RESTRICT,
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE RESTRICT
)
;
CREATE INDEX IF NOT EXISTS "idx_accounts_broker_id" ON "accounts" ("broker_id")
;
CREATE INDEX IF NOT EXISTS "idx_accounts_instance_id" ON "accounts" ("instance_id")
;
CREATE INDEX IF NOT EXISTS "idx_accounts_user_id" ON "accounts" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_accounts_prop_firm_rules" ON "accounts" USING gin ("prop_firm_rules")
;
COMMENT ON TABLE "accounts" IS 'Trading accounts.'
;
COMMENT ON COLUMN "accounts"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "accounts"."key" IS 'Name in the configuration file.'
;
COMMENT ON COLUMN "accounts"."user_id" IS 'Its owner.'
;
COMMENT ON COLUMN "accounts"."broker_id" IS 'Its broker.'
;
COMMENT ON COLUMN "accounts"."instance_id" IS 'Terminal instance that trades it.'
;
COMMENT ON COLUMN "accounts"."partition" IS 'Partition of the account, 0 to 63, for life.'
;
COMMENT ON COLUMN "accounts"."account_type" IS 'Demo or real money.'
;
COMMENT ON COLUMN "accounts"."currency" IS 'Its currency.'
;
COMMENT ON COLUMN "accounts"."leverage" IS 'Leverage, as 100 for 1:100.'
;
COMMENT ON COLUMN "accounts"."balance" IS 'Balance when it was configured. (account currency)'
;
COMMENT ON COLUMN "accounts"."equity" IS 'Equity when it was configured. (account currency)'
;
COMMENT ON COLUMN "accounts"."prop_firm_rules" IS 'Rules of its prop firm.'
;
COMMENT ON COLUMN "accounts"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "accounts"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "accounts"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "accounts"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "accounts"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
COMMENT ON COLUMN "accounts"."risk_limits" IS 'Limits of its own, which narrow those of its user.'
;
COMMENT ON COLUMN "accounts"."prop_firm_template_id" IS 'Template that its prop firm''s rules come from.'
;
COMMENT ON COLUMN "accounts"."reporting_zone" IS 'IANA time zone of its daily figures.'
;
CREATE TABLE IF NOT EXISTS "instance_config" (
  "instance_id" UUID NOT NULL,
  "path" VARCHAR(255) DEFAULT '' NOT NULL,
  "cpu_limit_percent" DOUBLE PRECISION,
  "memory_limit_mb" DOUBLE PRECISION,
  "max_trades" INTEGER DEFAULT 0 NOT NULL,
  "slippage_tolerance" DOUBLE PRECISION,
  "connection_timeout_sec" INTEGER DEFAULT 60 NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "max_order_age_ms" BIGINT DEFAULT 10000 NOT NULL,
  "restart_after_sec" INTEGER DEFAULT 60 NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("instance_id"),
  CONSTRAINT "cpu_limit_percent_finite" CHECK ("cpu_limit_percent" > '-Infinity' AND "cpu_limit_percent" < 'Infinity'),
  CONSTRAINT "memory_limit_mb_finite" CHECK ("memory_limit_mb" > '-Infinity' AND "memory_limit_mb" < 'Infinity'),
  CONSTRAINT "slippage_tolerance_finite" CHECK ("slippage_tolerance" > '-Infinity' AND "slippage_tolerance" < 'Infinity'),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "max_trades_not_negative" CHECK (max_trades >= 0),
  CONSTRAINT "slippage_not_negative" CHECK (slippage_tolerance >= 0),
  CONSTRAINT "waits_positive" CHECK (connection_timeout_sec > 0 AND restart_after_sec > 0),
  CONSTRAINT "max_order_age_positive" CHECK (max_order_age_ms > 0),
  FOREIGN KEY ("instance_id") REFERENCES "instances" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_instance_config_status" ON "instance_config" ("status")
;
COMMENT ON TABLE "instance_config" IS 'What each terminal instance may use and how patient it is.'
;
COMMENT ON COLUMN "instance_config"."instance_id" IS 'The MT5 terminal instance that executes.'
;
COMMENT ON COLUMN "instance_config"."path" IS 'Installation path of the terminal.'
;
COMMENT ON COLUMN "instance_config"."cpu_limit_percent" IS 'Most CPU it may use. (%)'
;
COMMENT ON COLUMN "instance_config"."memory_limit_mb" IS 'Most memory it may use. (MB)'
;
COMMENT ON COLUMN "instance_config"."max_trades" IS 'Most open trades; 0: no limit.'
;
COMMENT ON COLUMN "instance_config"."slippage_tolerance" IS 'Most slippage it asks the broker for. (pips)'
;
COMMENT ON COLUMN "instance_config"."connection_timeout_sec" IS 'Wait for the terminal. (s)'
;
COMMENT ON COLUMN "instance_config"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "instance_config"."max_order_age_ms" IS 'Oldest order it sends. (ms)'
;
COMMENT ON COLUMN "instance_config"."restart_after_sec" IS 'Silence until it is restarted. (s)'
;
COMMENT ON COLUMN "instance_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "instance_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "instance_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "instance_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "signal_config" (
  "config_id" UUID NOT NULL,
  "user_id" UUID,
  "strategy_id" UUID,
  "entry_strategy" VARCHAR(64) DEFAULT 'breakout' NOT NULL,
  "exit_strategy" VARCHAR(64) DEFAULT 'stop_loss' NOT NULL,
  "lot_size_type" VARCHAR(64) DEFAULT 'fixed' NOT NULL,
  "lot_size_value" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "risk_per_trade_percent" DOUBLE PRECISION DEFAULT 0.0 NOT NULL,
  "trade_direction" VARCHAR(64) DEFAULT 'both' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "trailing_distance_pips" DOUBLE PRECISION,
  "allow_pyramiding" BOOLEAN DEFAULT true NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("config_id"),
  CONSTRAINT "entry_strategy_known" CHECK ("entry_strategy" IN ('breakout', 'reversal')),
  CONSTRAINT "exit_strategy_known" CHECK ("exit_strategy" IN ('stop_loss', 'trailing_stop')),
  CONSTRAINT "lot_size_type_known" CHECK ("lot_size_type" IN ('fixed', 'percentage')),
  CONSTRAINT "risk_per_trade_percent_finite" CHECK ("risk_per_trade_percent" > '-Infinity' AND "risk_per_trade_percent" < 'Infinity'),
  CONSTRAINT "trade_direction_known" CHECK ("trade_direction" IN ('both', 'buy', 'sell')),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "trailing_distance_pips_finite" CHECK ("trailing_distance_pips" > '-Infinity' AND "trailing_distance_pips" < 'Infinity'),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "risk_per_trade_in_range" CHECK (risk_per_trade_percent >= 0 AND risk_per_trade_percent <= 100),
  CONSTRAINT "lot_size_not_negative" CHECK (lot_size_value >= 0),
  CONSTRAINT "trailing_distance_positive" CHECK (trailing_distance_pips > 0),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("strategy_id") REFERENCES "strategies" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_signal_config_user_id" ON "signal_config" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_signal_config_strategy_id" ON "signal_config" ("strategy_id")
;
CREATE INDEX IF NOT EXISTS "idx_signal_config_status" ON "signal_config" ("status")
;
COMMENT ON TABLE "signal_config" IS 'How signals are taken: of one strategy, of one user, or of all.'
;
COMMENT ON COLUMN "signal_config"."config_id" IS 'The setting.'
;
COMMENT ON COLUMN "signal_config"."user_id" IS 'User it holds for; none: every user.'
;
COMMENT ON COLUMN "signal_config"."strategy_id" IS 'Strategy it holds for; none: every strategy.'
;
COMMENT ON COLUMN "signal_config"."entry_strategy" IS 'What opens.'
;
COMMENT ON COLUMN "signal_config"."exit_strategy" IS 'What closes.'
;
COMMENT ON COLUMN "signal_config"."lot_size_type" IS 'Whether the lot size is lots or a share.'
;
COMMENT ON COLUMN "signal_config"."lot_size_value" IS 'Lots, or % of the balance.'
;
COMMENT ON COLUMN "signal_config"."risk_per_trade_percent" IS 'Risk of a trade. (% of balance)'
;
COMMENT ON COLUMN "signal_config"."trade_direction" IS 'Which openings it takes.'
;
COMMENT ON COLUMN "signal_config"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "signal_config"."trailing_distance_pips" IS 'Distance of a trailing stop. (pips)'
;
COMMENT ON COLUMN "signal_config"."allow_pyramiding" IS 'Whether it adds to a position.'
;
COMMENT ON COLUMN "signal_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "signal_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "signal_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "signal_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "backtests" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "strategy_id" UUID NOT NULL,
  "user_id" UUID NOT NULL,
  "name" VARCHAR(255) NOT NULL,
  "status" VARCHAR(64) DEFAULT 'pending' NOT NULL,
  "progress" INTEGER DEFAULT 0 NOT NULL,
  "config" JSONB DEFAULT '{}' NOT NULL,
  "results" JSONB DEFAULT '{}' NOT NULL,
  "performance_metrics" JSONB DEFAULT '{}' NOT NULL,
  "trades" JSONB DEFAULT '[]' NOT NULL,
  "equity_curve" JSONB DEFAULT '[]' NOT NULL,
  "error_message" TEXT,
  "started_at" TIMESTAMPTZ,
  "completed_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "status_known" CHECK ("status" IN ('pending', 'running', 'completed', 'failed', 'cancelled')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "progress_in_range" CHECK (progress >= 0 AND progress <= 100),
  CONSTRAINT "times_ordered" CHECK (completed_at >= started_at),
  FOREIGN KEY ("strategy_id") REFERENCES "strategies" ON DELETE CASCADE,
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_backtests_strategy_id" ON "backtests" ("strategy_id")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_user_id" ON "backtests" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_status" ON "backtests" ("status")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_created_at" ON "backtests" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_completed_at" ON "backtests" ("completed_at")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_config" ON "backtests" USING gin ("config")
;
CREATE INDEX IF NOT EXISTS "idx_backtests_user_id_status_created_at" ON "backtests" ("user_id", "status", "created_at" DESC)
;
CREATE INDEX IF NOT EXISTS "idx_backtests_strategy_id_completed_at_some" ON "backtests" ("strategy_id", "completed_at" DESC) WHERE status = 'completed'
;
COMMENT ON TABLE "backtests" IS 'Runs of a strategy over past prices.'
;
COMMENT ON COLUMN "backtests"."id" IS 'The run.'
;
COMMENT ON COLUMN "backtests"."strategy_id" IS 'The strategy.'
;
COMMENT ON COLUMN "backtests"."user_id" IS 'Whose it is.'
;
COMMENT ON COLUMN "backtests"."name" IS 'Name for people.'
;
COMMENT ON COLUMN "backtests"."status" IS 'Where it is.'
;
COMMENT ON COLUMN "backtests"."progress" IS 'How far it is. (%)'
;
COMMENT ON COLUMN "backtests"."config" IS 'What it was given.'
;
COMMENT ON COLUMN "backtests"."results" IS 'What came of it.'
;
COMMENT ON COLUMN "backtests"."performance_metrics" IS 'Value by id of the KPI.'
;
COMMENT ON COLUMN "backtests"."trades" IS 'Its trades, as a list.'
;
COMMENT ON COLUMN "backtests"."equity_curve" IS 'List of {timestamp, equity}.'
;
COMMENT ON COLUMN "backtests"."error_message" IS 'Why it failed.'
;
COMMENT ON COLUMN "backtests"."started_at" IS 'When it began.'
;
COMMENT ON COLUMN "backtests"."completed_at" IS 'When it ended.'
;
COMMENT ON COLUMN "backtests"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "backtests"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "backtests"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "backtests"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "account_config" (
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "spread_type" VARCHAR(64) DEFAULT 'variable' NOT NULL,
  "commission" NUMERIC(18, 8),
  "margin_requirement" DOUBLE PRECISION,
  "leverage" DOUBLE PRECISION,
  "currency_pair" VARCHAR(32),
  "direction" VARCHAR(64) DEFAULT 'both' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "max_volume" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "max_signal_age_ms" BIGINT DEFAULT 60000 NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("account_id"),
  CONSTRAINT "spread_type_known" CHECK ("spread_type" IN ('fixed', 'variable')),
  CONSTRAINT "margin_requirement_finite" CHECK ("margin_requirement" > '-Infinity' AND "margin_requirement" < 'Infinity'),
  CONSTRAINT "leverage_finite" CHECK ("leverage" > '-Infinity' AND "leverage" < 'Infinity'),
  CONSTRAINT "direction_known" CHECK ("direction" IN ('both', 'buy', 'sell')),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "max_open_trades_not_negative" CHECK (max_open_trades >= 0),
  CONSTRAINT "max_volume_not_negative" CHECK (max_volume >= 0),
  CONSTRAINT "max_signal_age_positive" CHECK (max_signal_age_ms > 0),
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE,
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE RESTRICT
)
;
CREATE INDEX IF NOT EXISTS "idx_account_config_broker_id" ON "account_config" ("broker_id")
;
COMMENT ON TABLE "account_config" IS 'What each account trades, whatever the strategy.'
;
COMMENT ON COLUMN "account_config"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "account_config"."broker_id" IS 'Its broker.'
;
COMMENT ON COLUMN "account_config"."spread_type" IS 'Whether its spread moves.'
;
COMMENT ON COLUMN "account_config"."commission" IS 'Commission a lot and side; none: the broker''s.'
;
COMMENT ON COLUMN "account_config"."margin_requirement" IS 'Share of exposure; none: the broker''s.'
;
COMMENT ON COLUMN "account_config"."leverage" IS 'Leverage; none: the account''s.'
;
COMMENT ON COLUMN "account_config"."currency_pair" IS 'The only symbol it trades; none: all.'
;
COMMENT ON COLUMN "account_config"."direction" IS 'Which openings it takes.'
;
COMMENT ON COLUMN "account_config"."max_open_trades" IS 'Most open trades; 0: no limit.'
;
COMMENT ON COLUMN "account_config"."max_volume" IS 'Most volume of an order; 0: no limit. (lots)'
;
COMMENT ON COLUMN "account_config"."max_signal_age_ms" IS 'Oldest signal it opens on. (ms)'
;
COMMENT ON COLUMN "account_config"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "account_config"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "account_config"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "account_config"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "account_config"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "subscriptions" (
  "subscription_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "strategy_id" UUID NOT NULL,
  "direction" VARCHAR(64) DEFAULT 'both' NOT NULL,
  "sizing" VARCHAR(64) NOT NULL,
  "fixed_volume" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "multiplier" DOUBLE PRECISION DEFAULT 1.0 NOT NULL,
  "risk_percent" DOUBLE PRECISION DEFAULT 0.0 NOT NULL,
  "risk_override" BOOLEAN DEFAULT false NOT NULL,
  "max_risk_coefficient" DOUBLE PRECISION DEFAULT 1.0 NOT NULL,
  "tiny_trade" VARCHAR(64) DEFAULT 'skip' NOT NULL,
  "max_open_trades" INTEGER DEFAULT 0 NOT NULL,
  "max_volume" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "copy_stop_loss" BOOLEAN DEFAULT true NOT NULL,
  "copy_take_profit" BOOLEAN DEFAULT true NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("subscription_id"),
  UNIQUE ("account_id", "strategy_id"),
  CONSTRAINT "direction_known" CHECK ("direction" IN ('both', 'buy', 'sell')),
  CONSTRAINT "sizing_known" CHECK ("sizing" IN ('fixed', 'scaled', 'balance', 'equity', 'risk')),
  CONSTRAINT "multiplier_finite" CHECK ("multiplier" > '-Infinity' AND "multiplier" < 'Infinity'),
  CONSTRAINT "risk_percent_finite" CHECK ("risk_percent" > '-Infinity' AND "risk_percent" < 'Infinity'),
  CONSTRAINT "max_risk_coefficient_finite" CHECK ("max_risk_coefficient" > '-Infinity' AND "max_risk_coefficient" < 'Infinity'),
  CONSTRAINT "tiny_trade_known" CHECK ("tiny_trade" IN ('skip', 'force')),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "fixed_volume_not_negative" CHECK (fixed_volume >= 0),
  CONSTRAINT "multiplier_positive" CHECK (multiplier > 0),
  CONSTRAINT "risk_percent_in_range" CHECK (risk_percent >= 0 AND risk_percent <= 100),
  CONSTRAINT "max_open_trades_not_negative" CHECK (max_open_trades >= 0),
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE,
  FOREIGN KEY ("strategy_id") REFERENCES "strategies" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_subscriptions_strategy_id" ON "subscriptions" ("strategy_id")
;
COMMENT ON TABLE "subscriptions" IS 'Which account trades which strategy, and at which size.'
;
COMMENT ON COLUMN "subscriptions"."subscription_id" IS 'Made from the account and the strategy.'
;
COMMENT ON COLUMN "subscriptions"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "subscriptions"."strategy_id" IS 'The strategy.'
;
COMMENT ON COLUMN "subscriptions"."direction" IS 'Which openings it takes.'
;
COMMENT ON COLUMN "subscriptions"."sizing" IS 'How a signal becomes a volume.'
;
COMMENT ON COLUMN "subscriptions"."fixed_volume" IS 'Volume of each order, for fixed. (lots)'
;
COMMENT ON COLUMN "subscriptions"."multiplier" IS 'Factor of scaled, balance and equity.'
;
COMMENT ON COLUMN "subscriptions"."risk_percent" IS 'Risk of a trade, for risk. (% of balance)'
;
COMMENT ON COLUMN "subscriptions"."risk_override" IS 'Whether a signal may set the risk.'
;
COMMENT ON COLUMN "subscriptions"."max_risk_coefficient" IS 'Most times the wanted risk that a forced smallest volume may carry.'
;
COMMENT ON COLUMN "subscriptions"."tiny_trade" IS 'What a volume too small does.'
;
COMMENT ON COLUMN "subscriptions"."max_open_trades" IS 'Most open trades of it; 0: no limit.'
;
COMMENT ON COLUMN "subscriptions"."max_volume" IS 'Most volume of an order; 0: no limit. (lots)'
;
COMMENT ON COLUMN "subscriptions"."copy_stop_loss" IS 'Whether the stop loss is taken over.'
;
COMMENT ON COLUMN "subscriptions"."copy_take_profit" IS 'Whether the take profit is taken over.'
;
COMMENT ON COLUMN "subscriptions"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "subscriptions"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "subscriptions"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "subscriptions"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "subscriptions"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "symbol_map" (
  "mapping_id" UUID NOT NULL,
  "broker_id" UUID,
  "account_id" UUID,
  "symbol" VARCHAR(32) NOT NULL,
  "mapped_symbol" VARCHAR(32) NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("mapping_id"),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE CASCADE,
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_symbol_map_broker_id" ON "symbol_map" ("broker_id")
;
CREATE INDEX IF NOT EXISTS "idx_symbol_map_account_id" ON "symbol_map" ("account_id")
;
COMMENT ON TABLE "symbol_map" IS 'Names of symbols: from the provider''s to the broker''s, in as many steps as it takes.'
;
COMMENT ON COLUMN "symbol_map"."mapping_id" IS 'Made from scope and symbol.'
;
COMMENT ON COLUMN "symbol_map"."broker_id" IS 'Broker it holds for; none: every broker.'
;
COMMENT ON COLUMN "symbol_map"."account_id" IS 'Account it holds for; none: every account.'
;
COMMENT ON COLUMN "symbol_map"."symbol" IS 'Symbol to be replaced.'
;
COMMENT ON COLUMN "symbol_map"."mapped_symbol" IS 'Symbol that replaces it.'
;
COMMENT ON COLUMN "symbol_map"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "symbol_map"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "symbol_map"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "symbol_map"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "symbol_map"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE TABLE IF NOT EXISTS "credentials" (
  "credential_id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "instance_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "login_number" VARCHAR(255) NOT NULL,
  "password" VARCHAR(1024) NOT NULL,
  "encryption_key_id" UUID NOT NULL,
  "backup_enabled" BOOLEAN DEFAULT false NOT NULL,
  "status" VARCHAR(64) DEFAULT 'active' NOT NULL,
  "login_digest" VARCHAR(64),
  "rotated_at" TIMESTAMPTZ,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("credential_id"),
  CONSTRAINT "status_known" CHECK ("status" IN ('active', 'inactive')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  FOREIGN KEY ("instance_id") REFERENCES "instances" ON DELETE CASCADE,
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE,
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE RESTRICT
)
;
CREATE INDEX IF NOT EXISTS "idx_credentials_instance_id" ON "credentials" ("instance_id")
;
CREATE INDEX IF NOT EXISTS "idx_credentials_account_id" ON "credentials" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_credentials_broker_id" ON "credentials" ("broker_id")
;
CREATE INDEX IF NOT EXISTS "idx_credentials_login_number" ON "credentials" ("login_number")
;
CREATE INDEX IF NOT EXISTS "idx_credentials_login_digest" ON "credentials" ("login_digest")
;
COMMENT ON TABLE "credentials" IS 'Logins of terminals at brokers, encrypted by the program before they get here.'
;
COMMENT ON COLUMN "credentials"."credential_id" IS 'The credential.'
;
COMMENT ON COLUMN "credentials"."instance_id" IS 'The MT5 terminal instance that executes.'
;
COMMENT ON COLUMN "credentials"."account_id" IS 'The account it opens.'
;
COMMENT ON COLUMN "credentials"."broker_id" IS 'The broker it is for.'
;
COMMENT ON COLUMN "credentials"."login_number" IS 'Login, encrypted.'
;
COMMENT ON COLUMN "credentials"."password" IS 'Password, encrypted.'
;
COMMENT ON COLUMN "credentials"."encryption_key_id" IS 'Key it is encrypted with.'
;
COMMENT ON COLUMN "credentials"."backup_enabled" IS 'Whether PostgreSQL may hold a copy.'
;
COMMENT ON COLUMN "credentials"."status" IS 'Whether it takes part.'
;
COMMENT ON COLUMN "credentials"."login_digest" IS 'Keyed digest of the login.'
;
COMMENT ON COLUMN "credentials"."rotated_at" IS 'When it was last encrypted anew.'
;
COMMENT ON COLUMN "credentials"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "credentials"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "credentials"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "credentials"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "broker_connections" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID NOT NULL,
  "broker_id" UUID NOT NULL,
  "credential_id" UUID,
  "name" VARCHAR(100) DEFAULT '' NOT NULL,
  "kind" VARCHAR(16) DEFAULT 'mt5' NOT NULL,
  "sync_status" VARCHAR(64) DEFAULT 'never' NOT NULL,
  "last_synced_at" TIMESTAMPTZ,
  "sync_interval_sec" INTEGER DEFAULT 300 NOT NULL,
  "cursor" VARCHAR(100),
  "last_error" TEXT,
  "settings" JSONB DEFAULT '{}' NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "sync_status_known" CHECK ("sync_status" IN ('never', 'running', 'ok', 'failed', 'disabled')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "sync_interval_positive" CHECK (sync_interval_sec > 0),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE,
  FOREIGN KEY ("broker_id") REFERENCES "brokers" ON DELETE RESTRICT
)
;
CREATE INDEX IF NOT EXISTS "idx_broker_connections_user_id" ON "broker_connections" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_broker_connections_account_id" ON "broker_connections" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_broker_connections_broker_id" ON "broker_connections" ("broker_id")
;
CREATE INDEX IF NOT EXISTS "idx_broker_connections_sync_status" ON "broker_connections" ("sync_status")
;
COMMENT ON TABLE "broker_connections" IS 'Ways to read an account''s history at its broker; an account may have several.'
;
COMMENT ON COLUMN "broker_connections"."id" IS 'The connection.'
;
COMMENT ON COLUMN "broker_connections"."user_id" IS 'Whose it is.'
;
COMMENT ON COLUMN "broker_connections"."account_id" IS 'The account.'
;
COMMENT ON COLUMN "broker_connections"."broker_id" IS 'The account''s broker.'
;
COMMENT ON COLUMN "broker_connections"."credential_id" IS 'The credential; the secret itself stays there.'
;
COMMENT ON COLUMN "broker_connections"."name" IS 'Name for people.'
;
COMMENT ON COLUMN "broker_connections"."kind" IS 'What it speaks: mt5, api or file.'
;
COMMENT ON COLUMN "broker_connections"."sync_status" IS 'How reading goes.'
;
COMMENT ON COLUMN "broker_connections"."last_synced_at" IS 'When it was last read to the end.'
;
COMMENT ON COLUMN "broker_connections"."sync_interval_sec" IS 'Time between readings. (s)'
;
COMMENT ON COLUMN "broker_connections"."cursor" IS 'How far it is read.'
;
COMMENT ON COLUMN "broker_connections"."last_error" IS 'What went wrong the last time.'
;
COMMENT ON COLUMN "broker_connections"."settings" IS 'Settings of its kind, none of them secret.'
;
COMMENT ON COLUMN "broker_connections"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "broker_connections"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "broker_connections"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "broker_connections"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "webhook_events" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "event_type" VARCHAR(64) NOT NULL,
  "url" TEXT NOT NULL,
  "payload" JSONB DEFAULT '{}' NOT NULL,
  "status" VARCHAR(64) DEFAULT 'pending' NOT NULL,
  "attempts" INTEGER DEFAULT 0 NOT NULL,
  "max_attempts" INTEGER DEFAULT 10 NOT NULL,
  "next_attempt_at" TIMESTAMPTZ,
  "delivered_at" TIMESTAMPTZ,
  "response_status" INTEGER,
  "last_error" TEXT,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  "version" NUMERIC(20) DEFAULT 1 NOT NULL,
  PRIMARY KEY ("id"),
  CONSTRAINT "status_known" CHECK ("status" IN ('pending', 'delivered', 'failed', 'given_up')),
  CONSTRAINT "version_unsigned" CHECK ("version" >= 0 AND "version" < 18446744073709551616),
  CONSTRAINT "attempts_in_range" CHECK (attempts >= 0 AND attempts <= max_attempts),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_webhook_events_user_id" ON "webhook_events" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_webhook_events_account_id" ON "webhook_events" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_webhook_events_next_attempt_at_some" ON "webhook_events" ("next_attempt_at") WHERE status IN ('pending', 'failed')
;
CREATE INDEX IF NOT EXISTS "idx_webhook_events_created_at" ON "webhook_events" ("created_at")
;
CREATE INDEX IF NOT EXISTS "idx_webhook_events_payload" ON "webhook_events" USING gin ("payload")
;
COMMENT ON TABLE "webhook_events" IS 'Messages to others, each tried until it is delivered or given up.'
;
COMMENT ON COLUMN "webhook_events"."id" IS 'The message; its receiver sees it and can drop repeats.'
;
COMMENT ON COLUMN "webhook_events"."user_id" IS 'Whose it is.'
;
COMMENT ON COLUMN "webhook_events"."account_id" IS 'The account it is about.'
;
COMMENT ON COLUMN "webhook_events"."event_type" IS 'What happened.'
;
COMMENT ON COLUMN "webhook_events"."url" IS 'Where it goes.'
;
COMMENT ON COLUMN "webhook_events"."payload" IS 'What it says.'
;
COMMENT ON COLUMN "webhook_events"."status" IS 'Where it is.'
;
COMMENT ON COLUMN "webhook_events"."attempts" IS 'How often it was tried.'
;
COMMENT ON COLUMN "webhook_events"."max_attempts" IS 'How often it is tried.'
;
COMMENT ON COLUMN "webhook_events"."next_attempt_at" IS 'When it is tried next.'
;
COMMENT ON COLUMN "webhook_events"."delivered_at" IS 'When it was taken.'
;
COMMENT ON COLUMN "webhook_events"."response_status" IS 'HTTP status of the last answer.'
;
COMMENT ON COLUMN "webhook_events"."last_error" IS 'What went wrong the last time.'
;
COMMENT ON COLUMN "webhook_events"."created_at" IS 'When it was made.'
;
COMMENT ON COLUMN "webhook_events"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "webhook_events"."deleted_at" IS 'When it was removed; none while it is there.'
;
COMMENT ON COLUMN "webhook_events"."version" IS 'Rises with every change of the row; the greatest is the current row.'
;
CREATE TABLE IF NOT EXISTS "risk_limits" (
  "id" UUID DEFAULT gen_random_uuid() NOT NULL,
  "user_id" UUID NOT NULL,
  "account_id" UUID,
  "name" VARCHAR(255) NOT NULL,
  "type" VARCHAR(64) NOT NULL,
  "limit_type" VARCHAR(64) NOT NULL,
  "limit_value" NUMERIC(18, 8) NOT NULL,
  "current_value" NUMERIC(18, 8) DEFAULT 0 NOT NULL,
  "is_active" BOOLEAN DEFAULT true NOT NULL,
  "action" VARCHAR(64) DEFAULT 'block' NOT NULL,
  "warning_percent" DOUBLE PRECISION DEFAULT 80.0 NOT NULL,
  "zone" VARCHAR(64) DEFAULT 'UTC' NOT NULL,
  "reset_time" VARCHAR(8) DEFAULT '00:00' NOT NULL,
  "measured_at" TIMESTAMPTZ,
  "config_version" NUMERIC(20) NOT NULL,
  "created_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "updated_at" TIMESTAMPTZ DEFAULT now() NOT NULL,
  "deleted_at" TIMESTAMPTZ,
  PRIMARY KEY ("id"),
  CONSTRAINT "type_known" CHECK ("type" IN ('daily_loss', 'max_position', 'max_leverage', 'max_drawdown', 'trailing_drawdown', 'max_open_trades', 'max_exposure', 'risk_per_trade', 'trades_per_day', 'margin_level', 'profit_target')),
  CONSTRAINT "limit_type_known" CHECK ("limit_type" IN ('absolute', 'percentage')),
  CONSTRAINT "action_known" CHECK ("action" IN ('warn', 'block', 'close')),
  CONSTRAINT "warning_percent_finite" CHECK ("warning_percent" > '-Infinity' AND "warning_percent" < 'Infinity'),
  CONSTRAINT "config_version_unsigned" CHECK ("config_version" >= 0 AND "config_version" < 18446744073709551616),
  CONSTRAINT "limit_positive" CHECK (limit_value > 0),
  CONSTRAINT "warning_in_range" CHECK (warning_percent > 0 AND warning_percent <= 100),
  FOREIGN KEY ("user_id") REFERENCES "users" ON DELETE CASCADE,
  FOREIGN KEY ("account_id") REFERENCES "accounts" ON DELETE CASCADE
)
;
CREATE INDEX IF NOT EXISTS "idx_risk_limits_user_id" ON "risk_limits" ("user_id")
;
CREATE INDEX IF NOT EXISTS "idx_risk_limits_account_id" ON "risk_limits" ("account_id")
;
CREATE INDEX IF NOT EXISTS "idx_risk_limits_type" ON "risk_limits" ("type")
;
CREATE INDEX IF NOT EXISTS "idx_risk_limits_is_active" ON "risk_limits" ("is_active")
;
COMMENT ON TABLE "risk_limits" IS 'What a user, or one account of theirs, may risk.'
;
COMMENT ON COLUMN "risk_limits"."id" IS 'The limit.'
;
COMMENT ON COLUMN "risk_limits"."user_id" IS 'The user it binds.'
;
COMMENT ON COLUMN "risk_limits"."account_id" IS 'The account it binds; none: all of the user''s together.'
;
COMMENT ON COLUMN "risk_limits"."name" IS 'Name for people.'
;
COMMENT ON COLUMN "risk_limits"."type" IS 'What it bounds.'
;
COMMENT ON COLUMN "risk_limits"."limit_type" IS 'Whether it is an amount or a share.'
;
COMMENT ON COLUMN "risk_limits"."limit_value" IS 'The limit. (account currency, a count, or %)'
;
COMMENT ON COLUMN "risk_limits"."current_value" IS 'Last measured, in the same unit.'
;
COMMENT ON COLUMN "risk_limits"."is_active" IS 'Whether it is watched.'
;
COMMENT ON COLUMN "risk_limits"."action" IS 'What happens at it.'
;
COMMENT ON COLUMN "risk_limits"."warning_percent" IS 'Share of it that warns. (% of it)'
;
COMMENT ON COLUMN "risk_limits"."zone" IS 'IANA time zone of its day.'
;
COMMENT ON COLUMN "risk_limits"."reset_time" IS 'Start of its day, as HH:MM.'
;
COMMENT ON COLUMN "risk_limits"."measured_at" IS 'When current_value was measured.'
;
COMMENT ON COLUMN "risk_limits"."config_version" IS 'Version of the configuration that last changed the row.'
;
COMMENT ON COLUMN "risk_limits"."created_at" IS 'When it was first applied.'
;
COMMENT ON COLUMN "risk_limits"."updated_at" IS 'When it last changed.'
;
COMMENT ON COLUMN "risk_limits"."deleted_at" IS 'When it left the configuration; none while it is in it.'
;
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A writer that copies rows brings its own time along.
  IF NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END $$
;
CREATE OR REPLACE FUNCTION touch_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW IS DISTINCT FROM OLD AND NEW.version = OLD.version THEN
    NEW.version := OLD.version + 1;
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
      NEW.updated_at := now();
    END IF;
  END IF;
  RETURN NEW;
END $$
;
CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
  differs boolean;
  secret text;
  key text;
  keys text[] := '{}';
BEGIN
  IF before = after THEN
    RETURN NULL;
  END IF;
  FOREACH secret IN ARRAY string_to_array(TG_ARGV[1], ',') LOOP
    differs := before -> secret IS DISTINCT FROM after -> secret;
    IF before ->> secret IS NOT NULL THEN
      before := jsonb_set(before, ARRAY[secret], to_jsonb('[redacted]'::text));
    END IF;
    IF after ->> secret IS NOT NULL THEN
      after := jsonb_set(after, ARRAY[secret], to_jsonb(
        CASE WHEN TG_OP = 'UPDATE' AND differs THEN '[redacted, changed]' ELSE '[redacted]' END
      ));
    END IF;
  END LOOP;
  FOREACH key IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
    keys := keys || (coalesce(after, before) ->> key);
  END LOOP;
  INSERT INTO audit_log (
    user_id, actor, action, resource_type, resource_id,
    old_values, new_values, ip_address, user_agent
  ) VALUES (
    -- A user who goes is still who did it; the row can only no longer refer to them.
    (SELECT id FROM users WHERE id = app_user()),
    coalesce('user ' || app_user(), 'role ' || session_user),
    lower(TG_OP), TG_TABLE_NAME, left(array_to_string(keys, '/'), 100), before, after,
    nullif(current_setting('app.ip_address', true), '')::inet,
    nullif(current_setting('app.user_agent', true), '')
  );
  RETURN NULL;
END $$
;
DO $$ BEGIN EXECUTE format('ALTER FUNCTION audit_change() SET search_path = %I, pg_temp', current_schema()); END $$
;
CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF OLD.created_at < now() - interval '1096 days' THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    -- ON DELETE SET NULL of the user: a trigger's own update, of nothing else.
    IF pg_trigger_depth() > 1 AND NEW.user_id IS NULL
      AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id'
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'insufficient_privilege';
END $$
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "brokers" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "brokers" FOR EACH ROW EXECUTE FUNCTION audit_change('broker_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "system_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "system_config" FOR EACH ROW EXECUTE FUNCTION audit_change('config_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "users" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "users" FOR EACH ROW EXECUTE FUNCTION audit_change('id', 'password_hash,two_factor_secret,api_key_hash')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "user_role" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "user_role" FOR EACH ROW EXECUTE FUNCTION audit_change('role_id', '')
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "login_audit" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "login_audit" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "instances" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "instances" FOR EACH ROW EXECUTE FUNCTION audit_change('instance_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "strategies" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "strategies" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "user_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "user_config" FOR EACH ROW EXECUTE FUNCTION audit_change('user_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "broker_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "broker_config" FOR EACH ROW EXECUTE FUNCTION audit_change('broker_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "user_permission" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "user_permission" FOR EACH ROW EXECUTE FUNCTION audit_change('permission_id', '')
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "emotion_logs" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "emotion_logs" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "vocal_notes" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "vocal_notes" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "sessions" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "sessions" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "prop_firm_templates" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "prop_firm_templates" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "accounts" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "accounts" FOR EACH ROW EXECUTE FUNCTION audit_change('account_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "instance_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "instance_config" FOR EACH ROW EXECUTE FUNCTION audit_change('instance_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "signal_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "signal_config" FOR EACH ROW EXECUTE FUNCTION audit_change('config_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "backtests" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "backtests" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "account_config" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "account_config" FOR EACH ROW EXECUTE FUNCTION audit_change('account_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "subscriptions" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "subscriptions" FOR EACH ROW EXECUTE FUNCTION audit_change('subscription_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "symbol_map" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "symbol_map" FOR EACH ROW EXECUTE FUNCTION audit_change('mapping_id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "credentials" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "credentials" FOR EACH ROW EXECUTE FUNCTION audit_change('credential_id', 'login_number,password,login_digest')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "broker_connections" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "broker_connections" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "webhook_events" FOR EACH ROW EXECUTE FUNCTION touch_version()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "webhook_events" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
CREATE OR REPLACE TRIGGER "touch" BEFORE UPDATE ON "risk_limits" FOR EACH ROW EXECUTE FUNCTION touch()
;
CREATE OR REPLACE TRIGGER "audit" AFTER INSERT OR UPDATE OR DELETE ON "risk_limits" FOR EACH ROW EXECUTE FUNCTION audit_change('id', '')
;
REVOKE ALL ON "trades" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "trades" TO service
;
GRANT INSERT ON "trades" TO service
;
GRANT UPDATE ON "trades" TO service
;
GRANT SELECT ON "trades" TO app
;
GRANT SELECT ON "trades" TO reporting
;
ALTER TABLE "trades" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "trades" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "trades"
;
CREATE POLICY read_own ON "trades" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "trades"
;
CREATE POLICY serve_all ON "trades" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "brokers" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "brokers" TO service
;
GRANT INSERT ON "brokers" TO service
;
GRANT UPDATE ON "brokers" TO service
;
GRANT DELETE ON "brokers" TO service
;
GRANT SELECT ON "brokers" TO app
;
GRANT SELECT ON "brokers" TO reporting
;
REVOKE ALL ON "system_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "system_config" TO service
;
GRANT INSERT ON "system_config" TO service
;
GRANT UPDATE ON "system_config" TO service
;
GRANT DELETE ON "system_config" TO service
;
GRANT SELECT ON "system_config" TO app
;
GRANT SELECT ON "system_config" TO reporting
;
REVOKE ALL ON "users" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "users" TO service
;
GRANT INSERT ON "users" TO service
;
GRANT UPDATE ON "users" TO service
;
GRANT DELETE ON "users" TO service
;
GRANT SELECT ("id", "email", "username", "first_name", "last_name", "role", "status", "email_verified", "two_factor_enabled", "preferences", "last_login", "kyc_status", "kyc_checked_at", "country", "failed_logins", "locked_until", "created_at", "updated_at", "deleted_at", "version") ON "users" TO app
;
GRANT SELECT ("id", "email", "username", "first_name", "last_name", "role", "status", "email_verified", "two_factor_enabled", "preferences", "last_login", "kyc_status", "kyc_checked_at", "country", "failed_logins", "locked_until", "created_at", "updated_at", "deleted_at", "version") ON "users" TO reporting
;
GRANT UPDATE ("id", "email", "username", "password_hash", "first_name", "last_name", "two_factor_enabled", "two_factor_secret", "api_key_hash", "preferences", "last_login", "country", "created_at", "updated_at", "deleted_at", "version") ON "users" TO app
;
ALTER TABLE "users" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "users" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "users"
;
CREATE POLICY read_own ON "users" FOR SELECT USING ("id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "users"
;
CREATE POLICY serve_all ON "users" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "users"
;
CREATE POLICY insert_own ON "users" FOR INSERT WITH CHECK ("id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "users"
;
CREATE POLICY update_own ON "users" FOR UPDATE USING ("id" = (SELECT app_user())) WITH CHECK ("id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "users"
;
CREATE POLICY delete_own ON "users" FOR DELETE USING ("id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS known_to_trigger ON "users"
;
CREATE POLICY known_to_trigger ON "users" FOR SELECT TO CURRENT_USER USING (true)
;
REVOKE ALL ON "user_role" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "user_role" TO service
;
GRANT INSERT ON "user_role" TO service
;
GRANT UPDATE ON "user_role" TO service
;
GRANT DELETE ON "user_role" TO service
;
GRANT SELECT ON "user_role" TO app
;
REVOKE ALL ON "login_audit" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "login_audit" TO service
;
GRANT INSERT ON "login_audit" TO service
;
GRANT SELECT ON "login_audit" TO app
;
ALTER TABLE "login_audit" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "login_audit" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "login_audit"
;
CREATE POLICY read_own ON "login_audit" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "login_audit"
;
CREATE POLICY serve_all ON "login_audit" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "schema_migrations" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "schema_migrations" TO service
;
GRANT SELECT ON "schema_migrations" TO reporting
;
REVOKE ALL ON "sync_logs" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "sync_logs" TO service
;
GRANT INSERT ON "sync_logs" TO service
;
GRANT UPDATE ON "sync_logs" TO service
;
GRANT SELECT ON "sync_logs" TO app
;
GRANT SELECT ON "sync_logs" TO reporting
;
ALTER TABLE "sync_logs" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "sync_logs" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "sync_logs"
;
CREATE POLICY read_own ON "sync_logs" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "sync_logs"
;
CREATE POLICY serve_all ON "sync_logs" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "daily_snapshots" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "daily_snapshots" TO service
;
GRANT INSERT ON "daily_snapshots" TO service
;
GRANT UPDATE ON "daily_snapshots" TO service
;
GRANT SELECT ON "daily_snapshots" TO app
;
GRANT SELECT ON "daily_snapshots" TO reporting
;
ALTER TABLE "daily_snapshots" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "daily_snapshots" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "daily_snapshots"
;
CREATE POLICY read_own ON "daily_snapshots" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "daily_snapshots"
;
CREATE POLICY serve_all ON "daily_snapshots" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "kpi_snapshots" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "kpi_snapshots" TO service
;
GRANT INSERT ON "kpi_snapshots" TO service
;
GRANT UPDATE ON "kpi_snapshots" TO service
;
GRANT SELECT ON "kpi_snapshots" TO app
;
GRANT SELECT ON "kpi_snapshots" TO reporting
;
ALTER TABLE "kpi_snapshots" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "kpi_snapshots" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "kpi_snapshots"
;
CREATE POLICY read_own ON "kpi_snapshots" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "kpi_snapshots"
;
CREATE POLICY serve_all ON "kpi_snapshots" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "whale_events" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "whale_events" TO service
;
GRANT INSERT ON "whale_events" TO service
;
GRANT UPDATE ON "whale_events" TO service
;
GRANT SELECT ON "whale_events" TO app
;
GRANT SELECT ON "whale_events" TO reporting
;
ALTER TABLE "whale_events" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "whale_events" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "whale_events"
;
CREATE POLICY read_own ON "whale_events" FOR SELECT USING ("user_id" = (SELECT app_user()) OR "user_id" IS NULL)
;
DROP POLICY IF EXISTS serve_all ON "whale_events"
;
CREATE POLICY serve_all ON "whale_events" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "oracle_scores" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "oracle_scores" TO service
;
GRANT INSERT ON "oracle_scores" TO service
;
GRANT UPDATE ON "oracle_scores" TO service
;
GRANT SELECT ON "oracle_scores" TO app
;
GRANT SELECT ON "oracle_scores" TO reporting
;
ALTER TABLE "oracle_scores" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "oracle_scores" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "oracle_scores"
;
CREATE POLICY read_own ON "oracle_scores" FOR SELECT USING ("user_id" = (SELECT app_user()) OR "user_id" IS NULL)
;
DROP POLICY IF EXISTS serve_all ON "oracle_scores"
;
CREATE POLICY serve_all ON "oracle_scores" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "armor_breaches" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "armor_breaches" TO service
;
GRANT INSERT ON "armor_breaches" TO service
;
GRANT UPDATE ON "armor_breaches" TO service
;
GRANT SELECT ON "armor_breaches" TO app
;
GRANT SELECT ON "armor_breaches" TO reporting
;
ALTER TABLE "armor_breaches" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "armor_breaches" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "armor_breaches"
;
CREATE POLICY read_own ON "armor_breaches" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "armor_breaches"
;
CREATE POLICY serve_all ON "armor_breaches" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "market_data" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "market_data" TO service
;
GRANT INSERT ON "market_data" TO service
;
GRANT UPDATE ON "market_data" TO service
;
GRANT SELECT ON "market_data" TO app
;
GRANT SELECT ON "market_data" TO reporting
;
REVOKE ALL ON FUNCTION make_partitions(text, timestamptz, timestamptz) FROM PUBLIC
;
GRANT EXECUTE ON FUNCTION make_partitions(text, timestamptz, timestamptz) TO service
;
REVOKE ALL ON "instances" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "instances" TO service
;
GRANT INSERT ON "instances" TO service
;
GRANT UPDATE ON "instances" TO service
;
GRANT DELETE ON "instances" TO service
;
GRANT SELECT ON "instances" TO app
;
GRANT SELECT ON "instances" TO reporting
;
REVOKE ALL ON "strategies" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "strategies" TO service
;
GRANT INSERT ON "strategies" TO service
;
GRANT UPDATE ON "strategies" TO service
;
GRANT DELETE ON "strategies" TO service
;
GRANT SELECT ON "strategies" TO app
;
GRANT SELECT ON "strategies" TO reporting
;
GRANT UPDATE ON "strategies" TO app
;
GRANT INSERT ON "strategies" TO app
;
GRANT DELETE ON "strategies" TO app
;
ALTER TABLE "strategies" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "strategies" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "strategies"
;
CREATE POLICY read_own ON "strategies" FOR SELECT USING ("user_id" = (SELECT app_user()) OR "is_public")
;
DROP POLICY IF EXISTS serve_all ON "strategies"
;
CREATE POLICY serve_all ON "strategies" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "strategies"
;
CREATE POLICY insert_own ON "strategies" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "strategies"
;
CREATE POLICY update_own ON "strategies" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "strategies"
;
CREATE POLICY delete_own ON "strategies" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "user_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "user_config" TO service
;
GRANT INSERT ON "user_config" TO service
;
GRANT UPDATE ON "user_config" TO service
;
GRANT DELETE ON "user_config" TO service
;
GRANT SELECT ON "user_config" TO app
;
GRANT SELECT ON "user_config" TO reporting
;
GRANT UPDATE ON "user_config" TO app
;
GRANT INSERT ON "user_config" TO app
;
ALTER TABLE "user_config" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "user_config" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "user_config"
;
CREATE POLICY read_own ON "user_config" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "user_config"
;
CREATE POLICY serve_all ON "user_config" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "user_config"
;
CREATE POLICY insert_own ON "user_config" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "user_config"
;
CREATE POLICY update_own ON "user_config" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "user_config"
;
CREATE POLICY delete_own ON "user_config" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "broker_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "broker_config" TO service
;
GRANT INSERT ON "broker_config" TO service
;
GRANT UPDATE ON "broker_config" TO service
;
GRANT DELETE ON "broker_config" TO service
;
GRANT SELECT ON "broker_config" TO app
;
GRANT SELECT ON "broker_config" TO reporting
;
REVOKE ALL ON "user_permission" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "user_permission" TO service
;
GRANT INSERT ON "user_permission" TO service
;
GRANT UPDATE ON "user_permission" TO service
;
GRANT DELETE ON "user_permission" TO service
;
GRANT SELECT ON "user_permission" TO app
;
ALTER TABLE "user_permission" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "user_permission" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "user_permission"
;
CREATE POLICY read_own ON "user_permission" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "user_permission"
;
CREATE POLICY serve_all ON "user_permission" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "audit_log" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "audit_log" TO service
;
GRANT INSERT ON "audit_log" TO service
;
GRANT SELECT ON "audit_log" TO app
;
GRANT SELECT ON "audit_log" TO reporting
;
ALTER TABLE "audit_log" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "audit_log" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "audit_log"
;
CREATE POLICY read_own ON "audit_log" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "audit_log"
;
CREATE POLICY serve_all ON "audit_log" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS written_by_trigger ON "audit_log"
;
CREATE POLICY written_by_trigger ON "audit_log" FOR INSERT TO CURRENT_USER WITH CHECK (true)
;
REVOKE ALL ON "emotion_logs" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "emotion_logs" TO service
;
GRANT INSERT ON "emotion_logs" TO service
;
GRANT UPDATE ON "emotion_logs" TO service
;
GRANT DELETE ON "emotion_logs" TO service
;
GRANT SELECT ON "emotion_logs" TO app
;
GRANT SELECT ON "emotion_logs" TO reporting
;
GRANT UPDATE ON "emotion_logs" TO app
;
GRANT INSERT ON "emotion_logs" TO app
;
GRANT DELETE ON "emotion_logs" TO app
;
ALTER TABLE "emotion_logs" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "emotion_logs" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "emotion_logs"
;
CREATE POLICY read_own ON "emotion_logs" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "emotion_logs"
;
CREATE POLICY serve_all ON "emotion_logs" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "emotion_logs"
;
CREATE POLICY insert_own ON "emotion_logs" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "emotion_logs"
;
CREATE POLICY update_own ON "emotion_logs" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "emotion_logs"
;
CREATE POLICY delete_own ON "emotion_logs" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "vocal_notes" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "vocal_notes" TO service
;
GRANT INSERT ON "vocal_notes" TO service
;
GRANT UPDATE ON "vocal_notes" TO service
;
GRANT DELETE ON "vocal_notes" TO service
;
GRANT SELECT ON "vocal_notes" TO app
;
GRANT SELECT ON "vocal_notes" TO reporting
;
GRANT UPDATE ON "vocal_notes" TO app
;
GRANT INSERT ON "vocal_notes" TO app
;
GRANT DELETE ON "vocal_notes" TO app
;
ALTER TABLE "vocal_notes" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "vocal_notes" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "vocal_notes"
;
CREATE POLICY read_own ON "vocal_notes" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "vocal_notes"
;
CREATE POLICY serve_all ON "vocal_notes" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "vocal_notes"
;
CREATE POLICY insert_own ON "vocal_notes" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "vocal_notes"
;
CREATE POLICY update_own ON "vocal_notes" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "vocal_notes"
;
CREATE POLICY delete_own ON "vocal_notes" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "sessions" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "sessions" TO service
;
GRANT INSERT ON "sessions" TO service
;
GRANT UPDATE ON "sessions" TO service
;
GRANT DELETE ON "sessions" TO service
;
GRANT SELECT ON "sessions" TO app
;
GRANT SELECT ON "sessions" TO reporting
;
GRANT UPDATE ON "sessions" TO app
;
GRANT INSERT ON "sessions" TO app
;
GRANT DELETE ON "sessions" TO app
;
ALTER TABLE "sessions" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "sessions" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "sessions"
;
CREATE POLICY read_own ON "sessions" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "sessions"
;
CREATE POLICY serve_all ON "sessions" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "sessions"
;
CREATE POLICY insert_own ON "sessions" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "sessions"
;
CREATE POLICY update_own ON "sessions" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "sessions"
;
CREATE POLICY delete_own ON "sessions" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "prop_firm_templates" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "prop_firm_templates" TO service
;
GRANT INSERT ON "prop_firm_templates" TO service
;
GRANT UPDATE ON "prop_firm_templates" TO service
;
GRANT DELETE ON "prop_firm_templates" TO service
;
GRANT SELECT ON "prop_firm_templates" TO app
;
GRANT SELECT ON "prop_firm_templates" TO reporting
;
GRANT UPDATE ON "prop_firm_templates" TO app
;
GRANT INSERT ON "prop_firm_templates" TO app
;
GRANT DELETE ON "prop_firm_templates" TO app
;
ALTER TABLE "prop_firm_templates" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "prop_firm_templates" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "prop_firm_templates"
;
CREATE POLICY read_own ON "prop_firm_templates" FOR SELECT USING ("user_id" = (SELECT app_user()) OR "user_id" IS NULL)
;
DROP POLICY IF EXISTS serve_all ON "prop_firm_templates"
;
CREATE POLICY serve_all ON "prop_firm_templates" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "prop_firm_templates"
;
CREATE POLICY insert_own ON "prop_firm_templates" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS update_own ON "prop_firm_templates"
;
CREATE POLICY update_own ON "prop_firm_templates" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS delete_own ON "prop_firm_templates"
;
CREATE POLICY delete_own ON "prop_firm_templates" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "accounts" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "accounts" TO service
;
GRANT INSERT ON "accounts" TO service
;
GRANT UPDATE ON "accounts" TO service
;
GRANT DELETE ON "accounts" TO service
;
GRANT SELECT ON "accounts" TO app
;
GRANT SELECT ON "accounts" TO reporting
;
ALTER TABLE "accounts" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "accounts" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "accounts"
;
CREATE POLICY read_own ON "accounts" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "accounts"
;
CREATE POLICY serve_all ON "accounts" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "instance_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "instance_config" TO service
;
GRANT INSERT ON "instance_config" TO service
;
GRANT UPDATE ON "instance_config" TO service
;
GRANT DELETE ON "instance_config" TO service
;
GRANT SELECT ON "instance_config" TO app
;
GRANT SELECT ON "instance_config" TO reporting
;
REVOKE ALL ON "signal_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "signal_config" TO service
;
GRANT INSERT ON "signal_config" TO service
;
GRANT UPDATE ON "signal_config" TO service
;
GRANT DELETE ON "signal_config" TO service
;
GRANT SELECT ON "signal_config" TO app
;
GRANT SELECT ON "signal_config" TO reporting
;
GRANT UPDATE ON "signal_config" TO app
;
GRANT INSERT ON "signal_config" TO app
;
GRANT DELETE ON "signal_config" TO app
;
ALTER TABLE "signal_config" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "signal_config" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "signal_config"
;
CREATE POLICY read_own ON "signal_config" FOR SELECT USING ("user_id" = (SELECT app_user()) OR "user_id" IS NULL)
;
DROP POLICY IF EXISTS serve_all ON "signal_config"
;
CREATE POLICY serve_all ON "signal_config" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "signal_config"
;
CREATE POLICY insert_own ON "signal_config" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS update_own ON "signal_config"
;
CREATE POLICY update_own ON "signal_config" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS delete_own ON "signal_config"
;
CREATE POLICY delete_own ON "signal_config" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "backtests" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "backtests" TO service
;
GRANT INSERT ON "backtests" TO service
;
GRANT UPDATE ON "backtests" TO service
;
GRANT DELETE ON "backtests" TO service
;
GRANT SELECT ON "backtests" TO app
;
GRANT SELECT ON "backtests" TO reporting
;
GRANT UPDATE ON "backtests" TO app
;
GRANT INSERT ON "backtests" TO app
;
GRANT DELETE ON "backtests" TO app
;
ALTER TABLE "backtests" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "backtests" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "backtests"
;
CREATE POLICY read_own ON "backtests" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "backtests"
;
CREATE POLICY serve_all ON "backtests" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "backtests"
;
CREATE POLICY insert_own ON "backtests" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS update_own ON "backtests"
;
CREATE POLICY update_own ON "backtests" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS delete_own ON "backtests"
;
CREATE POLICY delete_own ON "backtests" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "account_config" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "account_config" TO service
;
GRANT INSERT ON "account_config" TO service
;
GRANT UPDATE ON "account_config" TO service
;
GRANT DELETE ON "account_config" TO service
;
GRANT SELECT ON "account_config" TO app
;
GRANT SELECT ON "account_config" TO reporting
;
ALTER TABLE "account_config" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "account_config" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "account_config"
;
CREATE POLICY read_own ON "account_config" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "account_config"
;
CREATE POLICY serve_all ON "account_config" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "subscriptions" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "subscriptions" TO service
;
GRANT INSERT ON "subscriptions" TO service
;
GRANT UPDATE ON "subscriptions" TO service
;
GRANT DELETE ON "subscriptions" TO service
;
GRANT SELECT ON "subscriptions" TO app
;
GRANT SELECT ON "subscriptions" TO reporting
;
GRANT UPDATE ON "subscriptions" TO app
;
GRANT INSERT ON "subscriptions" TO app
;
GRANT DELETE ON "subscriptions" TO app
;
ALTER TABLE "subscriptions" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "subscriptions" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "subscriptions"
;
CREATE POLICY read_own ON "subscriptions" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "subscriptions"
;
CREATE POLICY serve_all ON "subscriptions" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "subscriptions"
;
CREATE POLICY insert_own ON "subscriptions" FOR INSERT WITH CHECK ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS update_own ON "subscriptions"
;
CREATE POLICY update_own ON "subscriptions" FOR UPDATE USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user()))) WITH CHECK ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())) AND ("strategy_id" IS NULL OR "strategy_id" IN (SELECT id FROM strategies)))
;
DROP POLICY IF EXISTS delete_own ON "subscriptions"
;
CREATE POLICY delete_own ON "subscriptions" FOR DELETE USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
REVOKE ALL ON "symbol_map" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "symbol_map" TO service
;
GRANT INSERT ON "symbol_map" TO service
;
GRANT UPDATE ON "symbol_map" TO service
;
GRANT DELETE ON "symbol_map" TO service
;
GRANT SELECT ON "symbol_map" TO app
;
GRANT SELECT ON "symbol_map" TO reporting
;
ALTER TABLE "symbol_map" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "symbol_map" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "symbol_map"
;
CREATE POLICY read_own ON "symbol_map" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())) OR "account_id" IS NULL)
;
DROP POLICY IF EXISTS serve_all ON "symbol_map"
;
CREATE POLICY serve_all ON "symbol_map" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "credentials" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "credentials" TO service
;
GRANT INSERT ON "credentials" TO service
;
GRANT UPDATE ON "credentials" TO service
;
GRANT DELETE ON "credentials" TO service
;
GRANT SELECT ("credential_id", "instance_id", "account_id", "broker_id", "encryption_key_id", "backup_enabled", "status", "rotated_at", "created_at", "updated_at", "deleted_at", "version") ON "credentials" TO app
;
GRANT UPDATE ON "credentials" TO app
;
GRANT INSERT ON "credentials" TO app
;
GRANT DELETE ON "credentials" TO app
;
ALTER TABLE "credentials" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "credentials" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "credentials"
;
CREATE POLICY read_own ON "credentials" FOR SELECT USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS serve_all ON "credentials"
;
CREATE POLICY serve_all ON "credentials" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "credentials"
;
CREATE POLICY insert_own ON "credentials" FOR INSERT WITH CHECK ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS update_own ON "credentials"
;
CREATE POLICY update_own ON "credentials" FOR UPDATE USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user()))) WITH CHECK ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
DROP POLICY IF EXISTS delete_own ON "credentials"
;
CREATE POLICY delete_own ON "credentials" FOR DELETE USING ("account_id" IN (SELECT account_id FROM accounts WHERE user_id = (SELECT app_user())))
;
REVOKE ALL ON "broker_connections" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "broker_connections" TO service
;
GRANT INSERT ON "broker_connections" TO service
;
GRANT UPDATE ON "broker_connections" TO service
;
GRANT DELETE ON "broker_connections" TO service
;
GRANT SELECT ON "broker_connections" TO app
;
GRANT SELECT ON "broker_connections" TO reporting
;
GRANT UPDATE ON "broker_connections" TO app
;
GRANT INSERT ON "broker_connections" TO app
;
GRANT DELETE ON "broker_connections" TO app
;
ALTER TABLE "broker_connections" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "broker_connections" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "broker_connections"
;
CREATE POLICY read_own ON "broker_connections" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "broker_connections"
;
CREATE POLICY serve_all ON "broker_connections" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "broker_connections"
;
CREATE POLICY insert_own ON "broker_connections" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()) AND ("account_id" IS NULL OR "account_id" IN (SELECT account_id FROM accounts)))
;
DROP POLICY IF EXISTS update_own ON "broker_connections"
;
CREATE POLICY update_own ON "broker_connections" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()) AND ("account_id" IS NULL OR "account_id" IN (SELECT account_id FROM accounts)))
;
DROP POLICY IF EXISTS delete_own ON "broker_connections"
;
CREATE POLICY delete_own ON "broker_connections" FOR DELETE USING ("user_id" = (SELECT app_user()))
;
REVOKE ALL ON "webhook_events" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "webhook_events" TO service
;
GRANT INSERT ON "webhook_events" TO service
;
GRANT UPDATE ON "webhook_events" TO service
;
GRANT DELETE ON "webhook_events" TO service
;
GRANT SELECT ON "webhook_events" TO app
;
GRANT SELECT ON "webhook_events" TO reporting
;
ALTER TABLE "webhook_events" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "webhook_events" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "webhook_events"
;
CREATE POLICY read_own ON "webhook_events" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "webhook_events"
;
CREATE POLICY serve_all ON "webhook_events" FOR ALL TO service USING (true) WITH CHECK (true)
;
REVOKE ALL ON "risk_limits" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "risk_limits" TO service
;
GRANT INSERT ON "risk_limits" TO service
;
GRANT UPDATE ON "risk_limits" TO service
;
GRANT DELETE ON "risk_limits" TO service
;
GRANT SELECT ON "risk_limits" TO app
;
GRANT SELECT ON "risk_limits" TO reporting
;
GRANT UPDATE ("id", "user_id", "account_id", "name", "type", "limit_type", "limit_value", "is_active", "action", "warning_percent", "zone", "reset_time", "measured_at", "config_version", "created_at", "updated_at", "deleted_at") ON "risk_limits" TO app
;
GRANT INSERT ("id", "user_id", "account_id", "name", "type", "limit_type", "limit_value", "is_active", "action", "warning_percent", "zone", "reset_time", "measured_at", "config_version", "created_at", "updated_at", "deleted_at") ON "risk_limits" TO app
;
GRANT DELETE ON "risk_limits" TO app
;
ALTER TABLE "risk_limits" ENABLE ROW LEVEL SECURITY
;
ALTER TABLE "risk_limits" FORCE ROW LEVEL SECURITY
;
DROP POLICY IF EXISTS read_own ON "risk_limits"
;
CREATE POLICY read_own ON "risk_limits" FOR SELECT USING ("user_id" = (SELECT app_user()))
;
DROP POLICY IF EXISTS serve_all ON "risk_limits"
;
CREATE POLICY serve_all ON "risk_limits" FOR ALL TO service USING (true) WITH CHECK (true)
;
DROP POLICY IF EXISTS insert_own ON "risk_limits"
;
CREATE POLICY insert_own ON "risk_limits" FOR INSERT WITH CHECK ("user_id" = (SELECT app_user()) AND ("account_id" IS NULL OR "account_id" IN (SELECT account_id FROM accounts)))
;
DROP POLICY IF EXISTS update_own ON "risk_limits"
;
CREATE POLICY update_own ON "risk_limits" FOR UPDATE USING ("user_id" = (SELECT app_user())) WITH CHECK ("user_id" = (SELECT app_user()) AND ("account_id" IS NULL OR "account_id" IN (SELECT account_id FROM accounts)))
;
DROP POLICY IF EXISTS delete_own ON "risk_limits"
;
CREATE POLICY delete_own ON "risk_limits" FOR DELETE USING ("user_id" = (SELECT app_user()))
