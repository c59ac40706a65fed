"""Shards that come, go and overlap in the middle of a run decide everything once."""

from collections import Counter
from typing import Any

import pytest

from schema.enums import LegKind
from schema.ids import PARTITIONS
from tests.integration.trade.desk import wait
from tests.integration.trade.shards import ACCOUNTS, Shards


@pytest.mark.timeout(120)
def test_one_shard_becomes_three_and_then_two(shards: Shards) -> None:
    three, two = [(0, 3), (1, 3), (2, 3)], [(0, 2), (1, 2)]
    shards.begin((0, 1))
    shards.trade_once(0)
    shards.begin(*three, host="b")  # the old one still runs
    shards.trade_once(1)
    shards.finish((0, 1))
    shards.trade_once(2)
    shards.begin(*two)
    shards.finish(*three)
    shards.trade_once(3)
    verdicts = shards.verdicts()
    assert len(verdicts) == 8 * ACCOUNTS
    assert set(verdicts.values()) == {1}, "nothing is decided twice"
    wait(lambda: (shards.fill(), _closed(shards) == 4 * ACCOUNTS)[1])
    orders = {row["order_id"]: row for row in shards.rows("orders")}
    assert len(orders) == 8 * ACCOUNTS
    kinds = Counter(row["kind"] for row in orders.values())
    assert kinds == {LegKind.OPEN.word: 4 * ACCOUNTS, LegKind.CLOSE.word: 4 * ACCOUNTS}


@pytest.mark.timeout(120)
def test_a_shard_that_dies_stops_no_other(shards: Shards) -> None:
    shards.begin((0, 2), (1, 2))
    shards.trade_once(0)
    shards.finish((1, 2))
    shards.send(action="buy", signal_id="alone")
    mine = [p for p in range(PARTITIONS) if p % 2 == 0]
    wait(lambda: (shards.market(), _decided(shards, mine))[1])
    assert not _decided(shards, [p for p in range(PARTITIONS) if p % 2 == 1])
    shards.begin((1, 2))
    wait(lambda: (shards.market(), shards.verdicts().total() >= 3 * ACCOUNTS)[1])


def _decided(shards: Shards, partitions: list[int]) -> bool:
    """Whether each account of some partitions has a verdict on three signals."""
    accounts = shards.tables["accounts"].select(["account_id", "partition"]).to_pylist()
    mine = [row["account_id"] for row in accounts if row["partition"] in partitions]
    told = Counter(account for _, account in shards.verdicts())
    return bool(mine) and all(told[account] == 3 for account in mine)


def _closed(shards: Shards) -> int:
    trades = {row["trade_id"]: row for row in sorted(shards.rows("trades"), key=_version)}
    return sum(1 for row in trades.values() if row["closed_at"] is not None)


def _version(row: dict[str, Any]) -> int:
    return int(row["version"])
