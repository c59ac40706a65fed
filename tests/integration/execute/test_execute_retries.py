"""Orders that are tried again go out at the price of now, or not at all if it has moved too far."""

from typing import Any

import numpy as np
import pytest

from rules.errors import Transient
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome, Side
from schema.wire import QUOTE, UNITS, Records
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import LATER, ONE, TWO, Books

ASK, BID = 110_010_000, 110_000_000
REQUOTE = {"retcode": 10004, "answer": AnswerClass.TRANSIENT, "volume": 0}
POINT = 1000


@pytest.fixture
def prices(books: Books, monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    now = {"bid": BID, "ask": ASK}

    def quotes() -> Records:
        row = np.zeros(1, QUOTE)
        row["symbol"], row["bid"], row["ask"] = b"EURUSD", now["bid"] / 1e8, now["ask"] / 1e8
        return row

    monkeypatch.setattr(books, "quotes", quotes)
    return now


def requoted(bench: Bench, books: Books, **values: Any) -> None:
    books.says = REQUOTE
    bench.decide(order(1, quote_price=ASK, **values))
    bench.work()
    books.says = {}
    assert bench.terminal.sent == [ONE]
    assert bench.reports() == []


@pytest.mark.parametrize("points", [-1000, -1, 0, 20])
def test_a_requote_is_answered_with_the_price_of_now(
    bench: Bench, books: Books, prices: dict[str, int], points: int
) -> None:
    requoted(bench, books)
    prices["ask"] += points * POINT
    bench.work(LATER)
    assert [int(a["price"]) for a in books.asked] == [ASK, ASK + points * POINT]
    last = bench.reports()[-1]
    assert (last["outcome"], last["asked_price"]) == (Outcome.FILLED, ASK + points * POINT)


@pytest.mark.parametrize(("side", "sign"), [(Side.BUY, 1), (Side.SELL, -1)])
@pytest.mark.parametrize(("points", "left"), [(-5, 20), (0, 20), (5, 15), (20, 0)])
def test_it_may_not_slip_again_by_what_it_has_slipped(
    bench: Bench,
    books: Books,
    prices: dict[str, int],
    side: Side,
    sign: int,
    points: int,
    left: int,
) -> None:
    requoted(bench, books, side=side)
    prices["ask"] = prices["bid"] = ASK + sign * points * POINT
    bench.work(LATER)
    assert [int(a["deviation"]) for a in books.asked] == [20, left]
    assert books.asked[-1]["price"] == ASK + sign * points * POINT


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
def test_one_that_has_moved_further_than_it_may_slip_is_refused(
    bench: Bench, books: Books, prices: dict[str, int], side: Side
) -> None:
    requoted(bench, books, side=side)
    prices["ask"], prices["bid"] = (ASK + 21 * POINT,) * 2
    if side is Side.SELL:
        prices["bid"] = ASK - 21 * POINT
    bench.work(LATER)
    assert bench.terminal.sent == [ONE]
    last = bench.reports()[-1]
    assert (last["state"], last["outcome"]) == (OrderState.FINAL, Outcome.REFUSED)
    assert (last["reason"], last["retcode"]) == (ReasonCode.PRICE_CHANGED, 10004)
    assert (last["sent"], last["sent_at"]) == (1, NOW)
    bench.restart()
    bench.work(LATER + 1)
    assert bench.terminal.sent == [ONE]


def test_the_others_of_its_batch_go(bench: Bench, books: Books, prices: dict[str, int]) -> None:
    requoted(bench, books)
    prices["ask"] += 21 * POINT
    bench.decide(order(2, quote_price=ASK, signal_id=ONE))
    bench.work(LATER)
    assert [int(a["price"]) for a in books.asked] == [ASK, ASK]
    assert [int(r["outcome"]) for r in bench.reports()] == [Outcome.REFUSED, Outcome.FILLED]


def test_a_successor_of_a_process_that_died_renews_the_price_too(
    bench: Bench, books: Books, prices: dict[str, int]
) -> None:
    requoted(bench, books)
    prices["ask"] += 5 * POINT
    bench.restart()
    bench.work(LATER)
    assert [int(a["price"]) for a in books.asked] == [ASK, ASK + 5 * POINT]


def test_pending_orders_and_closes_stay_as_they_were_decided(
    bench: Bench, books: Books, prices: dict[str, int]
) -> None:
    requoted(bench, books, order_type=OrderType.LIMIT, price=ASK)
    prices["ask"] += 21 * POINT
    bench.work(LATER)
    assert [int(a["price"]) for a in books.asked] == [ASK, ASK]
    bench.decide(order(7))
    bench.work(LATER)
    books.says = REQUOTE
    opener = np.void((7).to_bytes(16, "big"))
    close = order(2, kind=LegKind.CLOSE, position=opener, side=Side.SELL, quote_price=ASK)
    bench.decide(close)
    bench.work(LATER)
    books.says = {}
    bench.work(LATER + 60_000_000)
    assert [int(a["price"]) for a in books.asked[-2:]] == [0, 0]
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


def test_without_a_price_it_goes_with_that_of_before(
    bench: Bench, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    requoted(bench, books)
    monkeypatch.setattr(books, "quotes", lambda: np.zeros(0, QUOTE))
    bench.work(LATER)
    assert [int(a["price"]) for a in books.asked] == [ASK, ASK]


def test_it_waits_while_the_terminal_names_no_prices(
    bench: Bench, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    requoted(bench, books)

    def fails() -> Records:
        raise Transient("no connection")

    with monkeypatch.context() as broken:
        broken.setattr(books, "quotes", fails)
        bench.decide(order(2, quote_price=ASK))
        bench.work(LATER)
    assert [r["order_id"].tobytes() for r in bench.reports()] == [TWO], "the other one goes"
    bench.work(LATER + UNITS)
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED
    assert len(books.asked) == 3
