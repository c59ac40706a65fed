"""An order whose answer was lost is found at the broker, wherever the broker shows it."""

import pytest

from brokers.port import History
from rules.journal import DAY
from rules.tokens import magic, token
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import LATER, ONE, TWO, Books, lose, place


def test_one_that_stands_in_the_book_works_although_its_state_is_transitional(
    bench: Bench, books: Books
) -> None:
    lose(bench, order(1, order_type=OrderType.LIMIT))
    state = BrokerOrderState.REQUEST_ADD
    row = {"order_ticket": 9, "comment": token(ONE), "state": state, "volume": UNITS}
    books.standing = [{**row, "type": BrokerOrderType.BUY_LIMIT}]
    bench.look(LATER)
    last = bench.reports()[-1]
    assert (last["state"], last["outcome"], last["order_ticket"]) == (OrderState.WORKING, 0, 9)
    books.standing, books.ended = [], [(9, BrokerOrderState.REJECTED)]
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.REFUSED


def test_one_that_was_cancelled_is_not_called_refused(bench: Bench, books: Books) -> None:
    lose(bench, order(1, order_type=OrderType.LIMIT))
    state = BrokerOrderState.CANCELED
    books.past = [
        {"order_ticket": 9, "comment": token(ONE), "state": state, "volume": UNITS, "type": 2}
    ]
    bench.look(LATER)
    last = bench.reports()[-1]
    assert (last["outcome"], last["reason"]) == (Outcome.CANCELLED, ReasonCode.PENDING_CANCELLED)


