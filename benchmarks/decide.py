"""The decision plane on one core: route, size, guard, legs, order ids, fold; no I/O."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.measure import Row, milliseconds, p50, seconds_of
from benchmarks.per_object.deciding import Held, decide_each
from benchmarks.per_object.pairs import plain
from benchmarks.plane import decide_all
from benchmarks.worlds import SmallWorld, random_world
from rules.asked import Decided
from rules.links import Links
from rules.state import State
from schema.ids import order_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NAME = "decide"
_EACH = 20_000
_MANY = 50_000


def run() -> Iterator[Row]:
    """Measure every shape, each against one Python object per order."""
    shapes: list[tuple[str, SmallWorld, int, str, Callable[[float, int], bool]]] = [
        (
            "1,000 signals x 1,000 distinct accounts",
            fan_out(1000, 1000),
            1,
            ">= 1.5 M orders/s",
            lambda seconds, orders: orders / seconds >= 1.5e6,
        ),
        (
            "1,000 signals of one account each",
            fan_out(1000, 1),
            30,
            ">= 1.5 M orders/s",
            lambda seconds, orders: orders / seconds >= 1.5e6,
        ),
        (
            "100 signals on the same 1,000 accounts",
            same_accounts(100, 1000),
            3,
            "<= 60 ms",
            lambda seconds, _: seconds <= 0.06,
        ),
        (
            "one signal, 1,000 accounts",
            fan_out(1, 1000),
            100,
            "",
            lambda *_: True,
        ),
        (
            "one order",
            fan_out(1, 1),
            300,
            "<= 0.3 ms",
            lambda seconds, _: seconds <= 0.0003,
        ),
    ]
    for what, world, repeat, target, reached in shapes:
        orders, seconds = time_of(world, repeat)
        each = _per_object(world)
        yield Row(
            group=NAME,
            what=what,
            value=f"{milliseconds(seconds)}, {orders / seconds / 1e6:.2f} M orders/s",
            target=target,
            held=reached(seconds, orders) if target else None,
            ratio=f"{each / (seconds / orders):.0f}x",
            against="the same rules, one object per order",
        )
        if orders > _MANY:
            yield _bounds(what, orders, seconds)


def _bounds(what: str, orders: int, seconds: float) -> Row:
    """What no way of deciding can do without: ids, and memory for what is remembered."""
    state = State()
    size = sum(t.dtype.itemsize for t in (state.pairs, state.orders, state.trades))

    def remembered() -> None:
        records = np.zeros(orders, f"V{size}")
        np.take(records[:1], np.zeros(orders, np.int64), out=records, mode="clip")

    random = np.random.default_rng(1)
    ids = np.frombuffer(random.bytes(16 * orders), "V16")
    numbers = np.ones(orders, np.int64)
    named = p50(seconds_of(lambda: order_ids(ids, ids, ids, numbers), 3))
    written = p50(seconds_of(remembered, 3))
    return Row(
        group=NAME,
        what=f"{what}: the ids alone; {size} bytes for each order in fresh memory alone",
        value=milliseconds(named, written),
        ratio=f"{(named + written) / seconds:.2f}",
        against="deciding",
    )


def time_of(world: SmallWorld, repeat: int) -> tuple[int, float]:
    """Orders of one decision, and its median time; each starts with an empty state."""
    made: list[Decided] = []

    def prepare() -> tuple[State, Links]:
        state = State()
        return state, Links(world.book, state)

    times = []
    for _ in range(repeat + 1):
        state, links = prepare()
        made = [None]  # type: ignore[list-item]  # what was made before must not weigh
        start = time.perf_counter()
        made = [decide_all(world, state, links)]
        times.append(time.perf_counter() - start)
    return len(made[0].orders), p50(times[1:])


def _per_object(world: SmallWorld) -> float:
    """Seconds per order of the same rules on one object each, on as many as take a moment."""
    per_signal = max(1, len(world.book.subscriptions) // max(1, len(world.signals)))
    count = max(1, min(len(world.signals), _EACH // per_signal))
    part = plain(replace(world, signals=world.signals.take(np.arange(count))))

    def decided() -> int:
        orders, _ = decide_each(part, Held())
        return len(orders)

    orders = decided()
    return min(seconds_of(decided, 2 if orders > 1000 else 20)) / orders


def fan_out(signals: int, accounts: int) -> SmallWorld:
    """A world in which each signal has accounts of its own."""
    world = random_world(1, accounts=signals * accounts, asked=signals, clean=True)
    book, count = world.book, signals * accounts
    subscriptions = replace(
        book.subscriptions.take(np.arange(count)),
        strategy=np.repeat(np.arange(signals, dtype=np.int32), accounts),
    )
    keys = [f"s{number}" for number in range(signals)]
    strategies = book.strategies.take(np.zeros(signals, np.int64))
    strategies = replace(strategies, key=np.array(keys, object))
    return replace(
        world,
        book=replace(
            book,
            subscriptions=subscriptions,
            strategies=strategies,
            strategy_index={key: row for row, key in enumerate(keys)},
            first=(np.arange(signals + 1) * accounts).astype(np.int32),
        ),
        signals=replace(world.signals, strategy=np.array(keys, object)),
    )


def same_accounts(signals: int, accounts: int) -> SmallWorld:
    """A world in which each signal goes to the same accounts."""
    world = random_world(1, accounts=accounts, asked=signals, clean=True)
    limit = np.full(accounts, 2 * signals, np.int32)
    book = replace(world.book, accounts=replace(world.book.accounts, max_open_trades=limit))
    strategy = np.full(signals, "s0", object)
    return replace(world, book=book, signals=replace(world.signals, strategy=strategy))
