"""How the decision plane grows: with accounts, signals, what a shard holds, and its book."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.decide import fan_out, time_of
from benchmarks.measure import Row, milliseconds, p50, timed
from benchmarks.plane import decide_all
from config import change
from config.world import parse
from rules.compile import compile_book
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
    compiled = [_compiled(_LEAST // 2 * times) for times in _TIMES]
    yield Row(
        group=NAME,
        what=f"compile a book, {_LEAST // 2} accounts x 3 strategies, and 10x, 100x the accounts",
        value=milliseconds(*compiled),
        ratio=" / ".join(f"{each / compiled[0]:.1f}x" for each in compiled),
        against="the time at 1x",
    )


def _compiled(accounts: int) -> float:
    """Seconds to compile a book of accounts that subscribe to three strategies each."""
    made = parse(
        {
            "brokers": [{"key": "a"}],
            "instruments": [{"broker": "a", "symbols": ["EURUSD", "USDJPY", "XAUUSD"]}],
            "instances": [{"key": "i", "broker": "a"}],
            "accounts": [{"key": "x-{:05}", "count": accounts, "instance": "i"}],
            "strategies": [{"key": key} for key in "abc"],
            "subscriptions": [{"strategy": "*", "accounts": "*"}],
        }
    )
    tables = change.apply(made, None, 1).tables
    book = partial(compile_book, tables, 1, max_balance_age_us=1, max_quote_age_us=1)
    return p50([timed(book) for _ in range(5)])


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
