"""Starting again over long logs: a shard folds them anew, an executor reads its decisions.

The logs are written by the project's own sinks: signals to 1,000 accounts in 64 partitions,
each order filled by the time of the next signal. No snapshot is stored, so every decision is
folded; a system that runs stores one a minute and trims under it.
"""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from benchmarks.measure import Row, milliseconds, timed
from benchmarks.servers import scratch, valkey
from brokers.retcodes import verdict
from brokers.simulated import Instrument, SimulatedAccount, SimulatedTerminal, units
from operators.execution import Executor
from operators.replay import replay
from rules import decision_log
from rules.decision_log import Decision
from rules.state import State
from schema import keys
from schema.enums import LegKind, OrderState, Outcome
from schema.ids import PARTITIONS
from schema.wire import DEAL, MARK, ORDER, REPORT, UNITS, VERDICT, Records
from sinks.claims import ClaimBatch, Claims
from sinks.dispatch import Append, Dispatcher
from sinks.events import EventsWriter
from sinks.journal import Journal
from sources.prices import Feed, PriceTable, write_feed
from sources.redis_streams import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

NAME = "resume"
_ACCOUNTS = 1000
_SIGNALS = (10, 100, 1000)
_NOTHING = np.zeros(0, DEAL), np.zeros(0, MARK)
_PARTITION = 3  # that of the executor's account
_INSTANCE = UUID(int=5)
_ACCOUNT = bytes(15) + b"\x07"
_NOW = 1_700_000_000_000_000
_EURUSD = Instrument(
    symbol="EURUSD",
    feed="EURUSD",
    digits=5,
    contract_size=100_000,
    currency_profit="USD",
    currency_margin="EUR",
)
_DEMO = SimulatedAccount(account_id=_ACCOUNT, currency="USD", balance=units(10_000), leverage=100)


def run() -> Iterator[Row]:
    """Measure both at 10,000, 100,000 and 1,000,000 decisions of an account."""
    found = [_at(signals) for signals in _SIGNALS]
    shard, executor, raw = (list(each) for each in zip(*found, strict=True))
    counts = ", ".join(f"{signals * _ACCOUNTS:,}" for signals in _SIGNALS)
    for what, seconds in (
        (f"a shard folds {counts} decisions", shard),
        ("an executor reads those of its partition, a 64th", executor),
    ):
        yield Row(
            group=NAME,
            what=what,
            value=milliseconds(*seconds),
            ratio=" / ".join(
                f"{each / signals * _SIGNALS[0] / seconds[0]:.2f}x"
                for each, signals in zip(seconds, _SIGNALS, strict=True)
            ),
            against="the time per decision at 1x",
        )
    yield Row(
        group=NAME,
        what=f"a shard folds {_SIGNALS[-1] * _ACCOUNTS:,} decisions",
        value=f"{_SIGNALS[-1] * _ACCOUNTS / shard[-1] / 1e3:.0f} k/s",
        ratio=f"{raw[-1] / shard[-1]:.2f}",
        against="reading the same logs alone",
    )


def _at(signals: int) -> tuple[float, float, float]:
    """Return the seconds of a shard's fold, an executor's reading, and reading alone."""
    with valkey() as client, scratch() as directory:
        _fill(client, signals)
        every = range(PARTITIONS)
        names = [keys.decisions(p) for p in every] + [keys.events(p) for p in every]
        raw = timed(lambda: [_read(client, name) for name in names])
        state = State()
        shard = timed(lambda: replay(client, state, every))
        if state.pairs.count != signals * _ACCOUNTS:
            raise RuntimeError(f"{state.pairs.count} decisions were folded")
        with _executor(client, directory) as executor:
            taken_in = timed(lambda: _take_in(client, executor))
            if len(executor.waiting) != signals:
                raise RuntimeError(f"{len(executor.waiting)} orders were taken in")
        return shard, taken_in, raw


