"""Every interleaving of crashes, snapshots and reads with a short history of decisions and events.

An opening is reversed, and its legs' words come late, twice and in any order, while another
account in another partition trades beside it.
"""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from schema.codes import ReasonCode
from schema.enums import DealEntry, LegKind, OrderState, Outcome
from tests.long import LONG
from tests.model.memory import Memory
from tests.model.naive import Facts

LOT = 100_000_000
ONE, OTHER = bytes(15) + b"\1", bytes(15) + b"\3"
FIRST, SECOND, THIRD = (bytes(15) + bytes([n]) for n in (11, 12, 13))
BESIDE = bytes(15) + bytes([20])
DISTURBANCES = ("crash", "snapshot", "read", "overtaken")


def leg(order_id: bytes, signal: int, number: int, legs: int, **facts: Any) -> Facts:
    return {
        "order_id": order_id, "signal_id": signal.to_bytes(16, "big"), "account_id": ONE,
        "leg": number, "legs": legs, "volume": LOT, "side": 1, "symbol": b"E", **facts,
    }  # fmt: skip


def pair(orders: Sequence[Facts]) -> tuple[list[Facts], Sequence[Facts]]:
    verdict = {name: orders[0][name] for name in ("signal_id", "account_id")}
    return [{**verdict, "legs": len(orders)}], orders


OPEN = pair([leg(FIRST, 1, 1, 1, kind=LegKind.OPEN)])
REVERSE = pair(
    [
        leg(SECOND, 2, 1, 2, kind=LegKind.CLOSE, position=FIRST),
        leg(THIRD, 2, 2, 2, kind=LegKind.OPEN, after=1),
    ]
)
ELSEWHERE = pair([leg(BESIDE, 3, 1, 1, kind=LegKind.OPEN, account_id=OTHER)])


def word(order_id: bytes, outcome: Outcome, filled: int = 0, **facts: Any) -> Facts:
    ticket = order_id[-1]
    return {
        "order_id": order_id, "account_id": ONE, "outcome": outcome, "state": OrderState.FINAL,
        "filled": filled, "price": LOT, "done_at": 5, "reported_at": 6,
        "order_ticket": ticket if filled else 0, "position_ticket": ticket if filled else 0, **facts,
    }  # fmt: skip


FILLED, PART = Outcome.FILLED, Outcome.PARTIALLY_FILLED
# Words of the three legs: the second one's end decides whether the third was ever sent.
ENDS: dict[str, list[dict[str, list[Facts]]]] = {
    "all filled": [
        {"reports": [word(FIRST, FILLED, LOT)]},
        {"reports": [word(SECOND, FILLED, LOT)]},
        {"reports": [word(THIRD, FILLED, LOT)]},
    ],
    "filled in parts": [
        {"reports": [word(FIRST, PART, LOT // 2), word(FIRST, FILLED, LOT)]},
        {"reports": [word(SECOND, PART, LOT // 2)]},
        {"reports": [word(SECOND, FILLED, LOT), word(THIRD, PART, LOT // 4)]},
    ],
    "close refused": [
        {"reports": [word(FIRST, FILLED, LOT)]},
        {"reports": [word(SECOND, Outcome.REFUSED, reason=ReasonCode.MARKET_CLOSED)]},
        {"reports": [word(THIRD, Outcome.CANCELLED, reason=ReasonCode.CLOSE_FAILED)]},
    ],
    "found late": [
        {"reports": [word(FIRST, Outcome.UNRESOLVED), word(SECOND, Outcome.UNRESOLVED)]},
        {"reports": [word(FIRST, FILLED, LOT)]},
        {"reports": [word(SECOND, Outcome.FAILED), word(SECOND, FILLED, LOT)]},
    ],
    "stopped out": [
        {"reports": [word(FIRST, FILLED, LOT)]},
        {
            "deals": [
                {"account_id": ONE, "order_id": FIRST, "deal_ticket": 1, "position_ticket": 11,
                 "entry": DealEntry.IN, "volume": LOT, "profit": -1},
                {"account_id": ONE, "deal_ticket": 2, "position_ticket": 11, "price": LOT,
                 "entry": DealEntry.OUT, "volume": LOT, "profit": 7, "time": 9},
            ]
        },
        {"reports": [word(SECOND, Outcome.REJECTED, reason=ReasonCode.POSITION_GONE)]},
    ],
}  # fmt: skip


def histories(ends: list[dict[str, list[Facts]]]) -> Iterator[list[tuple[str, Any]]]:
    """Steps with two disturbances anywhere, the words in every order; decisions keep theirs."""
    for order in itertools.permutations(ends):
        told = [("tell", fields) for fields in order]
        # A word may come before the next decision is made, or after it, and be repeated.
        for early in (0, 1):
            base = [("decide", OPEN), *told[:early], ("decide", REVERSE), *told[early:], told[0]]
            for one, two in itertools.combinations(range(1, len(base) + 1), 2):
                for what in itertools.product(DISTURBANCES, repeat=2):
                    steps: list[tuple[str, Any]] = list(base)
                    steps.insert(two, (what[1], None))
                    steps.insert(one, (what[0], None))
                    yield steps


def step(memory: Memory, kind: str, what: Any) -> None:
    if kind == "decide":
        memory.decide(0, [what])
    elif kind == "tell":
        memory.tell(0, **what)
    elif kind == "crash":
        memory.crash()
    elif kind == "snapshot":
        memory.snapshot(0)
    elif kind == "read":
        memory.read_all({0: 1, 1: 1})
    else:
        late = memory.begin()
        memory.decide(0)
        memory.decide(0, [ELSEWHERE], late)
        assert late.stale, "it decided on what another had overtaken"


@pytest.mark.parametrize("name", ENDS)
def test_what_is_folded_after_any_crash_is_what_was_decided_and_happened(name: str) -> None:
    """Each 40th history; all of them with TRADECAST_LONG=1."""
    ends: set[tuple[int, ...]] = set()
    every = 1 if LONG else 40
    for steps in itertools.islice(histories(ENDS[name]), 0, None, every):
        memory = Memory()
        try:
            for kind, facts in steps:
                step(memory, kind, facts)
            memory.decide(1, [ELSEWHERE])
            memory.read_all({0: 99, 1: 99})
            memory.check()
            memory.crash()
            memory.check()
            memory.read_all({0: 99, 1: 99})
            memory.check()
        except AssertionError as error:
            error.add_note(f"{name}: {[kind for kind, _ in steps]}")
            raise
        rows = memory.shard.state.orders.records()
        at = {row["order_id"].tobytes(): int(row["outcome"]) for row in rows}
        ends.add(tuple(at[key] for key in (FIRST, SECOND, THIRD)))
    assert len(ends) == 1, "the end depends on the order in which it was told"
