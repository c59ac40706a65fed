"""A running trade flow on a real Valkey, and hands to feed it."""

import json
import tempfile
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import redis
from prometheus_client import CollectorRegistry

from config import change, rows, world
from config.process_sections import Trade
from config.settings import Settings
from flows import trade
from flows.trade_metrics import Metrics
from rules import decision_log
from schema import arrow, keys
from schema.enums import OrderState, Outcome
from schema.wire import QUOTE, REPORT, UNITS, encode
from sources.redis_clock import RedisClock
from sources.stop import Stop
from tests.servers import eventually

WORLD: dict[str, Any] = {
    "brokers": [{"key": "alpha", "name": "Alpha", "server": "Alpha-Demo"}],
    "instruments": [{"broker": "alpha", "symbols": ["EURUSD"]}],
    "instances": [{"key": "one", "broker": "alpha"}],
    "accounts": [
        {"count": 5, "key": "acc-{:03}", "instance": "one", "leverage": 100, "balance": 10_000}
    ],
    "strategies": [{"key": "london"}],
    "subscriptions": [
        {"strategy": "london", "accounts": "acc-*", "sizing": "fixed", "volume": 0.1}
    ],
}


class Desk:
    """A running trade flow, and hands to feed it."""

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self.tables = change.apply(world.parse(WORLD), None, 1_700_000_000_000_000).tables
        self.clock = RedisClock(client)
        self.clock.look()
        self.stop = Stop()
        self.spool_dir = Path(tempfile.mkdtemp(prefix="spool-"))
        self.thread: threading.Thread | None = None

    def start(self, **settings: Any) -> None:
        """Start a flow; `settings` are those of section trade."""
        self.stop = Stop()
        chosen = Settings(trade=Trade(expiry_grace_seconds=0, **settings))
        self.registry = CollectorRegistry()
        metrics = Metrics(0, self.registry)
        flow = trade.wire(self.client, chosen, (0, 1), self.stop, metrics, self.spool_dir)
        self.thread = threading.Thread(target=trade.run_flow, args=(flow,))
        self.thread.start()

    def metric(self, name: str, **labels: str) -> float:
        """What a metric of the running flow says now; 0 if it says nothing."""
        found = self.registry.get_sample_value(f"tradecast_trade_{name}", {"shard": "0", **labels})
        return found or 0.0

    def end(self) -> None:
        self.stop.requested = True
        if self.thread is not None:
            self.thread.join(10)
            assert not self.thread.is_alive()

    def market(self) -> None:
        quote = np.zeros(1, QUOTE)
        quote["symbol"], quote["bid"], quote["ask"] = b"EURUSD", 1.1, 1.1001
        quote["quoted_at"] = self.clock.now()
        self.client.xadd(keys.quotes(rows.broker_id("alpha")), {"q": encode(quote)})

    def send(self, **fields: Any) -> None:
        body = {"strategy": "london", "symbol": "EURUSD", **fields}
        self.client.xadd(keys.signals(0), {"json": json.dumps(body)})

    def settle(self) -> None:
        """Wait until the flow has logged another decision of each partition."""
        before = [self.client.xinfo_stream(keys.decisions(p)) for p in range(64)]
        last: list[Any] = [info["last-generated-id"] for info in before]  # type: ignore[index]

        def moved() -> bool:
            return all(
                self.client.xinfo_stream(keys.decisions(p))["last-generated-id"] != last[p]  # type: ignore[index]
                for p in range(64)
            )

        eventually(moved)

    def ago(self, seconds: float) -> str:
        """A time before now, as a signal writes it."""
        at = datetime.fromtimestamp(self.clock.now() / 1e6 - seconds, UTC)
        return at.isoformat()

    def decisions(self) -> list[tuple[int, decision_log.Decision]]:
        return [
            (p, decision_log.read(fields))
            for p in range(64)
            for _, fields in self.client.xrange(keys.decisions(p))
        ]

    def orders(self) -> list[Any]:
        return [order for _, decision in self.decisions() for order in decision.orders]

    def report(self, partition: int, order: Any, outcome: Outcome, ticket: int = 7) -> None:
        report = np.zeros(1, REPORT)
        for name in ("order_id", "account_id"):
            report[name] = order[name]
        report["state"], report["outcome"] = OrderState.FINAL, outcome
        report["filled"], report["price"] = order["volume"], round(1.1001 * UNITS)
        report["order_ticket"] = report["position_ticket"] = ticket
        report["done_at"] = report["reported_at"] = self.clock.now()
        self.client.xadd(keys.events(partition), {"reports": encode(report)})

    def spooled(self) -> int:
        """Files in the spool."""
        return len(list(self.spool_dir.glob("*.spool")))

    def rows(self, name: str) -> list[dict[str, Any]]:
        stored = self.client.hgetall(keys.WIRE_TYPES)
        schemas = arrow.read_wire_types(stored)
        out = []
        streams = [keys.results(p) for p in range(64)] + [keys.signal_results(0)]
        for stream in streams:
            for _, fields in self.client.xrange(stream):
                for field, data in fields.items():
                    table, batch = arrow.decode(field.decode(), data, schemas)
                    if table == name:
                        out.extend(batch.to_pylist())
        return out


def partition_of(desk: Desk, order: Any) -> int:
    return next(p for p, d in desk.decisions() if order["order_id"] in d.orders["order_id"])


def wait(condition: Callable[[], object]) -> None:
    eventually(condition)
