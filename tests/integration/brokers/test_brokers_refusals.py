"""Refusals and failures: each with MT5's code, by rule or by script."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from brokers.simulated import Failure, FailureKind, failures, load_failures, units
from brokers.simulated.requests import Request
from brokers.simulated.trading import Trading
from rules.errors import Ambiguous, Transient
from schema.broker import AnswerClass
from schema.enums import LegKind, OrderType, Side
from tests.contracts.broker import Bench
from tests.integration.brokers.world import EURUSD, SECOND, START, USDJPY, World, table

BUY, SELL = {"side": Side.BUY}, {"side": Side.SELL}


@pytest.mark.parametrize(
    ("changes", "values", "code"),
    [
        ({"trade_mode": 0}, BUY, 10017),
        ({"trade_mode": 1}, SELL, 10042),
        ({"trade_mode": 2}, BUY, 10043),
        ({"trade_mode": 3}, BUY, 10044),
        ({"volume_max": units("0.01")}, BUY, 10014),
        ({"volume_step": units("0.05")}, BUY, 10014),
        ({"volume_limit": units("0.01")}, BUY, 10034),
        ({"stops_level": 100}, {"stop_loss": units("1.0995")}, 10016),
        ({"stops_level": 100}, {"order_type": OrderType.LIMIT, "price": units("1.0995")}, 10015),
        ({}, {"volume": units(50)}, 10019),
        ({}, {"order_type": OrderType.STOP_LIMIT, "price": units("1.2")}, 10035),
        ({}, {"account_id": b"?" * 16}, 10013),
        ({}, {"side": Side.NONE}, 10013),
        ({}, {"kind": 99}, 10013),
        ({}, {"side": 3}, 10013),
        ({}, {"order_type": 200}, 10013),
        ({}, {"stop_loss": -1}, 10016),
        (
            {},
            {"order_type": OrderType.LIMIT, "price": units("1.05"), "expires_at": START},
            10022,
        ),
    ],
)
def test_rule(world: World, changes: dict[str, Any], values: dict[str, Any], code: int) -> None:
    world.instruments = (replace(EURUSD, **changes), USDJPY)
    got = world.bench().one(**values)
    assert (got["retcode"], got["answer"]) == (code, AnswerClass.REJECTED)
    assert len(world.current.positions()) == len(world.current.open_orders()) == 0


def test_a_batch_that_breaks_leaves_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = world.bench()
    bench.one()
    execute = Trading.execute

    def breaking(self: Trading, request: Request, *rest: Any) -> Any:
        if request.symbol == b"USDJPY.m":
            raise ZeroDivisionError
        return execute(self, request, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(Trading, "execute", breaking)
        with pytest.raises(ZeroDivisionError):
            bench.submit(bench.request(), bench.request(symbol=b"USDJPY.m"))
    assert tickets(bench) == 1


def test_pending_orders_are_limited(world: World) -> None:
    bench = world.bench()
    pending = {"order_type": OrderType.LIMIT, "price": units("1.05")}
    codes = [int(bench.one(**pending)["retcode"]) for _ in range(4)]
    assert codes == [10008, 10008, 10008, 10033]


def test_no_price_yet(world: World) -> None:
    world.prices["EURUSD"] = table((10, 1.1, 1.1001))
    bench = world.bench()
    got = bench.one()
    assert (got["retcode"], got["answer"]) == (10021, AnswerClass.TRANSIENT)
    world.now += 10 * SECOND
    assert bench.one()["retcode"] == 10009


def test_margin_is_held_and_given_back(world: World) -> None:
    bench = world.bench()
    ticket = int(bench.one(volume=units(1))["position_ticket"])
    assert bench.terminal.account()[0]["margin"] == units("1100.05")  # at the middle rate
    close = {"kind": LegKind.CLOSE, "side": Side.SELL, "position_ticket": ticket}
    bench.one(**close, volume=units("0.5"))
    assert bench.terminal.account()[0]["margin"] == units("550.025")
    bench.one(**close, volume=units("0.5"))
    assert bench.terminal.account()[0]["margin"] == 0


def tickets(bench: Bench) -> int:
    return len(bench.terminal.positions())


def test_calls_fail_in_the_order_of_the_script(world: World) -> None:
    script = [
        None,
        Failure(kind=FailureKind.DISCONNECT),
        Failure(kind=FailureKind.TIMEOUT_BEFORE),
        Failure(kind=FailureKind.TIMEOUT_AFTER),
    ]
    bench = world.bench(script)
    bench.one()
    with pytest.raises(Transient):
        bench.one()
    with pytest.raises(Ambiguous):
        bench.one()
    assert tickets(bench) == 1
    bench.terminal = bench.reopen()  # what is used up stays used up
    with pytest.raises(Ambiguous):
        bench.one()
    assert tickets(bench) == 2
    bench.one()
    assert tickets(bench) == 3


def test_requests_fail_where_the_script_fits(world: World) -> None:
    script = failures(
        [
            {"kind": "refuse", "retcode": 10004, "symbol": "USDJPY.m"},
            {"kind": "refuse", "retcode": 10024, "leg": "open", "after": 1, "times": 2},
            {"kind": "lose_answer", "leg": "close"},
            {"kind": "partial", "leg": "close", "fraction": 0.5},
        ]
    )
    bench = world.bench(script)
    got = bench.submit(
        bench.request(),
        bench.request(),
        bench.request(symbol=b"USDJPY.m"),
        bench.request(),
        bench.request(volume=units("0.08")),
    )
    assert got["retcode"].tolist() == [10009, 10024, 10004, 10024, 10009]
    assert got["answer"].tolist()[1:4] == [
        AnswerClass.THROTTLED,
        AnswerClass.TRANSIENT,
        AnswerClass.THROTTLED,
    ]
    lost = bench.one(kind=1, side=Side.SELL, position_ticket=got[0]["position_ticket"])
    assert (lost["answer"], lost["order_ticket"]) == (AnswerClass.AMBIGUOUS, 0)
    assert bench.position(int(got[0]["position_ticket"])) is None
    part = bench.one(
        kind=1, side=Side.SELL, position_ticket=got[4]["position_ticket"], volume=units("0.06")
    )
    assert (part["retcode"], part["volume"]) == (10010, units("0.03"))
    left = bench.position(int(got[4]["position_ticket"]))
    assert left is not None
    assert left["volume"] == units("0.05")


def test_history_lags_by_script(world: World) -> None:
    bench = world.bench([Failure(kind=FailureKind.LATE_HISTORY, calls=2)])
    bench.terminal.poll()
    got = bench.one()
    assert tickets(bench) == 1  # the positions know it at once
    assert len(bench.terminal.poll().deals) == 0
    assert got["deal_ticket"] not in bench.terminal.history(0).deals["deal_ticket"]
    assert bench.terminal.poll().deals["deal_ticket"].tolist() == [got["deal_ticket"]]
    assert got["deal_ticket"] in bench.terminal.history(0).deals["deal_ticket"]


def test_deals_behind_a_late_one_wait_for_it(world: World) -> None:
    bench = world.bench([Failure(kind=FailureKind.LATE_HISTORY, calls=2), None])
    bench.terminal.poll()
    late, next_one = bench.one()["deal_ticket"], bench.one()["deal_ticket"]
    told: list[int] = []
    for _ in range(4):
        told += bench.terminal.poll().deals["deal_ticket"].tolist()
    assert told == [late, next_one], "an account's deals come in the order of their tickets"


def test_a_poll_tells_twice_by_script(world: World) -> None:
    bench = world.bench([Failure(kind=FailureKind.REPEAT, on="poll", after=2)])
    bench.terminal.poll()
    got = bench.one()
    assert bench.terminal.poll().deals["deal_ticket"].tolist() == [got["deal_ticket"]]
    assert bench.terminal.poll().deals["deal_ticket"].tolist() == [got["deal_ticket"]]
    assert len(bench.terminal.poll().deals) == 0


def test_failed_query_raises_and_is_never_flat(world: World) -> None:
    bench = world.bench([Failure(kind=FailureKind.DISCONNECT, on="positions")])
    bench.one()
    with pytest.raises(Transient):
        bench.terminal.positions()
    assert tickets(bench) == 1


def test_script_from_files(tmp_path: Path) -> None:
    items = [{"kind": "none"}, {"kind": "partial", "fraction": 0.25}]
    (tmp_path / "a.json").write_text(json.dumps([None, *items]))
    (tmp_path / "a.toml").write_text('[[failures]]\nkind = "partial"\nfraction = 0.25\n')
    partial = Failure(kind=FailureKind.PARTIAL, fraction=0.25)
    assert load_failures(tmp_path / "a.json") == [None, Failure(kind=FailureKind.NONE), partial]
    assert load_failures(tmp_path / "a.toml") == [partial]
    with pytest.raises(ValueError, match="no key retcod"):
        failures([{"kind": "refuse", "retcod": 1}])