def test_one_that_only_deals_tell_of_is_filled_at_their_mean(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    one = {"order_ticket": 9, "position_ticket": 9, "comment": token(ONE)}
    books.done = [
        {**one, "deal_ticket": 1, "volume": UNITS // 4, "price": 2 * UNITS},
        {**one, "deal_ticket": 2, "volume": 3 * UNITS // 4, "price": 4 * UNITS},
    ]
    bench.look(LATER)
    last = bench.reports()[-1]
    assert (last["outcome"], last["filled"]) == (Outcome.FILLED, UNITS)
    assert last["price"] == 3.5 * UNITS


def test_one_that_only_its_position_tells_of_is_filled(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    books.held = [{"position_ticket": 9, "comment": token(ONE), "volume": UNITS, "price_open": 7}]
    bench.look(LATER)
    last = bench.reports()[-1]
    assert (last["outcome"], last["order_ticket"], last["price"]) == (Outcome.FILLED, 9, 7)


def test_a_ticket_with_the_token_of_another_order_is_not_adopted_by_its_magic(
    bench: Bench, books: Books
) -> None:
    lose(bench, order(1, magic=7 << 32))
    row = {"order_ticket": 9, "state": BrokerOrderState.FILLED, "volume": UNITS}
    books.past = [{**row, "magic": magic(7 << 32, ONE), "comment": token(bytes(range(16)))}]
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    books.past[0]["comment"] = b"[rewritten by broker]"
    bench.look(LATER + 10_000_000)
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


def test_a_ticket_that_another_order_owns_is_not_adopted(bench: Bench, books: Books) -> None:
    bench.decide(order(2))
    bench.work()
    lose(bench, order(1))
    row = {"order_ticket": 1, "state": BrokerOrderState.FILLED, "volume": UNITS}
    books.past = [{**row, "comment": token(ONE)}]
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED


@pytest.mark.parametrize(
    ("state", "outcome", "reason"),
    [
        (BrokerOrderState.CANCELED, Outcome.DONE, ReasonCode.NONE),
        (BrokerOrderState.FILLED, Outcome.REFUSED, ReasonCode.NO_PENDING_ORDER),
    ],
)
def test_a_cancel_is_known_by_what_became_of_the_pending_order(
    bench: Bench, books: Books, state: BrokerOrderState, outcome: Outcome, reason: ReasonCode
) -> None:
    place(bench)
    books.standing = [{"order_ticket": 1, "state": BrokerOrderState.PLACED, "volume": UNITS}]
    lose(bench, order(2, kind=LegKind.CANCEL, position=ONE))
    books.ended = []
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED, "it stands: nobody knows"
    books.standing = []
    books.past = [{"order_ticket": 1, "state": state, "volume": UNITS, "filled": UNITS}]
    bench.look(LATER + 10_000_000)
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["outcome"], last["reason"]) == (TWO, outcome, reason)


def test_a_change_is_known_by_the_stops_of_the_position(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    books.held = [{"position_ticket": 1, "volume": UNITS, "take_profit": 9 * UNITS}]
    lose(bench, order(2, kind=LegKind.MODIFY, position=ONE, stop_loss=5 * UNITS))
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    books.held[0]["stop_loss"] = 5 * UNITS
    bench.look(LATER + 10_000_000)
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["outcome"]) == (TWO, Outcome.DONE)


def test_a_change_of_a_position_that_is_gone_is_refused(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    lose(bench, order(2, kind=LegKind.MODIFY, position=ONE, stop_loss=5 * UNITS))
    bench.look(LATER)
    last = bench.reports()[-1]
    assert (last["outcome"], last["reason"]) == (Outcome.REFUSED, ReasonCode.POSITION_GONE)


def test_a_change_of_one_stop_leaves_the_other_where_it_is(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    books.held = [
        {"position_ticket": 1, "volume": UNITS, "stop_loss": 4 * UNITS, "take_profit": 9 * UNITS}
    ]
    bench.decide(order(2, kind=LegKind.MODIFY, position=ONE, stop_loss=5 * UNITS))
    bench.work()
    asked = books.asked[-1]
    assert (asked["stop_loss"], asked["take_profit"]) == (5 * UNITS, 9 * UNITS)


def test_a_change_of_a_pending_order_names_its_ticket(bench: Bench, books: Books) -> None:
    place(bench)
    books.standing = [{"order_ticket": 1, "volume": UNITS, "stop_loss": 4 * UNITS}]
    bench.decide(order(2, kind=LegKind.MODIFY, position=ONE, take_profit=9 * UNITS))
    bench.work()
    asked = books.asked[-1]
    assert (asked["position_ticket"], asked["order_ticket"]) == (0, 1)
    assert (asked["stop_loss"], asked["take_profit"]) == (4 * UNITS, 9 * UNITS)


def test_a_close_of_an_order_that_was_given_up_ends(bench: Bench, books: Books) -> None:
    lose(bench, order(1))
    week = bench.executor.watch_us
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    bench.work(NOW + 60_000_000)
    assert TWO in bench.executor.waiting, "the opening may still be found"
    bench.look(NOW + week + 2)
    bench.look(NOW + 2 * week)
    bench.work(NOW + 2 * week)
    bench.work(NOW + 2 * week + 60_000_000)
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["reason"]) == (TWO, ReasonCode.NO_POSITION)


def test_the_opening_after_a_close_that_was_given_up_is_cancelled(
    bench: Bench, books: Books
) -> None:
    week = bench.executor.watch_us
    lose(bench, order(1, legs=2), order(2, legs=2, leg=2, after=1, signal_id=ONE))
    bench.look(NOW + week + 2)
    bench.work(NOW + week + 3)
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["reason"]) == (TWO, ReasonCode.CLOSE_FAILED)
    assert books.sent == [ONE]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_close_waits_for_its_unresolved_opening_and_says_so(
    bench: Bench, books: Books, restarts: bool
) -> None:
    lose(bench, order(1))
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    bench.work()
    bench.work()
    said = [r for r in bench.reports() if r["order_id"].tobytes() == TWO]
    assert [(r["outcome"], r["reason"], r["sent"]) for r in said] == [
        (Outcome.UNRESOLVED, ReasonCode.EARLIER_UNRESOLVED, 0)
    ]
    if restarts:
        bench.restart()
        bench.work()
    books.past = [
        {
            "order_ticket": 9,
            "position_ticket": 9,
            "comment": token(ONE),
            "state": BrokerOrderState.FILLED,
            "volume": UNITS,
            "filled": UNITS,
        }
    ]
    bench.look(LATER)
    bench.work(LATER)
    assert books.sent == [ONE, TWO]
    assert books.asked[-1]["position_ticket"] == 9
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["outcome"]) == (TWO, Outcome.FILLED)


def test_a_flip_waits_for_its_unresolved_close_and_says_so(bench: Bench, books: Books) -> None:
    lose(bench, order(1, legs=2), order(2, legs=2, leg=2, after=1, signal_id=ONE))
    bench.work()
    last = bench.reports()[-1]
    assert (last["order_id"].tobytes(), last["reason"]) == (TWO, ReasonCode.EARLIER_UNRESOLVED)


@pytest.fixture
def asked_since(books: Books, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the times from which the history was asked for."""
    since: list[int] = []
    history = books.history

    def noted(start: int) -> History:
        since.append(start)
        return history(start)

    monkeypatch.setattr(books, "history", noted)
    return since


def lose_at(bench: Bench, at: int, number: int) -> None:
    bench.decide(order(number, decided_at=at))
    bench.terminal.lose_answers = True
    bench.work(at)
    bench.terminal.lose_answers = False


def test_no_more_of_the_history_is_read_than_the_oldest_order_is_old(
    bench: Bench, asked_since: list[int]
) -> None:
    for days in range(3):
        lose_at(bench, NOW + days * DAY, 1 + days)
        bench.look(NOW + days * DAY + 300_000_000)
    assert asked_since == [NOW - DAY] * 3


def test_that_is_no_more_than_a_day_for_one_of_now(bench: Bench, asked_since: list[int]) -> None:
    lose_at(bench, NOW + 100 * DAY, 1)
    bench.look(NOW + 100 * DAY + 10_000_000)
    assert asked_since == [NOW + 99 * DAY]


@pytest.mark.parametrize("kind", [LegKind.MODIFY, LegKind.CANCEL])
def test_what_a_change_is_about_may_be_of_any_age(
    bench: Bench, asked_since: list[int], kind: LegKind
) -> None:
    place(bench)
    lose(bench, order(2, kind=kind, position=ONE))
    bench.look(LATER)
    assert asked_since == [LATER - bench.executor.watch_us - DAY]
