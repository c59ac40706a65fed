"""An order at market that the broker took and has not executed is looked for until it has ended."""

from typing import Any

import numpy as np
import pytest

from rules.tokens import token
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import LATER, ONE, TWO, Books, lose, place

PLACED = {"retcode": 10008, "position_ticket": 0}
# The broker rewrites comments: only the ticket of the answer tells whose it is.
REWRITTEN = {"order_ticket": 1, "volume": UNITS, "comment": b"dealer"}
WEEK = 7 * 86_400_000_000


def take(bench: Bench, books: Books, **says: Any) -> None:
    """Have order 1 taken, and not executed yet."""
    books.says = {**PLACED, **says}
    bench.decide(order(1))
    bench.work()
    books.says = {}


def last(bench: Bench, order_id: bytes = ONE) -> Any:
    return [r for r in bench.reports() if r["order_id"].tobytes() == order_id][-1]


@pytest.mark.parametrize("restarts", [False, True])
@pytest.mark.parametrize(
    ("state", "filled", "outcome"),
    [
        (BrokerOrderState.FILLED, UNITS, Outcome.FILLED),
        (BrokerOrderState.PARTIAL, UNITS // 2, Outcome.PARTIALLY_FILLED),
        (BrokerOrderState.REJECTED, 0, Outcome.REFUSED),
        (BrokerOrderState.CANCELED, 0, Outcome.CANCELLED),
    ],
)
def test_an_opening_that_was_taken_works_until_its_end_is_found(
    bench: Bench,
    books: Books,
    restarts: bool,
    state: BrokerOrderState,
    filled: int,
    outcome: Outcome,
) -> None:
    take(bench, books)
    said = last(bench)
    assert (said["state"], said["outcome"], said["filled"]) == (OrderState.WORKING, 0, 0)
    if restarts:
        bench.restart()
    books.standing = [{**REWRITTEN, "state": BrokerOrderState.STARTED}]
    bench.look(LATER)
    bench.look(LATER + 10_000_000)
    assert len(bench.reports()) == 1, "it works: that was said"
    assert ONE in bench.executor.watched
    books.standing, books.past = [], [{**REWRITTEN, "state": state, "filled": filled}]
    bench.look(LATER + 60_000_000)
    assert (last(bench)["outcome"], last(bench)["filled"]) == (outcome, filled)
    assert (bench.terminal.sent, bench.executor.watched) == ([ONE], {})


def test_one_whose_answer_was_lost_and_that_is_on_its_way_is_looked_for_further(
    bench: Bench, books: Books
) -> None:
    lose(bench, order(1))
    row = {**REWRITTEN, "comment": token(ONE), "order_ticket": 9}
    books.standing = [{**row, "state": BrokerOrderState.STARTED}]
    bench.look(LATER)
    assert (last(bench)["state"], last(bench)["order_ticket"]) == (OrderState.WORKING, 9)
    books.standing = []
    books.past = [{**row, "state": BrokerOrderState.FILLED, "filled": UNITS}]
    bench.look(LATER + 60_000_000)
    assert last(bench)["outcome"] == Outcome.FILLED


def test_one_that_an_older_version_called_final_is_looked_for(bench: Bench, books: Books) -> None:
    take(bench, books)
    report = last(bench).copy()
    report["state"], report["filled"] = OrderState.FINAL, UNITS
    bench.executor.journalled([(3, False, report)])
    bench.restart()
    books.past = [{**REWRITTEN, "state": BrokerOrderState.FILLED, "filled": UNITS}]
    bench.look(LATER)
    assert last(bench)["outcome"] == Outcome.FILLED


def test_one_whose_end_is_polled_is_not_looked_for_any_more(bench: Bench, books: Books) -> None:
    take(bench, books)
    books.left = books.past = [{**REWRITTEN, "state": BrokerOrderState.FILLED, "filled": UNITS}]
    bench.look(LATER)
    assert [r["outcome"] for r in bench.reports()] == [Outcome.NONE, Outcome.FILLED]
    assert bench.executor.watched == {}


def test_one_that_is_never_seen_again_is_unresolved_in_the_end(bench: Bench, books: Books) -> None:
    take(bench, books)
    bench.look(NOW + WEEK + 2)
    assert (last(bench)["state"], last(bench)["outcome"]) == (
        OrderState.FINAL,
        Outcome.UNRESOLVED,
    )
    assert (last(bench)["order_ticket"], bench.executor.watched) == (1, {})
    bench.restart()
    bench.look(NOW + WEEK + 3)
    assert (len(bench.reports()), bench.executor.watched) == (2, {})


@pytest.mark.parametrize("named", [0, 1])
def test_a_close_waits_for_an_opening_that_was_taken(
    bench: Bench, books: Books, named: int
) -> None:
    """Also where the answer names a position: what does not stand yet would be called closed."""
    take(bench, books, position_ticket=named)
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, side=2))
    bench.work()
    bench.work(NOW + 60_000_000)
    assert bench.terminal.sent == [ONE]
    assert last(bench, TWO)["reason"] == ReasonCode.EARLIER_UNRESOLVED
    books.past = [
        {**REWRITTEN, "position_ticket": 5, "state": BrokerOrderState.FILLED, "filled": UNITS}
    ]
    bench.look(NOW + 61_000_000)
    bench.work(NOW + 61_000_000)
    assert (books.asked[-1]["position_ticket"], books.asked[-1]["order_ticket"]) == (5, 0)
    assert last(bench, TWO)["outcome"] == Outcome.FILLED


