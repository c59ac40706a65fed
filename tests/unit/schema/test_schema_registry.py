"""The registry checks itself when it is made, and is the only place that knows SQL."""

import csv
import re
from pathlib import Path

import pytest

from schema.registry import TABLES, build, table
from schema.table import Check, Column, Expiry, Index, Owner, Reference, RegistryError, Table
from schema.types import BIGINT, TEXT, TIMESTAMP, UUID, VERSION

ROOT = Path(__file__).parents[3]
SPEC = ROOT / "tests" / "spec"
PACKAGES = ["flows", "operators", "sources", "sinks", "brokers", "embedded", "config", "rules"]
COLUMNS = (
    Column("id", UUID, "The thing."),
    Column("at", TIMESTAMP, "When."),
    Column("maybe", TEXT, "Perhaps.", nullable=True),
    Column("version", VERSION, "Version."),
)


def make(**changes: object) -> Table:
    given: dict[str, object] = {
        "name": "things",
        "layer": "1",
        "purpose": "Things.",
        "columns": COLUMNS,
        "key": ("id",),
        "order_by": ("at", "id"),
        "time": "at",
        "stores": frozenset({"duckdb", "clickhouse"}),
        "kind": "history",
        "retention": "permanent",
    }
    return Table(**{**given, **changes})  # type: ignore[arg-type]


def test_a_sound_table_is_made() -> None:
    assert make().names == ("id", "at", "maybe", "version")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"key": ("other",)}, r"table things, column other: key names no column"),
        ({"order_by": ("at",)}, r"table things, column id: key is not in order_by"),
        ({"order_by": ("id", "at")}, r"table things, column at: order_by must end with the key"),
        ({"order_by": ("maybe", "id")}, r"table things, column maybe: a key may not be null"),
        ({"key": ("maybe",)}, r"table things, column maybe: a key may not be null"),
        ({"columns": (*COLUMNS, COLUMNS[0])}, r"table things, column id: stands twice"),
        ({"time": "maybe"}, r"table things, column maybe: partitions need a time"),
        ({"time": None, "ttl_days": 3}, r"table things: rows expire by a time"),
        ({"version": "nope"}, r"table things, column nope: version names no column"),
        ({"unique": (("nope",),)}, r"table things, column nope: unique key names no column"),
        ({"stores": frozenset({"oracle"})}, r"table things: unknown store"),
        (
            {"columns": (*COLUMNS, Column("pin", TEXT, "Secret.", secret=True))},
            r"table things, column pin: a secret may not",
        ),
        ({"expiries": (Expiry(3),), "time": None}, r"table things: rows expire by a time"),
        ({"partitioned": True}, r"table things: PostgreSQL needs at in the key"),
        ({"owner": Owner("nope")}, r"table things, column nope: owner names no column"),
        ({"owner": Owner("at")}, r"table things, column at: an owner is a uuid"),
        ({"owner": Owner("id", public="at")}, r"column at: public is yes or no"),
        ({"users_write": True}, r"table things: users write only rows that are theirs"),
        ({"indices": (Index(("nope",)),)}, r"column nope: index names no column"),
        ({"indices": (Index(("id",), words=True),)}, r"an index of words needs one JSON column"),
        ({"checks": (Check("one", "true"), Check("one", "false"))}, r"two checks have one name"),
        ({"references": (Reference(("id",), "things"),)}, r"only control tables and records refer"),
        (
            {"kind": "control", "references": (Reference(("id",), "things", "set null"),)},
            r"table things, column id: cannot become null",
        ),
        (
            {
                "columns": (*COLUMNS, Column("user_id", UUID, "Whose.")),
                "stores": frozenset({"postgres"}),
            },
            r"table things: does not say whose its rows are",
        ),
        (
            {"columns": (*COLUMNS, Column("x", BIGINT, "X.", fill="now"))},
            r"column x: a store cannot fill a bigint",
        ),
        ({"columns": (*COLUMNS, Column("x", BIGINT, ""))}, r"column x: has no description"),
        ({"columns": (*COLUMNS, Column("x y", BIGINT, "X."))}, r"column x y: not a name"),
    ],
)
def test_a_wrong_table_is_refused_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(RegistryError, match=message):
        make(**changes)


def test_tables_and_references_are_checked_together() -> None:
    with pytest.raises(RegistryError, match="table things: stands twice"):
        build((make(), make()))
    with pytest.raises(RegistryError, match="table things: references unknown nowhere"):
        build((make(kind="control", references=(Reference(("id",), "nowhere"),)),))
    with pytest.raises(RegistryError, match="column at: its type is not that of the key of things"):
        build((make(kind="control", references=(Reference(("at",), "things"),)),))


def test_an_unknown_table_is_named() -> None:
    with pytest.raises(RegistryError, match="there is no table nope"):
        table("nope")


def test_every_specified_table_and_column_is_declared_for_its_stores() -> None:
    with (SPEC / "tables.csv").open() as file:
        tables = {row["table"]: set(row["stores"].split()) for row in csv.DictReader(file)}
    assert len(tables) == 67
    assert tables.keys() - TABLES.keys() == set()
    assert {name for name, stores in tables.items() if stores - TABLES[name].stores} == set()
    with (SPEC / "columns.csv").open() as file:
        columns = [(row["table"], row["column"]) for row in csv.DictReader(file)]
    assert len(columns) == 309
    assert [each for each in columns if each[1] not in TABLES[each[0]].names] == []


def test_secrets_are_where_they_may_be() -> None:
    """Law 7: a column that sounds secret is one, and is marked so."""
    secret = {
        (each.name, column.name) for each in TABLES.values() for column in each.columns if column.secret
    }  # fmt: skip
    assert secret == {
        ("users", "password_hash"),
        ("users", "two_factor_secret"),
        ("users", "api_key_hash"),
        ("credentials", "login_number"),
        ("credentials", "password"),
        ("credentials", "login_digest"),
    }


def test_no_table_is_created_outside_the_registry() -> None:
    ddl = re.compile(r"create\s+(or\s+replace\s+)?(temp(orary)?\s+)?table", re.IGNORECASE)
    files = [
        path
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.suffix in {".py", ".sql"}
    ]
    assert files
    # The endpoint grants rights by these words, and makes what a query brings along.
    allowed = {ROOT / "embedded/clickhouse" / name for name in ("profile.py", "external.py")}
    found = {path for path in files if ddl.search(path.read_text())}
    assert found - allowed == set()
