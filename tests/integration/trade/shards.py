"""Any number of shards at once on a real Valkey, and a broker that fills."""

import threading
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import redis
from bytewax.dataflow import Dataflow
from prometheus_client import CollectorRegistry

from config import change, world
from config.process_sections import Trade
from config.settings import Settings
from embedded.home import Home, open_home
from embedded.lock import DirectoryLock
from embedded.server import make_private
from flows import trade
from flows.launch import process_name
from flows.left_spools import LeftSpools
from flows.trade_metrics import Metrics
from rules import decision_log
from schema import keys
from schema.enums import OrderState, Outcome
from schema.ids import PARTITIONS
from schema.wire import REPORT, UNITS, encode
from sources.stop import Stop
from tests.integration.trade.desk import WORLD, Desk, wait

ACCOUNTS = 40


class Shards(Desk):
    """Any number of shards at once, and a broker that fills whatever was decided."""

    def __init__(self, client: redis.Redis, homes: Path) -> None:
        super().__init__(client)
        self._homes = homes
        accounts = [{**WORLD["accounts"][0], "count": ACCOUNTS}]
        many = {**WORLD, "accounts": accounts}
        self.tables = change.apply(world.parse(many), None, 1_700_000_000_000_000).tables
        self.running: dict[tuple[int, int], tuple[Stop, threading.Thread]] = {}
        self._read = dict.fromkeys(range(PARTITIONS), "0-0")
        self._ticket = 0

    def begin(self, *shards: tuple[int, int], host: str = "a", **settings: Any) -> None:
        """Start shards i of k, each with the lock and the spool of its process in a host's home."""
        home = self.home(host)
        settings = {"snapshot_seconds": 1, **settings}
        for shard in shards:
            stop = Stop()
            chosen = Settings(trade=Trade(expiry_grace_seconds=0, **settings))
            metrics = Metrics(shard[0], CollectorRegistry())
            spool_dir = self.spool(shard[0], host)
            left = LeftSpools(home, shard[1]).take
            flow = trade.wire(self.client, chosen, shard, stop, metrics, spool_dir, left)
            thread = threading.Thread(target=_run, args=(flow, home.recovery_dir / spool_dir.name))
            thread.start()
            self.running[shard] = stop, thread

    def home(self, host: str = "a") -> Home:
        return open_home(self._homes / host)

    def spool(self, shard: int, host: str = "a") -> Path:
        return self.home(host).spool_dir / process_name("trade", shard)

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
        # In this order: a decision is trimmed only once its rows are there.
        logged = Counter(
            (v["signal_id"].tobytes(), v["account_id"].tobytes())
            for _, decision in self.decisions()
            for v in decision.verdicts
        )
        rows = {
            (row["signal_id"], row["account_id"]) for row in self.rows("signal_execution_status")
        }
        return Counter({pair: logged.get(pair, 1) for pair in rows | logged.keys()})


def _run(flow: Dataflow, lock: Path) -> None:
    make_private(lock)
    with DirectoryLock(lock):
        trade.run_flow(flow)
