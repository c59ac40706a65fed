"""What PostgreSQL does by itself: times of change, the audit, and rows that stay as they are."""

from schema import sql
from schema.table import Table

# The shortest time that the law asks an audit to be kept.
KEPT_DAYS = 1096
REDACTED = "[redacted]"
CHANGED = "[redacted, changed]"
FORGOTTEN = "[forgotten]"  # in the audit, what stood there

_TOUCH = """\
CREATE OR REPLACE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- A writer that copies rows brings its own time along.
  IF NEW IS DISTINCT FROM OLD AND NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
    NEW.updated_at := now();
  END IF;
  RETURN NEW;
END $$"""

_TOUCH_VERSION = """\
CREATE OR REPLACE FUNCTION touch_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW IS DISTINCT FROM OLD AND NEW.version = OLD.version THEN
    NEW.version := OLD.version + 1;
    IF NEW.updated_at IS NOT DISTINCT FROM OLD.updated_at THEN
      NEW.updated_at := now();
    END IF;
  END IF;
  RETURN NEW;
END $$"""

# Runs as the tables' owner: whoever changes a row cannot write, or leave out, its audit.
_AUDIT = f"""\
CREATE OR REPLACE FUNCTION audit_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before jsonb := CASE WHEN TG_OP = 'INSERT' THEN NULL ELSE to_jsonb(OLD) END;
  after jsonb := CASE WHEN TG_OP = 'DELETE' THEN NULL ELSE to_jsonb(NEW) END;
  differs boolean;
  secret text;
  key text;
  keys text[] := '{{}}';
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
      before := jsonb_set(before, ARRAY[secret], to_jsonb('{REDACTED}'::text));
    END IF;
    IF after ->> secret IS NOT NULL THEN
      after := jsonb_set(after, ARRAY[secret], to_jsonb(
        CASE WHEN TG_OP = 'UPDATE' AND differs THEN '{CHANGED}' ELSE '{REDACTED}' END
      ));
    END IF;
  END LOOP;
  FOREACH key IN ARRAY string_to_array(TG_ARGV[0], ',') LOOP
    keys := keys || CASE
      WHEN conceals AND TG_OP = 'DELETE' AND (TG_TABLE_NAME = 'users' OR key = 'user_id')
      THEN '{FORGOTTEN}' ELSE coalesce(after, before) ->> key END;
  END LOOP;
  IF conceals THEN
    before := (
      SELECT jsonb_object_agg(was.key, CASE
        WHEN was.value = 'null' OR was.value IS NOT DISTINCT FROM after -> was.key
        THEN was.value ELSE to_jsonb('{FORGOTTEN}'::text) END)
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
END $$"""  # noqa: S608 - constants

_KEEP = f"""\
CREATE OR REPLACE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF coalesce(to_jsonb(OLD) ->> 'created_at', to_jsonb(OLD) ->> 'sealed_at')::timestamptz
      < now() - interval '{KEPT_DAYS} days'
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
END $$"""


def functions() -> list[str]:
    """Return the statements that make the triggers' functions."""
    return [_TOUCH, _TOUCH_VERSION, _AUDIT, pinned("audit_change()"), _KEEP]


def pinned(function: str) -> str:
    """Return the statement that lets a function find the tables of this schema and no others.

    Without it, whoever calls a function that runs as the owner could put a temporary table of
    the same name in its way: those are found first unless they are named last.
    """
    return (
        f"DO $$ BEGIN EXECUTE format('ALTER FUNCTION {function} SET search_path = %I, pg_temp',"
        " current_schema()); END $$"
    )


def triggers(table: Table) -> list[str]:
    """Return the triggers of a table; history has none but those that keep it."""
    made = []
    if table.append_only:
        made += [
            _trigger(table, "keep", "BEFORE UPDATE OR DELETE", "FOR EACH ROW"),
            _trigger(table, "keep_all", "BEFORE TRUNCATE", "FOR EACH STATEMENT", "keep()"),
        ]
    if not table.audited:
        return made
    counts = table.version == "version"
    made.append(
        _trigger(
            table,
            "touch",
            "BEFORE UPDATE",
            "FOR EACH ROW",
            "touch_version()" if counts else "touch()",
        )
    )
    secrets = ",".join(column.name for column in table.columns if column.secret)
    call = f"audit_change({sql.text(','.join(table.key))}, {sql.text(secrets)})"
    made.append(_trigger(table, "audit", "AFTER INSERT OR UPDATE OR DELETE", "FOR EACH ROW", call))
    return made


def _trigger(table: Table, name: str, when: str, each: str, call: str = "") -> str:
    return (
        f"CREATE OR REPLACE TRIGGER {sql.name(name)} {when} ON {sql.name(table.name)}"
        f" {each} EXECUTE FUNCTION {call or name + '()'}"
    )
