"""Entries of every kind, thousands of them: one outcome each, in time that grows with their size.

3,000 by default; 50,000 with TRADECAST_LONG=1.
"""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings

from rules.parsing import JSON_LIMIT
from rules.validation import validate
from schema.codes import ReasonCode
from tests.fuzz.arcs import Arcs
from tests.fuzz.oracle import ENTRY_ID, Entry, outcome
from tests.long import LONG
from tests.speed import least
from tests.strategies import bad_entries, entries


def many(short: int, long: int) -> settings:
    return settings(
        max_examples=long if LONG else short,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )


@many(300, 10_000)
@given(entries())
def test_every_entry_has_one_outcome_for_each_of_its_rows(entry: Entry) -> None:
    outcome(entry)


@many(2_700, 40_000)
@given(bad_entries())
def test_every_bad_entry_has_one_rejection(entry: Entry) -> None:
    found = outcome(entry)
    assert not len(found.signals)
    assert len(found.rejections) == 1


GOOD = b'{"strategy": "s", "symbol": "E", "action": "buy", "signal_id": "1"'
FAMILIES: dict[str, Callable[[int], Entry]] = {
    "spaces": lambda n: {b"json": GOOD + b" " * n + b"}"},
    "lists": lambda n: {b"json": b"[" * n},
    "closed lists": lambda n: {b"json": GOOD + b', "x": ' + b"[" * (n // 2) + b"]" * (n // 2) + b"}"},
    "objects": lambda n: {b"json": b'{"a":' * (n // 5)},
    "keys": lambda n: {
        b"json": GOOD + b"".join(b', "k%d": 1' % i for i in range(n // 14)) + b"}"
    },
    "two keys alike at the end": lambda n: {
        b"json": GOOD + b"".join(b', "k%d": 1' % i for i in range(n // 14)) + b', "z": 1' * 2 + b"}"
    },
    "objects in objects": lambda n: {
        b"json": (b'{"b": [' + b"1, " * 66 + b'1], "a": ') * (n // 213) + b"1" + b"}" * (n // 213)
    },
    "one key again": lambda n: {b"json": GOOD + b', "k": 1' * (n // 8) + b"}"},
    "keys that are nested": lambda n: {
        b"json": GOOD + b', "x": [' + b",".join(b'{"k%d": 1}' % i for i in range(n // 14)) + b"]}"
    },
    "digits": lambda n: {b"json": GOOD + b', "price": ' + b"9" * n + b"}"},
    "digits of a fraction": lambda n: {b"json": GOOD + b', "price": 1.' + b"1" * n + b"}"},
    "digits of an extra field": lambda n: {b"json": GOOD + b', "x": 0.' + b"3" * n + b"}"},
    "digits in a text": lambda n: {b"json": GOOD + b', "price": "' + b"1" * n + b'"}'},
    "text": lambda n: {b"json": GOOD + b', "comment": "' + b"x" * n + b'"}'},
    "escapes": lambda n: {b"json": GOOD + b', "comment": "' + b"\\n" * (n // 2) + b'"}'},
    "backslashes": lambda n: {b"json": b"token=" + b"\\" * n},
    "quotes": lambda n: {b"json": b"key:" + b'"' * n},
    "words of secrets": lambda n: {b"json": b"token" * (n // 5)},
    "secrets": lambda n: {b"json": b"password = 1 " * (n // 13)},
    "secrets in objects": lambda n: {b"json": b'{"a": [' + b'{"token": 1},' * (n // 13) + b"0]}"},
    "wide texts": lambda n: {b"json": GOOD + ', "strategy2": "é'.encode() + b"\\u00e9" * (n // 6) + b'"}'},
    "not UTF-8": lambda n: {b"json": b"\xff" * n},
    "other fields": lambda n: {b"f%d" % i: b"token=1" for i in range(n // 10)},
}  # fmt: skip
SMALL, LARGE = 4_000, 64_000


def _seconds(entry: Entry) -> float:
    """The processor's seconds for an entry."""
    return least(lambda: validate([("signals:0", ENTRY_ID, entry)]))


@pytest.mark.parametrize("family", FAMILIES)
def test_work_grows_no_faster_than_an_entry(family: str) -> None:
    make, arcs = FAMILIES[family], Arcs()
    assert all(len(data) <= JSON_LIMIT for data in make(LARGE).values()), "it would not be read"
    steps = {}
    for size in (SMALL, LARGE):
        arcs.of(lambda size=size: outcome(make(size)))  # type: ignore[misc]
        steps[size] = arcs.steps
    growth = LARGE // SMALL
    assert steps[LARGE] <= 1.5 * growth * steps[SMALL]
    # What is done in C takes no steps: a square would be 256 times the time, a line is 16.
    floor = 0.0002  # below it, what does not grow with the size counts for more
    assert _seconds(make(LARGE)) <= 5 * growth * max(_seconds(make(SMALL)), floor)


def test_the_reasons_are_those_of_entries() -> None:
    assert max(c for c in ReasonCode if c < ReasonCode.NO_SUBSCRIBER) == ReasonCode.DUPLICATE_KEY
