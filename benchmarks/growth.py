"""How the decision plane grows: with accounts, with signals, and with what a shard holds."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.decide import fan_out, time_of
from benchmarks.measure import Row, milliseconds, p50, timed
from benchmarks.plane import decide_all
from rules.links import Links
from rules.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.worlds import SmallWorld

NAME = "growth"
_TIMES = (1, 10, 100)
_LEAST = 100
_REPEAT = {1: 50, 10: 20, 100: 5}


def run() -> Iterator[Row]:
    """Measure 1x, 10x and 100x of each."""
    yield _row(
        f"decide, 1 signal x {_LEAST} accounts, and 10x, 100x the accounts",
        [(fan_out(1, _LEAST * times), _REPEAT[times]) for times in _TIMES],
    )
    yield _row(
        f"decide, {_LEAST} signals x 10 accounts, and 10x, 100x the signals",
        [(fan_out(_LEAST * times, 10), _REPEAT[times]) for times in _TIMES],
    )
    seconds = [_beside(_LEAST * 10 * times) for times in _TIMES]
    yield Row(
        group=NAME,
        what="decide, 1 order beside 1,000 live trades, and 10x, 100x the trades",
        value=milliseconds(*seconds),
        ratio=" / ".join(f"{each / seconds[0]:.1f}x" for each in seconds),
        against="the time at 1x",
    )


def _row(what: str, shapes: list[tuple[SmallWorld, int]]) -> Row:
    found = [time_of(world, repeat) for world, repeat in shapes]
    each = [seconds / orders for orders, seconds in found]
    return Row(
        group=NAME,
        what=what,
        value=milliseconds(*(seconds for _, seconds in found)),
        ratio=" / ".join(f"{one / each[0]:.2f}x" for one in each),
        against="the time per order at 1x",
    )


def _beside(trades: int) -> float:
    """Seconds for one order in a state that holds trades of other accounts already."""
    world = fan_out(2, trades)
    state = State()
    links = Links(world.book, state)
    decide_all(_only(world, 0), state, links)
    # The second strategy has as many accounts; one of them is asked each time.
    book = world.book
    seconds = []
    for number in range(50):
        place = int(book.first[1]) + number
        first = np.array([0, 0, 1], np.int32) + place
        one = replace(_only(world, 1), book=replace(book, first=first))
        seconds.append(timed(lambda one=one: decide_all(one, state, links)))  # type: ignore[misc]
    return p50(seconds)


def _only(world: SmallWorld, signal: int) -> SmallWorld:
    chosen = np.array([signal])
    return replace(world, signals=world.signals.take(chosen), intents=world.intents.take(chosen))