@contextmanager
def _executor(client: redis.Redis, directory: Path) -> Iterator[Executor]:
    """The executor of one account, with an empty journal and a terminal that has nothing to do."""
    price = PriceTable(offset=np.zeros(1, np.int64), bid=np.array([1.1]), ask=np.array([1.1001]))
    write_feed(directory / "feed", {"EURUSD": price}, _NOW, loop=False)
    terminal = SimulatedTerminal(
        directory / "terminal",
        accounts=[_DEMO],
        instruments=[_EURUSD],
        prices=Feed(directory / "feed"),
        now=lambda: _NOW,
    )
    with closing(terminal), closing(Journal(directory / "journal")) as journal:
        executor = Executor(
            instance=_INSTANCE,
            partitions={_ACCOUNT: _PARTITION},
            claims=Claims(client),
            journal=journal,
            terminal=terminal,
            publisher=EventsWriter(client, _INSTANCE),
            verdict=lambda code, kind: verdict(code, kind)[1:],
            claim_batch=ClaimBatch,
            clock=lambda: _NOW,
        )
        executor.lease()
        yield executor


def _read(client: redis.Redis, name: str) -> int:
    reader = StreamReader(client, {name: "0-0"})
    count = 0
    while entries := reader.take():
        count += len(entries)
    reader.close()
    return count


def _take_in(client: redis.Redis, executor: Executor) -> None:
    reader = StreamReader(client, {keys.decisions(_PARTITION): "0-0"})
    while entries := reader.take():
        for _, entry_id, fields in entries:
            executor.read(_PARTITION, entry_id, decision_log.read(fields).orders)
    reader.close()


def _fill(client: redis.Redis, signals: int) -> None:
    dispatcher, events = Dispatcher(client), EventsWriter(client, _INSTANCE)
    random = np.random.default_rng(1)
    accounts = np.frombuffer(random.bytes(16 * _ACCOUNTS), "V16").copy()
    accounts[_PARTITION] = np.void(_ACCOUNT)
    places, seen = ["0-0"] * PARTITIONS, ["0-0"] * PARTITIONS
    for number in range(signals):
        orders, verdicts, reports = _signal(number, accounts, random)
        sent = dispatcher.send(
            [
                Append(
                    partition=p,
                    previous=places[p],
                    fields=Decision(
                        previous=places[p],
                        events=seen[p],
                        marks={keys.signals(0): f"{number + 1}-0"},
                        config=1,
                        orders=orders[p::PARTITIONS],
                        verdicts=verdicts[p::PARTITIONS],
                    ).fields(),
                )
                for p in range(PARTITIONS)
            ]
        )
        places = [entry_id or "" for entry_id in sent]
        filled = [(p, reports[p::PARTITIONS], *_NOTHING) for p in range(PARTITIONS)]
        seen = events.publish(filled)


def _signal(
    number: int, accounts: Records, random: np.random.Generator
) -> tuple[Records, Records, Records]:
    """Return the orders, verdicts and fills of one signal."""
    orders, verdicts, reports = (np.zeros(len(accounts), kind) for kind in (ORDER, VERDICT, REPORT))
    ids = np.frombuffer(random.bytes(16 * len(accounts)), "V16")
    orders["order_id"] = reports["order_id"] = ids
    for records in (orders, verdicts):
        records["signal_id"] = np.void(number.to_bytes(16, "big"))
        records["decided_at"] = _NOW + number
    for records in (orders, verdicts, reports):
        records["account_id"] = accounts
    orders["leg"] = orders["legs"] = verdicts["legs"] = 1
    orders["kind"], orders["symbol"], orders["volume"] = LegKind.OPEN, b"EURUSD", UNITS
    tickets = np.arange(len(accounts)) + 1 + number * len(accounts)
    reports["state"], reports["outcome"] = OrderState.FINAL, Outcome.FILLED
    reports["order_ticket"] = reports["position_ticket"] = tickets
    reports["filled"], reports["price"], reports["sent"] = UNITS, UNITS, 1
    reports["reported_at"] = orders["decided_at"] + 1
    return orders, verdicts, reports
