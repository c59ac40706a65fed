"""Shards that come, go and overlap in the middle of a run decide everything once."""

import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import redis
from prometheus_client import CollectorRegistry

from config import change, live, world
from config.settings import Settings, Trade
from flows import trade
from flows.trade_metrics import Metrics
from rules import decision_log
from schema import keys
from schema.enums import LegKind, OrderState, Outcome
from schema.ids import PARTITIONS
from schema.wire import REPORT, UNITS, encode
from sources.stop import Stop
from tests.integration.trade.desk import WORLD, Desk, wait

ACCOUNTS = 40


class Shards(Desk):
    """Any number of shards at once, and a broker that fills whatever was decided."""

    def __init__(self, client: redis.Redis) -> None:
        super().__init__(client)
        accounts = [{**WORLD["accounts"][0], "count": ACCOUNTS}]
        many = {**WORLD, "accounts": accounts}
        self.tables = change.apply(world.parse(many), None, 1_700_000_000_000_000).tables
        self.running: dict[tuple[int, int], tuple[Stop, threading.Thread]] = {}
        self._read = dict.fromkeys(range(PARTITIONS), "0-0")
        self._ticket = 0

    def begin(self, *shards: tuple[int, int]) -> None:
        for shard in shards:
            stop = Stop()
            chosen = Settings(trade=Trade(expiry_grace_seconds=0, snapshot_seconds=1))
            metrics = Metrics(shard[0], CollectorRegistry())
            spool_dir = self.spool_dir / f"{shard[0]}-of-{shard[1]}"
            flow = trade.wire(self.client, chosen, shard, stop, metrics, spool_dir)
            thread = threading.Thread(target=trade.run_flow, args=(flow,))
            thread.start()
            self.running[shard] = stop, thread

    def finish(self, *shards: tuple[int, int]) -> None:
        for shard in shards:
            self.running[shard][0].requested = True
        for shard in shards:
            thread = self.running.pop(shard)[1]
            thread.join(20)
            assert not thread.is_alive()

    def fill(self) -> None:
        """Report every order that was decided since the last call as filled."""
        for p in range(PARTITIONS):
            for entry_id, fields in self.client.xrange(keys.decisions(p), f"({self._read[p]}"):
                self._read[p] = entry_id.decode()
                orders = decision_log.read(fields).orders
                if len(orders):
                    self.client.xadd(keys.events(p), {"reports": encode(self._filled(orders))})

    def _filled(self, orders: Any) -> Any:
        reports = np.zeros(len(orders), REPORT)
        for name in ("order_id", "account_id"):
            reports[name] = orders[name]
        reports["state"], reports["outcome"] = OrderState.FINAL, Outcome.FILLED
        reports["filled"], reports["price"] = orders["volume"], round(1.1001 * UNITS)
        tickets = np.arange(len(orders)) + self._ticket + 1
        self._ticket += len(orders)
        reports["order_ticket"] = reports["position_ticket"] = tickets
        reports["done_at"] = reports["reported_at"] = self.clock.now()
        return reports

    def trade_once(self, number: int) -> None:
        """Buy on every account, and close what was bought."""
        self.send(action="buy", signal_id=f"buy-{number}")
        wait(lambda: self._settled(2 * number + 1))
        self.send(action="close", signal_id=f"close-{number}")
        wait(lambda: self._settled(2 * number + 2))

    def _settled(self, signals: int) -> bool:
        self.market()
        self.fill()
        return self.verdicts().total() >= signals * ACCOUNTS

    def verdicts(self) -> Counter[bytes]:
        """How often each pair was decided; trimmed decisions are in their rows."""
        rows = {
            (row["signal_id"], row["account_id"]) for row in self.rows("signal_execution_status")
        }
        logged = Counter(
            (v["signal_id"].tobytes(), v["account_id"].tobytes())
            for _, decision in self.decisions()
            for v in decision.verdicts
        )
        return Counter({pair: logged.get(pair, 1) for pair in rows | logged.keys()})


@pytest.fixture
def shards(redis_client: redis.Redis) -> Iterator[Shards]:
    made = Shards(redis_client)
    live.publish(redis_client, made.tables, 1)
    yield made
    made.finish(*made.running)


@pytest.mark.timeout(120)
def test_one_shard_becomes_three_and_then_two(shards: Shards) -> None:
    three, two = [(0, 3), (1, 3), (2, 3)], [(0, 2), (1, 2)]
    shards.begin((0, 1))
    shards.trade_once(0)
    shards.begin(*three)  # the old one still runs
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
