"""The soak: a shard and an executor on a real Valkey, whose days pass in seconds."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import numpy as np
import redis

from brokers.retcodes import verdict
from config import change, live, rows, world
from embedded.valkey import Valkey
from flows.lag import STORES, results_streams
from operators import confirmation, searching
from operators.claiming import claim
from operators.execution import Executor
from operators.publishing import publish
from operators.sending import send
from rules import decision_log
from schema import keys
from schema.wire import QUOTE, encode
from sinks.claims import ClaimBatch, Claims
from sinks.events import EventsWriter
from sinks.journal import Journal
from sinks.positions import StoredPositions
from sources import rounds
from sources.redis_clock import RedisClock
from sources.redis_streams import StreamReader
from tests.integration.trade.logs import last_id
from tests.integration.trade.plane import Plane
from tests.soak.broker import SoakBroker
from tests.soak.sizes import Sizes, forget_ttls, of_executor, of_files, of_redis, of_shard, resident

DAY = 86_400
_SECOND = 1_000_000
_UNFOLLOWED = "alone"
_SHOWN_AT_ONCE = 2000


class MovedClock(RedisClock):
    """The time of Redis, and the seconds that the soak has let pass."""

    ahead = 0.0

    def now(self) -> int:
        return super().now() + int(self.ahead * _SECOND)


def document(accounts: int) -> dict[str, Any]:
    """A world in which each account follows a strategy of its own."""
    names = [f"s{number}" for number in range(accounts)]
    return {
        "brokers": [{"key": "alpha", "name": "Alpha", "server": "Alpha-Demo"}],
        "instruments": [{"broker": "alpha", "symbols": ["EURUSD"]}],
        "instances": [{"key": "one", "broker": "alpha"}],
        "accounts": [
            {"key": name, "instance": "one", "leverage": 100, "balance": 10_000} for name in names
        ],
        "strategies": [{"key": name} for name in (*names, _UNFOLLOWED)],
        "subscriptions": [
            {"strategy": name, "accounts": name, "sizing": "fixed", "volume": 0.1} for name in names
        ],
    }


class Soak:
    """One run.

    Args:
        directory: Takes the data of Valkey, the journal and the spool.
        accounts: Each gets an opening and a close in a tick.
        ticks: How often a day the clock moves on.
        cycles: Openings and closes of each account in a tick.
        unfollowed: Signals of a strategy that nobody follows, for each one that is traded.
    """

    def __init__(
        self,
        directory: Path,
        *,
        accounts: int,
        ticks: int = 24,
        cycles: int = 1,
        unfollowed: int = 0,
    ) -> None:
        self._directory, self._accounts, self._cycles = directory, accounts, cycles
        self._unfollowed = unfollowed * accounts
        self._ticks, self._step = ticks, DAY / ticks
        self._stack = ExitStack()
        self._sent = self.signals = self.orders = 0

    def __enter__(self) -> Self:
        # Nobody waits for entries: what is there is taken.
        self._stack.callback(setattr, rounds, "_WAIT", rounds._WAIT)
        rounds._WAIT = 0.0
        valkey = Valkey(
            self._directory / "valkey", password="soak", fsync="no", die_with_parent=True
        )
        self._stack.enter_context(valkey)
        self._client = self._stack.enter_context(
            redis.Redis(unix_socket_path=str(valkey.unix_path), password="soak")
        )
        tables = change.apply(world.parse(document(self._accounts)), None, 1_700_000_000_000_000)
        live.publish(self._client, tables.tables, 1)
        self._clock = MovedClock(self._client)
        self._plane = Plane(
            self._client,
            clock=self._clock,
            snapshot_seconds=self._step / 2,
            idle_decision_seconds=300,
        )
        self._stack.callback(self._plane.close)
        self._plane.run(lambda: self._plane.turn() is not None)
        self._start_executor(tables.tables)
        seconds = [0.0]
        self._stores = [
            StoredPositions(self._client, s, STORES, trim_seconds=0, clock=lambda: seconds[0])
            for s in STORES
        ]
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _start_executor(self, tables: Any) -> None:
        found = tables["accounts"].to_pylist()
        partitions = {_raw(row["account_id"]): int(row["partition"]) for row in found}
        instance = UUID(bytes=_raw(found[0]["instance_id"]))
        journal = Journal(self._directory / "journal", compact_bytes=1 << 20)
        self._stack.callback(journal.close)
        self._broker = SoakBroker(list(partitions))
        self._executor = Executor(
            instance=instance,
            partitions=partitions,
            claims=Claims(self._client),
            journal=journal,
            terminal=self._broker,
            publisher=EventsWriter(self._client, instance),
            verdict=lambda code, kind: verdict(code, kind)[1:],
            claim_batch=ClaimBatch,
            clock=self._clock.now,
        )
        streams = {keys.decisions(p): "0-0" for p in set(partitions.values())}
        self._reader = StreamReader(self._client, streams)
        self._stack.callback(self._reader.close)

    def days(self, count: int) -> Iterator[Sizes]:
        """Live through days; yield how large everything is at the end of each."""
        for _ in range(count):
            began = time.perf_counter()
            for _ in range(self._ticks):
                forget_ttls(self._client, self._step)
                self._clock.ahead += self._step
                self._tick()
            yield {**self.sizes(), "milliseconds": int(1000 * (time.perf_counter() - began))}

    def sizes(self) -> Sizes:
        """How large everything is."""
        return {
            **of_redis(self._client),
            **of_shard(self._plane.shard, self._plane.upkeep),
            **of_executor(self._executor),
            **of_files(
                journal=self._directory / "journal",
                valkey=self._directory / "valkey",
                spool=self._plane.spool_dir,
            ),
            "resident": resident(),
        }

    def _tick(self) -> None:
        self._give_prices()
        for _ in range(self._cycles):
            for action in ("buy", "close"):
                self._publish(action)
                self._plane.settle()
                self._execute()
        shard = self._plane.shard
        while shard.live.waiting:  # a shard shows a few with each round without signals
            shard.live.write(shard.state, _SHOWN_AT_ONCE)
        self._keep_snapshots()
        self._store()
        self._executor.forget(self._clock.now())
        self._executor.journal.compact()

    def _give_prices(self) -> None:
        self._broker.now = self._clock.now()
        quote = np.zeros(1, QUOTE)
        quote["symbol"], quote["bid"], quote["ask"] = b"EURUSD", 1.1, 1.1001
        quote["quoted_at"] = self._clock.now()
        data = {"q": encode(quote)}
        self._client.xadd(keys.quotes(rows.broker_id("alpha")), data, maxlen=16)
        self._executor.lease()
        publish(self._executor, marks=self._broker.account())
        self._plane.settle()
        self._plane.turn()

    def _publish(self, action: str) -> None:
        pipe: Any = self._client.pipeline(transaction=False)
        place = f"{self._clock.now() // 1000}-*"
        followed = [f"s{account}" for account in range(self._accounts)]
        for strategy in followed + [_UNFOLLOWED] * self._unfollowed:
            self._sent += 1
            body = {
                "strategy": strategy,
                "symbol": "EURUSD",
                "signal_id": f"n{self._sent}",
                "action": action,
            }
            pipe.xadd(keys.signals(0), {"json": json.dumps(body)}, id=place)
        pipe.xadd(keys.signals(0), {"json": json.dumps(body)}, id=place)  # the last one again
        pipe.xadd(keys.signals(0), {"json": "{"}, id=place)
        pipe.execute()
        self.signals += self._accounts + self._unfollowed
        self.orders += self._accounts

    def _execute(self) -> None:
        """Let the executor do what was decided, and the shard hear of it."""
        executor, now = self._executor, self._clock.now()
        for stream, entry_id, fields in self._reader.poll(0.0) + self._reader.take():
            partition = int(stream[1 : stream.index("}")])
            executor.read(partition, entry_id, decision_log.read(fields).orders)
        while granted := claim(executor, now):
            send(executor, granted)
        deals = confirmation.poll(executor, now)
        searching.look_for(executor, now)
        publish(executor, deals)
        self._plane.settle()

    def _keep_snapshots(self) -> None:
        """Have every partition store a snapshot, as it does within a minute."""
        upkeep = self._plane.upkeep
        self._plane.run(lambda: not upkeep.overdue(self._clock.now()))
        # What is over is forgotten, and signals are trimmed, with the next round.
        upkeep.keep([], self._clock.now())

    def _store(self) -> None:
        """Say that both stores have all rows, which trims them."""
        ends = {s: last_id(self._client, s) for s in results_streams(1)}
        for store in self._stores:
            store.publish({s: at for s, at in ends.items() if at != "0-0"})


def _raw(value: Any) -> bytes:
    return value.bytes if isinstance(value, UUID) else bytes(value)


# Days: an identity's own, the seven after it, and what Redis keeps beyond.
PLATEAU = 11
ALLOWED = 1.1  # what is sampled, and what an allocator keeps
# What comes and goes by itself: rows of the last hour, a journal and an append-only file that
# are rewritten once they have grown, pages of the allocator, the load of the machine.
_COUNT = 100
_FLOORS = {
    "redis": 256 << 10,
    "resident": 16 << 20,
    "disk": 160 << 20,
    "disk spool": 0,
    "disk journal": 2 << 20,
    "journal bytes": 2 << 20,
    "shard decisions unwritten": 4096,
    "milliseconds": 600_000,
}
_SIGNAL_BYTES = 250  # of one in the stream


def settled(
    days: list[Sizes], after: int, count: int = _COUNT, signals: int = 0
) -> dict[str, tuple[int, int]]:
    """Return what grew: the most in the first and in the second half of the days after `after`.

    Args:
        days: How large everything was at the end of each.
        after: Days that do not count.
        count: How many of what is counted may come and go by itself: a few for each account.
        signals: How many signals may not have been trimmed when a day is looked at.
    """
    floors = {**_FLOORS, "redis signals": _FLOORS["redis"] + signals * _SIGNAL_BYTES}
    tail = days[after:]
    half = len(tail) // 2
    if not half:
        raise ValueError(f"{len(days)} days are too few to see a plateau after {after}")
    grown = {}
    for name in tail[-1]:
        early = max(day.get(name, 0) for day in tail[:half])
        late = max(day.get(name, 0) for day in tail[half:])
        floor = floors.get(name, floors.get(name.partition(" ")[0], count))
        if late > early * ALLOWED + floor:
            grown[name] = (early, late)
    return grown
