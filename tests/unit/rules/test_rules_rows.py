"""Rows of orders and trades, as the stores get them."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rules import rows
from rules.names import Names
from rules.state import State
from schema.arrays import array
from schema.enums import DealEntry, DealReason, LegKind, Outcome, Side
from schema.registry import table
from tests.model.memory import Memory
from tests.model.naive import Facts
from tests.model.test_model_crashes import FIRST, LOT, ONE, OPEN, word

THEN, NOW = bytes(15) + b"\x21", bytes(15) + b"\x22"


class Table(SimpleNamespace):
    def __len__(self) -> int:
        return len(next(iter(vars(self).values())))


def names(broker: bytes | None, *, currency: int = 0) -> Names:
    """What a book says in which the account has a broker, or is not there."""
    known = int(broker is not None)
    book: Any = SimpleNamespace(
        accounts=Table(
            account_id=np.array([ONE] * known, "V16"),
            broker=np.zeros(known, np.int32),
            currency=np.full(known, currency, np.int32),
        ),
        brokers=np.array([broker or bytes(16)], "V16"),
        instruments=Table(
            point=np.array([0.00001]),
            pip=np.array([0.0001]),
            contract_size=np.array([100_000.0]),
            profit_currency=np.zeros(1, np.int32),
        ),
        instrument_index={(0, b"E"): 0},
    )
    return Names(book)


def filled(broker: bytes) -> State:
    return told({"broker_id": broker}, word(FIRST, Outcome.FILLED, LOT, position_ticket=11))


def told(order: Facts, report: Facts) -> State:
    memory = Memory()
    verdicts, orders = OPEN
    memory.decide(0, [(verdicts, [{**orders[0], "symbol": b"E", **order}])])
    memory.tell(0, reports=[report])
    memory.read(0, 9)
    return memory.shard.state


@pytest.mark.parametrize("later", [THEN, NOW, None])
def test_rows_name_the_broker_of_when_it_was_decided(later: bytes | None) -> None:
    state, one = filled(THEN), np.zeros(1, np.int64)
    for made in (
        rows.order_rows(state, one, names(later)),
        rows.metric_rows(state, one, names(later)),
        rows.trade_rows(state, one, names(later)),
    ):
        assert made["broker_id"].tolist() == [THEN]


def test_an_older_log_names_no_broker_and_the_book_does() -> None:
    made = rows.metric_rows(filled(bytes(16)), np.zeros(1, np.int64), names(NOW))
    assert made["broker_id"].tolist() == [NOW]


ASKED = {"quote_price": LOT, "side": Side.BUY}


@pytest.mark.parametrize(
    ("order", "report", "slipped"),
    [
        (ASKED, {"price": LOT + 7}, 7),
        (ASKED | {"side": Side.SELL}, {"price": LOT + 7}, -7),
        (ASKED, {"price": LOT + 7, "asked_price": LOT + 5}, 2),
        (ASKED, {"price": LOT}, 0),
        (ASKED, {"price": 0}, None),
        (ASKED, {"price": LOT + 7, "outcome": Outcome.REFUSED, "filled": 0}, None),
        (ASKED | {"quote_price": 0}, {"price": LOT + 7}, None),
        (ASKED | {"kind": LegKind.MODIFY}, {"price": LOT + 7, "outcome": Outcome.DONE}, None),
    ],
)
def test_slippage_is_known_of_what_was_bought_or_sold_only(
    order: Facts, report: Facts, slipped: int | None
) -> None:
    state = told(order, word(FIRST, Outcome.FILLED, LOT) | report)
    for made, table_name in (
        (rows.order_rows(state, np.zeros(1, np.int64), names(NOW)), "orders"),
        (rows.result_rows(state, np.zeros(1, np.int64)), "trade_result"),
    ):
        column = table(table_name).column("slippage")
        stored = array(column, made["slippage"], "slippage").to_pylist()[0]
        assert (None if stored is None else int(stored * LOT)) == slipped
    points = rows.metric_rows(state, np.zeros(1, np.int64), names(NOW))["slippage_points"]
    stored = array(table("result_metrics").column("slippage_points"), points, "points")
    assert stored.to_pylist() == [None if slipped is None else pytest.approx(slipped / 1000)]


OPENED = {
    "symbol": b"E",
    "side": Side.BUY,
    "quote_price": 110_000_000,
    "stop_loss": 109_500_000,
    "take_profit": 112_000_000,
}


def closed(side: Side, reason: DealReason, profit: int, out: int = 110_500_000) -> State:
    """A trade of one lot from 1.1 to 1.105, closed by a deal."""
    memory = Memory()
    verdicts, orders = OPEN
    memory.decide(0, [(verdicts, [{**orders[0], **OPENED, "side": side}])])
    opening = {"price": 110_010_000, "sent_at": 1_000_000, "done_at": 1_250_000}
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT, position_ticket=11) | opening])
    deal = {
        "account_id": ONE,
        "deal_ticket": 1,
        "position_ticket": 11,
        "volume": LOT,
        "price": out,
        "time": 9,
        "entry": DealEntry.OUT,
        "reason": reason,
        "profit": profit,
    }
    memory.tell(0, deals=[deal])
    memory.read(0, 9)
    return memory.shard.state


def stored_trade(state: State, named: Names) -> dict[str, Any]:
    made = rows.trade_rows(state, np.zeros(1, np.int64), named)
    columns = (
        *("sl_pips", "tp_pips", "pips", "pip_value", "contract", "slippage_entry"),
        *("latency_ms", "close_reason"),
    )
    return {
        name: array(table("trades").column(name), made[name], name).to_pylist()[0]
        for name in columns
    }


def test_a_trade_has_its_distances_in_pips() -> None:
    trade = stored_trade(closed(Side.BUY, DealReason.TP, 490 * LOT), names(NOW))
    assert trade == {
        "sl_pips": pytest.approx(51),
        "tp_pips": pytest.approx(199),
        "pips": pytest.approx(49),
        "pip_value": pytest.approx(10),
        "contract": 100_000,
        "slippage_entry": pytest.approx(1),
        "latency_ms": 250,
        "close_reason": "tp",
    }


def test_a_short_trade_earns_as_the_price_falls() -> None:
    trade = stored_trade(closed(Side.SELL, DealReason.SL, -490 * LOT), names(NOW))
    assert (trade["pips"], trade["slippage_entry"]) == (pytest.approx(-49), pytest.approx(-1))


@pytest.mark.parametrize(
    ("profit", "out", "value"),
    [
        (490 * LOT, 110_500_000, 10),
        (-441 * LOT, 109_520_000, 9),
        (5 * LOT, 110_500_000, None),  # too little to tell it by
        (490 * LOT, 109_520_000, None),  # of another sign than the move
        (490 * LOT, 110_010_000, None),  # it has not moved
    ],
)
def test_what_a_pip_is_worth_in_another_currency_is_what_it_earned(
    profit: int, out: int, value: float | None
) -> None:
    state = closed(Side.BUY, DealReason.TP, profit, out)
    trade = stored_trade(state, names(NOW, currency=1))
    assert trade["pip_value"] == (None if value is None else pytest.approx(value))


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (DealReason.CLIENT, "manual"),
        (DealReason.WEB, "manual"),
        (DealReason.EXPERT, "ea"),
        (DealReason.SL, "sl"),
        (DealReason.SO, "stop_out"),
        (DealReason.SPLIT, None),
    ],
)
def test_what_ended_a_trade_is_told(reason: DealReason, told: str | None) -> None:
    assert stored_trade(closed(Side.BUY, reason, LOT), names(NOW))["close_reason"] == told


def test_of_an_open_trade_and_an_unknown_symbol_nothing_is_made_up() -> None:
    state = filled(NOW)
    trade = stored_trade(state, names(NOW))
    assert (trade["pips"], trade["close_reason"], trade["sl_pips"]) == (None, None, None)
    assert trade["latency_ms"] is None
    assert trade["contract"] == 100_000
    unknown = stored_trade(closed(Side.BUY, DealReason.TP, 490 * LOT), names(None))
    assert {name for name, value in unknown.items() if value is not None} == {
        *("latency_ms", "close_reason")
    }
