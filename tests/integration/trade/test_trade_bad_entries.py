"""Thousands of bad entries: one rejection each, and the good ones among them go on."""

import json
import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from flows.demo.alerts import fill_times
from flows.demo.bad import BAD_KINDS
from schema import keys
from schema.codes import ReasonCode
from tests.integration.trade.desk import Desk, wait

COUNT = 2000
GOOD_EVERY = 400
# These are bad only beside another entry, or for a strategy that this world does not have.
BESIDE = {"IDENTITY_REUSED", "STRATEGY_INACTIVE"}
BODY = {"strategy": "london", "symbol": "EURUSD", "action": "buy", "fired_at": "{now+0}"}
FIELDS = (
    *("price", "stop_price", "stop_loss", "take_profit", "sl_pips", "volume", "contracts"),
    *("risk_percent", "position_size", "atr", "order_ref", "comment", "signal_id", "fraction"),
)
WRONG: tuple[Any, ...] = (True, [], {}, [1], {"a": 1}, "NaN", "1,5", "0x10", "--", 1e999, -1e999)
Entry = dict[bytes, bytes]


def encoded(body: Any) -> Entry:
    return {b"json": json.dumps(body).encode()}


def wrong_value(rng: random.Random) -> Entry:
    name = rng.choice(
        [name for name in FIELDS if name not in ("comment", "order_ref", "signal_id")]
    )
    return encoded({**BODY, "fired_at": 1, name: rng.choice(WRONG)})


def wrong_text(rng: random.Random) -> Entry:
    name = rng.choice(["strategy", "symbol", "action"])
    return encoded(
        {**BODY, "fired_at": 1, name: rng.choice([1, True, None, [], {}, "", "x" * 300])}
    )


def missing(rng: random.Random) -> Entry:
    left_out = rng.choice(["strategy", "symbol", "action"])
    return encoded({k: v for k, v in BODY.items() if k not in (left_out, "fired_at")})


def cut_off(rng: random.Random) -> Entry:
    text = encoded(BODY)[b"json"]
    return {b"json": text[: rng.randrange(len(text))]}


def noise(rng: random.Random) -> Entry:
    return {rng.choice([b"json", b"arrow"]): b"\x00" + rng.randbytes(rng.randrange(200))}


def deep(rng: random.Random) -> Entry:
    depth = rng.randrange(200, 20_000)
    return {b"json": b'{"strategy": ' + b"[" * depth + b"]" * rng.choice([0, depth]) + b"}"}


def scalar(rng: random.Random) -> Entry:
    return encoded(rng.choice([None, 1, -0.5, "buy", [], [BODY], True]))


def surrogate(rng: random.Random) -> Entry:
    name = rng.choice(["strategy", "symbol", "signal_id"])
    text = json.dumps({**BODY, "fired_at": 1, name: "PLACE"}).replace("PLACE", "\\ud800")
    return {b"json": text.encode()}


def other_fields(rng: random.Random) -> Entry:
    return {rng.choice([b"data", b"JSON", b"payload", b""]): rng.randbytes(20)}


GARBAGE: tuple[Callable[[random.Random], Entry], ...] = (
    *(wrong_value, wrong_text, missing, cut_off, noise, deep, scalar, surrogate, other_fields),
)


def listed(rng: random.Random) -> tuple[Entry, str] | None:
    """An entry of a kind that the demo knows, and the reason it is to be rejected with."""
    kind = rng.choice(BAD_KINDS)
    made = None if kind.reason in BESIDE else kind.make(rng, dict(BODY), None)
    if made is None:
        return None
    now = datetime.now(UTC)
    return {name.encode(): fill_times(body, now) for name, body in made.items()}, kind.reason


@pytest.mark.parametrize("seed", [1])
def test_each_bad_entry_has_one_rejection(desk: Desk, seed: int) -> None:
    rng = random.Random(seed)
    wanted: dict[str, str] = {}  # entry -> reason, "" where any will do
    good: set[str] = set()
    pipe: Any = desk.client.pipeline(transaction=False)
    reasons: list[str] = []
    while len(reasons) < COUNT:
        found = listed(rng) if rng.random() < 0.5 else (rng.choice(GARBAGE)(rng), "")
        if found is None:
            continue
        entry, reason = found
        pipe.xadd(keys.signals(0), entry)
        reasons.append(reason)
        if len(reasons) % GOOD_EVERY == 0:
            pipe.xadd(
                keys.signals(0), encoded({**BODY, "fired_at": None, "signal_id": str(len(reasons))})
            )
            reasons.append("good")
    for entry_id, reason in zip(pipe.execute(), reasons, strict=True):
        if reason == "good":
            good.add(entry_id.decode())
        else:
            wanted[entry_id.decode()] = reason

    def settled() -> bool:
        return len(desk.rows("signal_rejection")) + len(desk.rows("trade_signal")) >= len(reasons)

    wait(settled)
    rejected = desk.rows("signal_rejection")
    assert {row["entry_id"] for row in desk.rows("trade_signal")} == good
    assert Counter(row["entry_id"] for row in rejected) == Counter(list(wanted))
    assert len({row["rejection_id"] for row in rejected}) == len(rejected)
    told = {row["entry_id"]: row["reason_code"] for row in rejected}
    assert {e: told[e] for e, reason in wanted.items() if reason} == {
        e: reason for e, reason in wanted.items() if reason
    }
    assert set(told.values()) <= {code.name for code in ReasonCode}
    assert all(row["message"] for row in rejected)
    # The flow is as well as before.
    desk.market()
    before = len(desk.orders())
    desk.send(action="buy", signal_id="after")
    wait(lambda: len(desk.orders()) > before)
