"""Answers as no broker should give them: others' answers, fills without a volume, new states."""

from typing import Any

import numpy as np
import pytest

from rules.tokens import token
from schema.broker import AnswerClass
from schema.enums import LegKind, OrderState, OrderType, Outcome, Side
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS, Records
from tests.integration.execute.bench import Bench, order
from tests.integration.execute.books import LATER, ONE, TWO, Books, lose, place

PART = {"retcode": 10010, "answer": AnswerClass.DONE, "volume": 0}
HALF = UNITS // 2


def outcomes(bench: Bench) -> dict[bytes, tuple[int, int]]:
    """Outcome and filled volume that were last told of each order."""
    return {r["order_id"].tobytes(): (int(r["outcome"]), int(r["filled"])) for r in bench.reports()}


def test_answers_belong_to_the_orders_that_they_name(
    bench: Bench, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    submit = books.submit
    monkeypatch.setattr(books, "submit", lambda requests: submit(requests)[::-1].copy())
    bench.decide(np.concatenate([order(1), order(2, volume=3 * UNITS)]))
    bench.work()
    assert outcomes(bench) == {ONE: (Outcome.FILLED, UNITS), TWO: (Outcome.FILLED, 3 * UNITS)}
    assert bench.executor.memory.by_ticket == {1: ONE, 2: TWO}


@pytest.mark.parametrize("stranger", [False, True])
def test_an_order_without_an_answer_is_looked_for(
    bench: Bench, books: Books, monkeypatch: pytest.MonkeyPatch, stranger: bool
) -> None:
    submit = books.submit

    def first_only(requests: Records) -> Records:
        answers = submit(requests)
        answers["order_id"][1] = np.void(bytes(16))
        return answers if stranger else answers[:1]

    monkeypatch.setattr(books, "submit", first_only)
    bench.decide(np.concatenate([order(1), order(2)]))
    bench.work()
    assert outcomes(bench) == {ONE: (Outcome.FILLED, UNITS), TWO: (Outcome.UNRESOLVED, 0)}
    row = {"order_ticket": 2, "comment": token(TWO), "volume": UNITS, "filled": UNITS}
    books.past = [{**row, "state": BrokerOrderState.FILLED}]
    bench.look(LATER)
    assert outcomes(bench)[TWO] == (Outcome.FILLED, UNITS)
    assert bench.terminal.sent == [ONE, TWO]


def test_a_part_without_a_volume_is_looked_for(bench: Bench, books: Books) -> None:
    books.says = PART
    bench.decide(order(1))
    bench.work()
    assert bench.reports()[-1]["state"] == OrderState.WORKING
    row: dict[str, Any] = {"order_ticket": 1, "comment": token(ONE), "volume": UNITS}
    books.past = [{**row, "state": BrokerOrderState.PARTIAL}]
    bench.look(LATER)
    assert outcomes(bench) == {ONE: (Outcome.NONE, 0)}, "the books do not say how far either"
    books.done = [{"order_ticket": 1, "deal_ticket": 1, "volume": HALF, "price": UNITS}]
    bench.look(LATER + 60_000_000)
    assert outcomes(bench) == {ONE: (Outcome.PARTIALLY_FILLED, HALF)}
    assert bench.executor.watched == {}


def test_a_polled_end_in_part_without_a_volume_is_looked_for(bench: Bench, books: Books) -> None:
    place(bench)
    row: dict[str, Any] = {"order_ticket": 1, "comment": token(ONE), "volume": UNITS}
    row |= {"type": BrokerOrderType.BUY_LIMIT, "state": BrokerOrderState.PARTIAL}
    books.left = books.past = [row]
    bench.look(LATER)
    assert outcomes(bench) == {ONE: (Outcome.NONE, 0)}
    books.done = [{"order_ticket": 1, "deal_ticket": 1, "volume": HALF, "price": UNITS}]
    bench.look(LATER + 60_000_000)
    assert outcomes(bench) == {ONE: (Outcome.PARTIALLY_FILLED, HALF)}


def test_a_state_that_is_not_known_here_has_not_ended(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    books.past = [{"order_ticket": 9, "comment": token(ONE), "volume": UNITS, "state": 77}]
    bench.look(LATER)
    assert bench.reports()[-1]["state"] == OrderState.WORKING
    books.past[0]["state"] = BrokerOrderState.FILLED
    bench.look(LATER + 60_000_000)
    assert outcomes(bench) == {ONE: (Outcome.FILLED, UNITS)}


def test_an_order_of_a_type_that_is_not_known_here_is_not_ours(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    row = {"comment": token(ONE), "volume": UNITS, "state": BrokerOrderState.FILLED}
    books.past = [{**row, "order_ticket": 8, "type": 99}, {**row, "order_ticket": 9}]
    bench.look(LATER)
    assert bench.reports()[-1]["order_ticket"] == 9


@pytest.mark.parametrize("kind", [99, BrokerOrderType.BUY])
def test_what_left_the_book_with_an_odd_type_is_cancelled(
    bench: Bench, books: Books, kind: int
) -> None:
    place(bench)
    state = BrokerOrderState.CANCELED
    books.left = [{"order_ticket": 1, "volume": UNITS, "type": kind, "state": state}]
    bench.look(LATER)
    assert outcomes(bench) == {ONE: (Outcome.CANCELLED, 0)}


def test_a_position_that_was_reduced_by_hand_before_it_was_found(
    bench: Bench, books: Books
) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": HALF, "price_open": 7}]
    bench.look(LATER)
    assert outcomes(bench) == {ONE: (Outcome.FILLED, HALF)}, "what is there can be closed at once"
    row: dict[str, Any] = {"order_ticket": 9, "position_ticket": 9, "comment": token(ONE)}
    row |= {"volume": UNITS, "filled": UNITS, "price": 7}
    books.past = [{**row, "state": BrokerOrderState.FILLED}]
    bench.look(LATER + 60_000_000)
    assert outcomes(bench) == {ONE: (Outcome.FILLED, UNITS)}
    assert bench.executor.watched == {}


def test_deals_that_come_one_by_one_are_counted_to_the_last(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    deal = {"order_ticket": 9, "position_ticket": 9, "comment": token(ONE), "volume": HALF}
    books.done = [{**deal, "deal_ticket": 1, "price": 2 * UNITS}]
    bench.look(LATER)
    books.done.append({**deal, "deal_ticket": 2, "price": 4 * UNITS})
    bench.look(LATER + 10_000_000)
    last = bench.reports()[-1]
    assert (last["outcome"], last["filled"]) == (Outcome.FILLED, UNITS)
    assert last["price"] == 3 * UNITS


@pytest.mark.parametrize("gone", [False, True])
def test_what_the_history_never_shows_counts_as_it_was_told(
    bench: Bench, books: Books, gone: bool
) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": HALF, "price_open": 7}]
    at = LATER
    for _ in range(12):
        bench.look(at)
        at += 300_000_000
        books.held = [] if gone else [{**books.held[0], "volume": HALF // 2}]
    assert bench.executor.watched == bench.executor.adopted == {}
    assert [int(r["outcome"]) for r in bench.reports()] == [Outcome.UNRESOLVED, Outcome.FILLED]
    assert outcomes(bench) == {ONE: (Outcome.FILLED, HALF)}, "less than before is no news"


def test_what_was_found_whole_is_not_looked_for_any_more(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": UNITS, "price_open": 7}]
    bench.look(LATER)
    assert bench.executor.watched == {}


def test_a_close_does_not_wait_for_the_history(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": HALF, "price_open": 7}]
    bench.look(LATER)
    assert ONE in bench.executor.watched
    bench.decide(order(2, kind=LegKind.CLOSE, position=np.void(ONE), side=Side.SELL, volume=HALF))
    bench.work(LATER)
    assert outcomes(bench)[TWO] == (Outcome.FILLED, HALF)


def test_a_stop_order_is_compared_with_its_trigger(bench: Bench) -> None:
    bench.decide(order(1, order_type=OrderType.STOP, stop_price=3 * UNITS, quote_price=UNITS))
    bench.work()
    assert bench.reports()[-1]["asked_price"] == 3 * UNITS
