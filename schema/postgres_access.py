"""Who may do what in PostgreSQL: roles, rights, and rows that are seen by their owners alone.

Three roles without a login; the logins of a deployment are members of them.
`app` acts for one user at a time, `reporting` reads what that user may read, without any
secret; `service` is the system's own processes, which write and read for every user. Nobody
else sees a row that has an owner: row-level security is forced upon the tables' owner too.
"""

from schema import isolation, sql
from schema.table import Owner, Table

APP, REPORTING, SERVICE = "app", "reporting", "service"
ROLES = (APP, REPORTING, SERVICE)
_USER = "(SELECT app_user())"
_ACCOUNTS = f"SELECT account_id FROM accounts WHERE user_id = {_USER}"  # noqa: S608 - a constant
# Tables with an owner that rows of users refer to, and what names a row of theirs.
_NAMED = {"accounts": "account_id", "strategies": "id"}
# What no user has to do with.
_SYSTEMS_OWN = frozenset({"audit_seals"})
# What nobody reports on: it opens doors, or says how.
_CLOSED = frozenset({"credentials", "user_permission", "user_role", "login_audit"})


def user_function() -> str:
    """Return the function that says for whom a session acts.

    A token that Supabase has checked (`auth.uid()`) outranks the session's own setting. On
    another PostgreSQL there is no such function, so it is asked for by name only if it exists.
    """
    return """\
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
END $do$"""


def roles() -> list[str]:
    """Return the statements that make the roles; they belong to the server, not a database.

    Where they are, whoever makes the tables needs no right to make roles.
    """
    made = [
        f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}')"
        f" THEN CREATE ROLE {role} NOLOGIN; END IF; END $$"
        for role in ROLES
    ]
    schema = (
        f"DO $$ BEGIN EXECUTE format('{verb} SCHEMA %I {whom}', current_schema()); END $$"
        for verb, whom in (
            ("REVOKE CREATE ON", "FROM PUBLIC"),
            *(("GRANT USAGE ON", f"TO {role}") for role in ROLES),
        )
    )
    return [*made, *schema]


def access(table: Table) -> list[str]:
    """Return the rights on a table, and its row-level security."""
    name = sql.name(table.name)
    revoked = f"REVOKE ALL ON {name} FROM PUBLIC, {', '.join(ROLES)}"
    rights = [f"GRANT {each} ON {name} TO {role}" for role, each in _rights(table)]
    if table.partitioned:
        signature = "make_partitions(text, timestamptz, timestamptz)"
        rights += [
            f"REVOKE ALL ON FUNCTION {signature} FROM PUBLIC",
            f"GRANT EXECUTE ON FUNCTION {signature} TO {SERVICE}",
        ]
    return [revoked, *rights, *_isolation(table)]


def _rights(table: Table) -> list[tuple[str, str]]:
    """Return role and right, as GRANT spells it."""
    everything = table.names
    plain = tuple(column.name for column in table.columns if not column.secret)
    free = tuple(column.name for column in table.columns if not column.guarded)
    found = [(SERVICE, "SELECT"), (SERVICE, "INSERT")]
    if table.kind == "system":
        return [(SERVICE, "SELECT"), (REPORTING, "SELECT")]
    if not table.append_only:
        found.append((SERVICE, "UPDATE"))
    if table.name in _SYSTEMS_OWN:
        return found
    expires = table.append_only or table.ttl_days or table.expiries
    users_own = table.owner is not None and table.owner.of == "user"
    if table.kind != "history" or expires or users_own:
        # Of history only what retention lets go, or a user takes along who is forgotten; the
        # books of accounts stay. A trigger keeps the audit until its time is over.
        found.append((SERVICE, "DELETE"))
    found.append((APP, _of("SELECT", plain, everything)))
    if table.name not in _CLOSED:
        found.append((REPORTING, _of("SELECT", plain, everything)))
    if table.users_write and table.owner is not None:
        itself = (table.owner.column,) == table.key
        found.append((APP, _of("UPDATE", free, everything)))
        # Users come by registration, which a service does.
        found += [] if table.name == "users" else [(APP, _of("INSERT", free, everything))]
        found += [] if itself else [(APP, "DELETE")]
    return found


def _of(verb: str, some: tuple[str, ...], everything: tuple[str, ...]) -> str:
    return verb if some == everything else f"{verb} ({sql.names(some)})"


def _isolation(table: Table) -> list[str]:
    owner = table.owner
    if owner is None:
        return []
    name, own = sql.name(table.name), owns(table, owner)
    rules = {
        "read_own": f"FOR SELECT USING ({_reads(owner, own)})",
        "serve_all": f"FOR ALL TO {SERVICE} USING (true) WITH CHECK (true)",
    }
    if table.users_write:
        written = _writes(table, owner, own)
        rules |= {
            "insert_own": f"FOR INSERT WITH CHECK ({written})",
            "update_own": f"FOR UPDATE USING ({own}) WITH CHECK ({written})",
            "delete_own": f"FOR DELETE USING ({own})",
        }
    if table.name == "audit_log":
        # The trigger writes as the tables' owner, upon whom isolation is forced as well.
        rules["written_by_trigger"] = "FOR INSERT TO CURRENT_USER WITH CHECK (true)"
    if table.name == "users":
        # The same trigger asks whether the user still exists.
        rules["known_to_trigger"] = "FOR SELECT TO CURRENT_USER USING (true)"
    made = [
        f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY",
        f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY",
    ]
    for rule, text in rules.items():
        made += [
            f"DROP POLICY IF EXISTS {rule} ON {name}",
            f"CREATE POLICY {rule} ON {name} {text}",
        ]
    return made


def owns(table: Table, owner: Owner) -> str:
    """Return the condition of rows that belong to the session's user."""
    column = sql.name(owner.column)
    if owner.of == "user":
        return f"{column} = {_USER}"
    followed = isolation.followed("strategies", "subscriptions", _ACCOUNTS, _USER)
    return f"{column} IN ({_ACCOUNTS if owner.of == 'account' else followed})"


def _reads(owner: Owner, own: str) -> str:
    shared = [f"{sql.name(owner.column)} IS NULL"] if owner.unowned == "shared" else []
    public = [sql.name(owner.public)] if owner.public else []
    return " OR ".join([own, *shared, *public])


def _writes(table: Table, owner: Owner, own: str) -> str:
    """Return the condition of rows that a user may write: theirs, and naming what they see.

    A foreign key's own check sees all rows, and would take another's account or strategy.
    """
    # A policy that asks its own table would never end.
    named = [e for e in table.references if e.table in _NAMED and e.table != table.name]
    seen = []
    for each in named:
        (column,) = each.columns
        if column != owner.column:
            visible = f"SELECT {_NAMED[each.table]} FROM {each.table}"  # noqa: S608 - constants
            seen.append(f"({sql.name(column)} IS NULL OR {sql.name(column)} IN ({visible}))")
    return " AND ".join([own, *seen])
