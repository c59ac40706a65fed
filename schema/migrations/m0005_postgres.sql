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
  -- The audit outlives who is forgotten: then it does not repeat what stood there. Only who
  -- serves may ask for that.
  conceals boolean := coalesce(current_setting('app.forgets', true), '') = 'on'
    AND pg_has_role(session_user, 'service', 'member');
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
    keys := keys || CASE
      WHEN conceals AND TG_OP = 'DELETE' AND (TG_TABLE_NAME = 'users' OR key = 'user_id')
      THEN '[forgotten]' ELSE coalesce(after, before) ->> key END;
  END LOOP;
  IF conceals THEN
    before := (
      SELECT jsonb_object_agg(was.key, CASE
        WHEN was.value = 'null' OR was.value IS NOT DISTINCT FROM after -> was.key
        THEN was.value ELSE to_jsonb('[forgotten]'::text) END)
      FROM jsonb_each(before) was
    );
  END IF;
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
    IF coalesce(to_jsonb(OLD) ->> 'created_at', to_jsonb(OLD) ->> 'sealed_at')::timestamptz
      < now() - interval '1096 days'
    THEN
      RETURN OLD;
    END IF;
  ELSIF TG_OP = 'UPDATE' THEN
    -- ON DELETE SET NULL of the user: a trigger's own update, of nothing else.
    IF pg_trigger_depth() > 1 AND to_jsonb(NEW) ->> 'user_id' IS NULL
      AND to_jsonb(NEW) - 'user_id' = to_jsonb(OLD) - 'user_id'
    THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, lower(TG_OP)
    USING ERRCODE = 'insufficient_privilege';
END $$
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "login_audit" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "login_audit" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
REVOKE ALL ON "login_audit" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "login_audit" TO service
;
GRANT INSERT ON "login_audit" TO service
;
GRANT DELETE ON "login_audit" TO service
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
REVOKE ALL ON "sync_logs" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "sync_logs" TO service
;
GRANT INSERT ON "sync_logs" TO service
;
GRANT UPDATE ON "sync_logs" TO service
;
GRANT DELETE ON "sync_logs" TO service
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
REVOKE ALL ON "whale_events" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "whale_events" TO service
;
GRANT INSERT ON "whale_events" TO service
;
GRANT UPDATE ON "whale_events" TO service
;
GRANT DELETE ON "whale_events" TO service
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
GRANT DELETE ON "oracle_scores" TO service
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
REVOKE ALL ON "market_data" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "market_data" TO service
;
GRANT INSERT ON "market_data" TO service
;
GRANT UPDATE ON "market_data" TO service
;
GRANT DELETE ON "market_data" TO service
;
GRANT SELECT ON "market_data" TO app
;
GRANT SELECT ON "market_data" TO reporting
;
REVOKE ALL ON FUNCTION make_partitions(text, timestamptz, timestamptz) FROM PUBLIC
;
GRANT EXECUTE ON FUNCTION make_partitions(text, timestamptz, timestamptz) TO service
;
CREATE OR REPLACE TRIGGER "keep" BEFORE UPDATE OR DELETE ON "audit_log" FOR EACH ROW EXECUTE FUNCTION keep()
;
CREATE OR REPLACE TRIGGER "keep_all" BEFORE TRUNCATE ON "audit_log" FOR EACH STATEMENT EXECUTE FUNCTION keep()
;
REVOKE ALL ON "audit_log" FROM PUBLIC, app, reporting, service
;
GRANT SELECT ON "audit_log" TO service
;
GRANT INSERT ON "audit_log" TO service
;
GRANT DELETE ON "audit_log" TO service
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
