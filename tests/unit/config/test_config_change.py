"""Applying a world: deterministic rows, versions that rise only with a change."""

import copy
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from hypothesis import given, settings
from hypothesis import strategies as st

from config import change, world
from config.rows import account_id, strategy_magic
from rules.tokens import MAGIC_BITS
from schema import arrow, registry
from schema.ids import make_id, partition_of

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "world.toml"
T0, T1 = 1_700_000_000_000_001, 1_700_000_999_000_002


def small() -> dict[str, Any]:
    return {
        "brokers": [{"key": "alpha", "commission_per_lot": 3}],
        "instruments": [{"broker": "alpha", "symbols": ["EURUSD", "USDJPY"], "suffix": ".m"}],
        "instances": [{"key": "a1", "broker": "alpha"}],
        "accounts": [{"key": "acc-{}", "count": 3, "instance": "a1"}],
        "strategies": [{"key": "london"}, {"key": "paris"}],
        "subscriptions": [{"strategy": "*", "accounts": "*", "sizing": "scaled"}],
    }


def test_the_example_is_right_and_lands_in_every_table() -> None:
    done = change.apply(world.read(EXAMPLE), None, T0)
    assert done.version == 1
    counts = {name: rows.num_rows for name, rows in done.tables.items()}
    assert counts == {
        "brokers": 2,
        "instances": 3,
        "accounts": 27,
        "account_config": 27,
        "strategies": 3,
        "subscriptions": 64,
        "instruments": 11,
        "symbol_map": 7,
    }
    for name, rows in done.tables.items():
        assert rows.schema.equals(arrow.schema(registry.table(name)))
        assert rows.equals(done.rows[name])


def test_applying_again_changes_nothing() -> None:
    first = change.apply(world.read(EXAMPLE), None, T0)
    again = change.apply(world.read(EXAMPLE), (first.version, first.tables), T1)
    assert not again
    assert again.version == first.version
    assert again.tables == first.tables
    assert all(rows.num_rows == 0 for rows in again.rows.values())
    assert again.summary() == "nothing changes; the configuration stays at version 1"


def test_what_the_file_says_nothing_of_stays_as_others_wrote_it() -> None:
    data, owner = small(), make_id("user", "anna").bytes
    first = change.apply(world.parse(data), None, T0)
    limits = '{"max_daily_loss":100}'
    given = {"accounts": {"risk_limits": limits, "user_id": owner},
             "strategies": {"user_id": owner, "is_public": True}}  # fmt: skip
    stored = dict(first.tables)
    for name, columns in given.items():
        rows = [{**row, **columns} for row in stored[name].to_pylist()]
        which = registry.table(name)
        made = {column: [row[column] for row in rows] for column in which.names}
        stored[name] = pa.Table.from_batches([arrow.batch(which, made)])
    # The same file again changes nothing, and takes nothing away.
    again = change.apply(world.parse(data), (first.version, stored), T1)
    assert not again
    assert all(again.tables[name].equals(stored[name]) for name in stored)
    # Nor does one that changes the same rows.
    data["accounts"][0]["leverage"] = 77
    data["strategies"][0]["name"] = "Londres"
    then = change.apply(world.parse(data), (first.version, stored), T1)
    assert then.summary().startswith("version 2: accounts 3 changed")
    for name, columns in given.items():
        for row in then.tables[name].to_pylist() + then.rows[name].to_pylist():
            assert {column: row[column] for column in columns} == columns
    assert {row["leverage"] for row in then.rows["accounts"].to_pylist()} == {77}


def test_only_what_changes_gets_a_new_version_and_what_leaves_is_marked() -> None:
    data = small()
    first = change.apply(world.parse(data), None, T0)
    data["accounts"][0]["count"] = 2
    data["brokers"][0]["commission_per_lot"] = 4
    data["strategies"].append({"key": "tokyo", "status": "draft"})
    data["subscriptions"][0]["strategy"] = ["london", "paris"]
    then = change.apply(world.parse(data), (first.version, first.tables), T1)
    assert then.version == 2
    assert then.summary() == (
        "version 2: brokers 1 changed; accounts 1 removed; account config 1 removed;"
        " strategies 1 added; subscriptions 2 removed"
    )
    assert {name: count for name, count in then.counts.items() if count} == {
        name: count for name, count in change.diff(first.tables, then.tables).items() if count
    }
    (broker,) = then.tables["brokers"].to_pylist()
    assert (broker["config_version"], broker["created_at"] < broker["updated_at"]) == (2, True)
    assert set(then.tables["accounts"]["config_version"].to_pylist()) == {1}
    (gone,) = then.rows["accounts"].to_pylist()
    assert gone["account_id"] == account_id("acc-3").bytes
    assert gone["deleted_at"] is not None
    assert gone["account_id"] not in then.tables["accounts"]["account_id"].to_pylist()
    back = change.apply(world.parse(small()), (then.version, then.tables), T1)
    assert back.version == 3


def test_what_comes_back_has_what_others_wrote_of_it() -> None:
    """An account without the limits that somebody has set for it could lose more than it may."""
    data, owner = small(), make_id("user", "anna").bytes
    first = change.apply(world.parse(data), None, T0)
    which = registry.table("accounts")
    written = {"risk_limits": '{"max_daily_loss":100}', "user_id": owner, "reporting_zone": "UTC"}
    rows = [{**row, **written} for row in first.tables["accounts"].to_pylist()]
    columns = {name: [row[name] for row in rows] for name in which.names}
    stored = first.tables | {"accounts": pa.Table.from_batches([arrow.batch(which, columns)])}
    data["accounts"][0]["count"] = 2
    then = change.apply(world.parse(data), (first.version, stored), T1)
    removed = {
        name: rows.filter(pc.is_valid(rows["deleted_at"])) for name, rows in then.rows.items()
    }
    assert removed["accounts"].num_rows == 1
    back = change.apply(world.parse(small()), (then.version, then.tables), T1 + 1, removed)
    assert back.counts["accounts"] == change.Counts(added=1)
    (account,) = back.rows["accounts"].to_pylist()
    assert {name: account[name] for name in written} == written
    assert account["deleted_at"] is None
    assert account["config_version"] == 3
    (was,) = removed["accounts"].to_pylist()
    assert account["created_at"] == was["created_at"] < account["updated_at"]
    assert account in back.tables["accounts"].to_pylist()


def test_accounts_keep_id_and_partition_and_strategies_their_magic() -> None:
    rows = change.apply(world.parse(small()), None, T0).tables
    for row in rows["accounts"].to_pylist():
        assert row["account_id"] == account_id(row["key"]).bytes
        assert row["partition"] == partition_of(account_id(row["key"]))
    for row in rows["strategies"].to_pylist():
        assert row["magic"] == strategy_magic(row["key"])
        assert 0 < row["magic"] < 2**63
        assert row["magic"] % (1 << MAGIC_BITS) == 0


@settings(max_examples=20, deadline=None)
@given(st.randoms(use_true_random=False))
def test_the_order_of_a_file_changes_nothing(random: Any) -> None:
    data = copy.deepcopy(small())
    data["accounts"].append({"key": "solo", "instance": "a1", "currency": "EUR"})
    first = change.apply(world.parse(data), None, T0)
    for rows in data.values():
        random.shuffle(rows)
    names = list(data)
    random.shuffle(names)
    again = change.apply(
        world.parse({name: data[name] for name in names}), (first.version, first.tables), T1
    )
    assert not again
    assert pa.Table.equals(again.tables["accounts"], first.tables["accounts"])