def test_a_close_of_a_pending_order_without_a_position_is_not_sent(
    bench: Bench, books: Books
) -> None:
    place(bench)
    books.standing = [{"order_ticket": 1, "comment": token(ONE), "type": BrokerOrderType.BUY_LIMIT}]
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, side=2))
    bench.work()
    books.standing, books.held = [], [{"position_ticket": 1, "comment": token(ONE)}]
    bench.work(LATER)
    assert books.asked[-1]["position_ticket"] == 1, "it was filled, and the poll has not told yet"
    assert bench.executor.memory.tickets[ONE] == (1, 1)


def test_a_close_that_was_taken_is_over_only_when_it_is_found(bench: Bench, books: Books) -> None:
    bench.decide(order(9))
    bench.work()
    books.says = PLACED
    opener = np.void((9).to_bytes(16, "big"))
    close = order(1, legs=2, kind=LegKind.CLOSE, position=opener, side=2)
    bench.decide(np.concatenate([close, order(2, legs=2, leg=2, after=1, signal_id=ONE)]))
    bench.work()
    books.says = {}
    bench.work()
    assert last(bench)["state"] == OrderState.WORKING
    assert TWO in bench.executor.waiting, "the opening of a reverse goes behind its close"
    books.past = [
        {**REWRITTEN, "order_ticket": 2, "state": BrokerOrderState.FILLED, "filled": UNITS}
    ]
    bench.look(LATER)
    bench.work(LATER)
    assert last(bench)["outcome"] == last(bench, TWO)["outcome"] == Outcome.FILLED


def test_what_was_filled_and_has_no_volume_was_filled_whole(bench: Bench, books: Books) -> None:
    books.says = {"volume": 0}
    bench.decide(order(1, volume=3 * UNITS))
    bench.work()
    assert (last(bench)["outcome"], last(bench)["filled"]) == (Outcome.FILLED, 3 * UNITS)


def test_a_whole_close_without_a_volume_has_that_of_its_request(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    books.held, books.says = [{"position_ticket": 1, "volume": UNITS // 2}], {"volume": 0}
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, whole=1, side=2))
    bench.work()
    assert last(bench, TWO)["filled"] == UNITS // 2


def test_a_lost_whole_close_without_a_volume_has_that_of_its_request(
    bench: Bench, books: Books
) -> None:
    bench.decide(order(1))
    bench.work()
    books.held = [{"position_ticket": 1, "volume": UNITS // 2}]
    lose(bench, order(2, kind=LegKind.CLOSE, position=ONE, whole=1, side=2))
    row = {"order_ticket": 2, "state": BrokerOrderState.FILLED, "comment": token(TWO)}
    books.past = [{**row, "type": BrokerOrderType.SELL}]
    bench.look(LATER)
    assert last(bench, TWO)["filled"] == UNITS // 2


@pytest.mark.parametrize("polled", [False, True])
def test_what_the_books_call_filled_without_a_volume_was_filled_whole(
    bench: Bench, books: Books, polled: bool
) -> None:
    kind = BrokerOrderType.BUY_LIMIT
    row = {"order_ticket": 1, "state": BrokerOrderState.FILLED, "comment": token(ONE), "type": kind}
    if polled:
        place(bench)
        books.left = [row]
    else:
        lose(bench, order(1, order_type=OrderType.LIMIT))
        books.past = [row]
    bench.look(LATER)
    assert (last(bench)["outcome"], last(bench)["filled"]) == (Outcome.FILLED, UNITS)
