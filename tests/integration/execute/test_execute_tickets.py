"""Whose a ticket is: an opening's or a close's, never a change's, and nobody's where it is 0."""

import pytest

from rules.tokens import magic, token
from schema.codes import ReasonCode
from schema.enums import DealEntry, DealType, LegKind, OrderType, Outcome
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS
from tests.integration.execute.bench import Bench, order
from tests.integration.execute.books import LATER, ONE, TWO, Books, lose, place

NOBODY = bytes(16)
FILLED = {
    "order_ticket": 1, "position_ticket": 1, "comment": token(ONE), "volume": UNITS,
    "filled": UNITS, "state": BrokerOrderState.FILLED, "type": BrokerOrderType.BUY_LIMIT,
    "price": UNITS,
}  # fmt: skip
IN = {"deal_ticket": 5, "order_ticket": 1, "position_ticket": 1, "volume": UNITS}


def outcomes(bench: Bench, order_id: bytes) -> list[int]:
    return [int(r["outcome"]) for r in bench.reports() if r["order_id"].tobytes() == order_id]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_fill_is_the_openings_though_a_lost_cancel_saw_it_first(
    bench: Bench, books: Books, restarts: bool
) -> None:
    place(bench)
    lose(bench, order(2, kind=LegKind.CANCEL, position=ONE))
    books.ended = []  # it never reached the broker
    books.past = [FILLED]
    bench.look(LATER)
    assert outcomes(bench, TWO) == [Outcome.UNRESOLVED, Outcome.REFUSED]
    if restarts:
        bench.restart()
    books.left, books.news = [FILLED], [IN]
    bench.look(LATER + 1_000_000)
    assert outcomes(bench, ONE) == [Outcome.NONE, Outcome.FILLED]
    assert [d["order_id"].tobytes() for d in bench.deals()] == [ONE]


def test_a_fill_is_the_openings_though_a_lost_change_of_it_ended_first(
    bench: Bench, books: Books
) -> None:
    place(bench)
    books.standing = [{"order_ticket": 1, "volume": UNITS}]
    lose(bench, order(2, kind=LegKind.MODIFY, position=ONE, take_profit=9 * UNITS))
    books.standing, books.held = [], [{"position_ticket": 1, "volume": UNITS}]
    bench.look(LATER)
    assert outcomes(bench, TWO)[-1] == Outcome.REFUSED
    books.left = [FILLED]
    bench.look(LATER + 1_000_000)
    assert outcomes(bench, ONE) == [Outcome.NONE, Outcome.FILLED]


@pytest.mark.parametrize("restarts", [False, True])
def test_an_ambiguous_cancel_whose_answer_names_the_ticket_does_not_own_it(
    bench: Bench, books: Books, restarts: bool
) -> None:
    place(bench)
    books.says = {"answer": 3, "retcode": 10012}
    bench.decide(order(2, kind=LegKind.CANCEL, position=ONE))
    bench.work()
    if restarts:
        bench.restart()
    books.ended, books.left = [], [FILLED]
    bench.look(LATER)
    assert outcomes(bench, ONE) == [Outcome.NONE, Outcome.FILLED]


def test_a_finished_cancel_does_not_own_a_ticket_after_a_restart(
    bench: Bench, books: Books
) -> None:
    """A finished order's row does not say of which kind it was."""
    place(bench)
    lose(bench, order(2, kind=LegKind.CANCEL, position=ONE))
    books.left, books.past = [FILLED], [FILLED]
    bench.look(LATER)
    assert outcomes(bench, TWO)[-1] == Outcome.REFUSED
    bench.restart()
    assert {ONE, TWO} <= bench.journal.state.finished.keys()
    assert bench.executor.memory.by_ticket == {1: ONE}


def test_a_deposit_is_nobodys(bench: Bench, books: Books) -> None:
    books.says = {"order_ticket": 0}
    bench.decide(order(1))
    bench.work()
    lose(bench, order(2, kind=LegKind.MODIFY, position=ONE, stop_loss=5 * UNITS))
    bench.look(LATER)
    assert outcomes(bench, TWO)[-1] == Outcome.REFUSED
    books.news = [{"deal_ticket": 9, "type": DealType.BALANCE, "comment": b"deposit"}]
    bench.look(LATER + 1_000_000)
    assert [d["order_id"].tobytes() for d in bench.deals()] == [NOBODY]
    assert 0 not in bench.executor.memory.by_ticket


def test_a_deal_without_an_order_ticket_is_known_by_its_token(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    bench.executor.memory.by_ticket[0] = TWO  # of an older version
    books.news = [{**IN, "order_ticket": 0, "comment": token(ONE)}]
    bench.look(LATER)
    assert [d["order_id"].tobytes() for d in bench.deals()] == [ONE]


@pytest.mark.parametrize("comment", [b"[sl 1.08]", token(ONE)])
def test_a_stop_loss_with_the_positions_magic_is_not_the_opening(
    bench: Bench, books: Books, comment: bytes
) -> None:
    number = magic(7 << 32, ONE)
    stopped = {
        "order_ticket": 8, "position_ticket": 5, "magic": number, "comment": comment,
        "state": BrokerOrderState.FILLED, "type": BrokerOrderType.SELL, "volume": UNITS,
    }  # fmt: skip
    deal = {
        "deal_ticket": 7, "order_ticket": 9, "position_ticket": 5, "magic": number,
        "comment": comment, "type": DealType.SELL, "entry": DealEntry.OUT, "volume": UNITS,
    }  # fmt: skip
    lose(bench, order(1, magic=7 << 32))
    books.past, books.done = [stopped], [deal]
    bench.look(LATER)
    assert outcomes(bench, ONE) == [Outcome.UNRESOLVED]
    opener = {**stopped, "order_ticket": 5, "type": BrokerOrderType.BUY, "filled": UNITS}
    books.past = [stopped, opener]
    bench.look(LATER + 10_000_000)
    assert (outcomes(bench, ONE)[-1], bench.reports()[-1]["order_ticket"]) == (Outcome.FILLED, 5)


def test_a_position_of_the_other_side_is_not_the_openings(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": UNITS, "side": 2}]
    bench.look(LATER)
    assert outcomes(bench, ONE) == [Outcome.UNRESOLVED]


def test_an_order_at_market_is_not_a_pending_opening(bench: Bench, books: Books) -> None:
    lose(bench, order(1, order_type=OrderType.LIMIT))
    row = {**FILLED, "order_ticket": 9}
    books.past = [{**row, "type": BrokerOrderType.BUY}]
    bench.look(LATER)
    assert outcomes(bench, ONE) == [Outcome.UNRESOLVED]
    books.past = [row]
    bench.look(LATER + 10_000_000)
    assert outcomes(bench, ONE)[-1] == Outcome.FILLED


@pytest.mark.parametrize("told", [DealType.SELL, DealType.BUY])
def test_a_close_is_found_by_a_deal_of_its_side(bench: Bench, books: Books, told: DealType) -> None:
    bench.decide(order(1))
    bench.work()
    lose(bench, order(2, kind=LegKind.CLOSE, position=ONE, side=2))
    books.done = [
        {
            "deal_ticket": 7, "order_ticket": 9, "position_ticket": 1, "comment": token(TWO),
            "type": told, "entry": DealEntry.OUT, "volume": UNITS,
        }
    ]  # fmt: skip
    bench.look(LATER)
    found = Outcome.FILLED if told is DealType.SELL else Outcome.UNRESOLVED
    assert outcomes(bench, TWO)[-1] == found
    assert bench.reports()[-1]["reason"] in (ReasonCode.NONE, ReasonCode.AMBIGUOUS)
