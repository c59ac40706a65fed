"""A shard on a real Valkey whose rounds are taken one by one, so that tests choose what fails."""

import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import redis

from config import change, live, rows, world
from config.process_sections import Trade
from config.settings import Settings
from flows.lag import STORES
from flows.trade import shard_settings
from operators import steps
from operators.grounds import Grounds
from operators.intake import Intake
from operators.live_state import LiveState
from operators.pressure import Pressure
from operators.shard import Shard
from operators.upkeep import Upkeep
from rules.rounds import Round
from schema import keys
from schema.enums import OrderState, Outcome
from schema.wire import QUOTE, REPORT, UNITS, encode
from sinks.claims import Claims
from sinks.dispatch import Append, Dispatcher
from sinks.live_state import LiveStateWriter
from sinks.memory import used_memory
from sinks.results import ResultsWriter
from sinks.spool import Spool
from sinks.spooled_results import SpooledResults
from sources.redis_clock import RedisClock
from sources.rounds import RoundSource
from sources.stop import Stop
from tests.integration.trade.desk import WORLD
from tests.integration.trade.logs import last_id, order_of, partition_of

Sent = list[str | None]
Start = Callable[..., "Plane"]
Appends = Sequence[tuple[int, str, Mapping[bytes, bytes]]]


def publish_world(
    client: redis.Redis, version: int = 1, *, volume: float = 0.1, **accounts: Any
) -> None:
    """Publish the desk's world, with another volume or other settings of its accounts."""
    document = {
        **WORLD,
        "accounts": [{**WORLD["accounts"][0], **accounts}],
        "subscriptions": [{**WORLD["subscriptions"][0], "volume": volume}],
    }
    tables = change.apply(world.parse(document), None, 1_700_000_000_000_000).tables
    live.publish(client, tables, version)


class Plane:
    """One shard: the trade flow's own source and steps, without Bytewax around them.

    Attributes:
        around_send: Called with the appends and what sends them, in place of sending.
    """

    def __init__(
        self,
        client: redis.Redis,
        shard: tuple[int, int] = (0, 1),
        *,
        streams: int = 1,
        durability: str = "always",
        timeout_ms: int = 2000,
        clock: RedisClock | None = None,
        **trade: Any,
    ) -> None:
        settings = Settings(trade=Trade(**trade))
        chosen = shard_settings(settings, shard)
        self.client = client
        self.clock = clock or RedisClock(client)
        self.clock.look()
        self.around_send: Callable[[Appends, Callable[[], Sent]], Sent] = lambda _, send: send()
        self._dispatcher = Dispatcher(client, durability, timeout_ms)
        chosen = replace(chosen, streams=tuple(range(streams)))
        self.shard = Shard(
            client,
            intake=Intake(client),
            send=self._send,
            last=self._dispatcher.last,
            grounds=Grounds(chosen, lambda: live.version(client), lambda: live.load(client)),
            live=LiveState(LiveStateWriter(client)),
            pressure=Pressure(lambda: used_memory(client), lambda: self.results.full),
        )
        self.upkeep = Upkeep(
            client,
            self.shard,
            Claims(client, durability=durability),
            stores=STORES,
            durability=durability,
        )
        source = RoundSource(
            client, self.shard, lambda: self.shard.grounds.brokers, Stop(), self.clock
        )
        self.source = source.build_part("rounds", "shard", None)
        self.spool_dir = Path(tempfile.mkdtemp(prefix="spool-"))
        spool = Spool(self.spool_dir, 1 << 20)
        self.results = SpooledResults(ResultsWriter(client), spool, self.shard.pressure)
        every = (
            *(steps.fold_events, steps.validate_signals, steps.route_signals, steps.size_pairs),
            *(steps.guard_and_decide, steps.dispatch(self.upkeep, self.clock.now)),
            steps.write_results(self.results, self.upkeep),
        )
        self._steps = [steps.guarded(step, self.shard) for step in every]

    def _send(self, appends: Appends, *, beyond: bool) -> Sent:
        made = [Append(partition=p, previous=at, fields=fields) for p, at, fields in appends]
        return self.around_send(appends, lambda: self._dispatcher.send(made, beyond=beyond))

    def turn(self) -> Round | None:
        """Take one round, if there is one now."""
        done = None
        for found in self.source.next_batch():
            done = found
            for step in self._steps:
                done = step(done)
        return done

    def run(self, condition: Callable[[], object]) -> None:
        """Take rounds until something is true."""
        for _ in range(150):
            if condition():
                return
            self.turn()
        raise AssertionError("it did not come true in 150 rounds")

    def settle(self) -> None:
        """Take rounds until everything that is in the streams now was read."""
        ends: dict[str, Any] = {}
        for partition in self.shard.settings.partitions:
            ends[keys.events(partition)] = last_id(self.client, keys.events(partition))
        for stream in self.shard.settings.streams:
            ends[keys.signals(stream)] = last_id(self.client, keys.signals(stream))

        def came() -> bool:
            at = self.source._reader.positions  # type: ignore[attr-defined]
            return self.shard.ready and all(
                order_of(at.get(name, "0-0")) >= order_of(end) for name, end in ends.items()
            )

        self.run(came)

    def snapshot(self) -> None:
        """Take rounds until every partition has a new snapshot; needs `snapshot_seconds=1`."""
        names = [keys.snapshot(p) for p in self.shard.settings.partitions]
        before: Any = self.client.mget(names)

        def newer() -> bool:
            now: Any = self.client.mget(names)
            return all(new not in (None, old) for new, old in zip(now, before, strict=True))

        self.run(newer)

    def close(self) -> None:
        self.source.close()


def send(client: redis.Redis, signal: str, *, stream: int = 0, **fields: Any) -> str:
    """Publish a signal; return its entry."""
    body = {
        "strategy": "london",
        "symbol": "EURUSD",
        "signal_id": signal,
        "action": "buy",
        **fields,
    }
    reply: Any = client.xadd(keys.signals(stream), {"json": json.dumps(body)})
    return str(reply.decode())


def give_price(client: redis.Redis, bid: float = 1.1, ahead: int = 0) -> None:
    """A price of now, which an opening needs, or of some microseconds later."""
    clock = RedisClock(client)
    clock.look()
    quote = np.zeros(1, QUOTE)
    quote["symbol"], quote["bid"], quote["ask"] = b"EURUSD", bid, bid + 0.0001
    quote["quoted_at"] = clock.now() + ahead
    client.xadd(keys.quotes(rows.broker_id("alpha")), {"q": encode(quote)})


def report(client: redis.Redis, order: Any, outcome: Outcome, ticket: int = 7) -> str:
    """Have an executor say what became of an order."""
    made = np.zeros(1, REPORT)
    made["order_id"], made["account_id"] = order["order_id"], order["account_id"]
    made["state"], made["outcome"] = OrderState.FINAL, outcome
    if outcome == Outcome.FILLED:
        made["filled"], made["price"] = order["volume"], round(1.1001 * UNITS)
        made["order_ticket"] = made["position_ticket"] = ticket
    made["done_at"] = made["reported_at"] = 1_700_000_000_000_000
    stream = keys.events(partition_of(client, order))
    reply: Any = client.xadd(stream, {"reports": encode(made)})
    return str(reply.decode())


def ready(plane: Plane) -> Plane:
    """Let it fold the logs, and do all that is there."""
    plane.run(lambda: plane.shard.ready)
    plane.settle()
    return plane
