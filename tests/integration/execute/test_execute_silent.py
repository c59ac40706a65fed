"""A terminal that is away, or answers some questions only: what goes on, what waits, what ends."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import numpy as np
import pytest

from operators.claiming import claim
from operators.reach import Reach
from rules.errors import Ambiguous, Fatal, Throttled, Transient
from rules.tokens import token
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from schema.wire import UNITS
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import ONE, TWO, Books, lose, place
from tests.integration.execute.steps import SECOND, Flow

THREE = (3).to_bytes(16, "big")
HOUR = 3600 * SECOND


@pytest.fixture
def flow(bench: Bench, books: Books) -> Flow:
    """The steps over a terminal whose books the test writes."""
    assert bench.executor.terminal is books
    return Flow(bench)


@contextmanager
def silent(terminal: Any, *questions: str, error: Exception | None = None) -> Iterator[None]:
    """Let questions to the terminal fail."""
    fails = error or Transient("no connection")
    with mock.patch.multiple(terminal, **dict.fromkeys(questions, mock.Mock(side_effect=fails))):
        yield


def outcomes(bench: Bench) -> dict[bytes, int]:
    return {report["order_id"].tobytes(): int(report["outcome"]) for report in bench.reports()}


def told(bench: Bench, key: bytes) -> tuple[int, int]:
    """Return the last outcome and reason of an order."""
    last = [report for report in bench.reports() if report["order_id"].tobytes() == key][-1]
    return int(last["outcome"]), int(last["reason"])


QUESTIONS = ("poll", "history", "positions", "open_orders", "account", "quotes")


@pytest.mark.parametrize("error", [Transient("gone"), Throttled("busy", 1.0), Ambiguous("lost")])
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_that_fails_keeps_an_outcome_from_being_told(
    bench: Bench, books: Books, flow: Flow, question: str, error: Exception
) -> None:
    flow.turn(fresh=True)
    lose(bench, order(1))
    bench.decide(order(2))
    with silent(books, question, error=error):
        for _ in range(3):
            flow.turn(after=700.0)  # everything is due
    assert outcomes(bench)[TWO] == Outcome.FILLED
    assert flow.metric("unanswered_questions_total") > 0
    assert flow.metric("failed_turns_total") == 0, "the link to Redis is whole"
    assert flow.metric("redis_links_total") == 1


def test_what_a_silent_terminal_did_not_tell_is_told_when_it_answers(
    bench: Bench, books: Books, flow: Flow
) -> None:
    lose(bench, order(1))
    books.past = [_history_row(ONE)]
    with silent(books, "history"):
        flow.turn(after=5.0)
        flow.turn(after=5.0)
    assert outcomes(bench)[ONE] == Outcome.UNRESOLVED
    flow.turn(after=5.0)
    assert outcomes(bench)[ONE] == Outcome.FILLED


def test_a_look_that_failed_is_not_repeated_in_each_turn(
    bench: Bench, books: Books, flow: Flow
) -> None:
    lose(bench, order(1))
    history = mock.Mock(side_effect=Transient("no connection"))
    with mock.patch.object(books, "history", history):
        for _ in range(30):
            flow.turn(after=0.1)
    assert 1 <= history.call_count <= 3


def test_a_question_that_fails_is_put_again_after_a_pause_and_told_once_a_minute(
    bench: Bench, books: Books, flow: Flow, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    poll = mock.Mock(side_effect=Transient("no connection"))
    with mock.patch.object(books, "poll", poll):
        for _ in range(700):
            flow.turn(after=0.1)
    words = [r.message for r in caplog.records if "does not tell" in r.message]
    assert 15 < poll.call_count < 50, "in 70 s; a tenth of a second lies between two that answer"
    assert words == ["the terminal does not tell news: no connection"] * 2
    for _ in range(50):
        flow.turn(after=0.1)
    assert "the terminal tells news again" in caplog.text
    asked = mock.Mock(side_effect=books.poll)
    with mock.patch.object(books, "poll", asked):
        for _ in range(10):
            flow.turn(after=0.1)
    assert asked.call_count >= 9
    once = mock.Mock(side_effect=[Transient("no connection"), books.poll(), books.poll()])
    with mock.patch.object(books, "poll", once):
        flow.turn(after=0.2)
        flow.turn(after=0.6)
    assert once.call_count == 2, "the pauses are short again"


def test_a_new_configuration_is_followed_without_prices(
    bench: Bench, books: Books, flow: Flow
) -> None:
    with silent(books, "quotes"):
        flow.turn()
    (state,) = bench.client.keys("instance_state:*")
    assert flow.metric("partitions") == 1, "it has looked around"
    assert bench.client.hget(state, "state") == b"degraded"
    flow.turn(after=5.0)
    assert bench.client.hget(state, "state") == b"running"


def test_a_fatal_answer_to_a_question_is_not_swallowed(books: Books, flow: Flow) -> None:
    with silent(books, "poll", error=Fatal("wrong account")), pytest.raises(Fatal):
        flow.turn()


def _history_row(key: bytes) -> dict[str, Any]:
    return {"order_ticket": 9, "comment": token(key), "state": 4, "volume": UNITS, "filled": UNITS}


def _three_kinds(bench: Bench, books: Books) -> None:
    """Have position 1, and decide to close it whole and to open another."""
    bench.decide(order(1))
    bench.work()
    books.held = [{"position_ticket": 1, "volume": UNITS // 2}]
    bench.decide(
        np.concatenate([order(2, kind=LegKind.CLOSE, position=ONE, whole=1), order(3)]),
    )


def test_a_whole_close_waits_for_what_stands_and_nothing_else_does(
    bench: Bench, books: Books
) -> None:
    _three_kinds(bench, books)
    positions = mock.Mock(side_effect=Transient("no connection"))
    with mock.patch.object(books, "positions", positions):
        for tenth in range(20):
            bench.work(NOW + SECOND + tenth * SECOND // 10)
    assert set(outcomes(bench)) == {ONE, THREE}
    assert positions.call_count == 2, "not in each turn"
    bench.work(NOW + 4 * SECOND)
    assert outcomes(bench)[TWO] == Outcome.FILLED
    assert books.asked[-1]["volume"] == UNITS // 2, "what the position has"


def test_a_whole_close_does_not_wait_for_ever(bench: Bench, books: Books) -> None:
    _three_kinds(bench, books)
    with silent(books, "positions"):
        for second in range(15):
            bench.work(NOW + second * SECOND)
    assert outcomes(bench)[TWO] == Outcome.FILLED
    assert books.asked[-1]["volume"] == UNITS, "what was decided on"


def test_a_change_waits_for_the_stops_that_stand(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    books.held = [{"position_ticket": 1, "stop_loss": 4 * UNITS}]
    bench.decide(order(2, kind=LegKind.MODIFY, position=ONE, take_profit=9 * UNITS))
    with silent(books, "positions"):
        for second in range(15):
            bench.work(NOW + second * SECOND)
    assert bench.terminal.sent == [ONE]
    bench.work(NOW + 20 * SECOND)
    assert (books.asked[-1]["stop_loss"], books.asked[-1]["take_profit"]) == (4e8, 9e8)
    assert not bench.executor.books.is_away(NOW + HOUR), "it answers again"


def test_a_close_of_an_unknown_position_does_not_end_for_want_of_an_answer(
    bench: Bench, books: Books
) -> None:
    bench.decide(np.concatenate([order(2, kind=LegKind.CLOSE, position=ONE), order(3)]))
    with silent(books, "positions", "open_orders"):
        for second in range(0, 100, 2):
            bench.work(NOW + second * SECOND)
    assert bench.terminal.sent == [THREE], "the other one goes"
    bench.work(NOW + 110 * SECOND)
    assert told(bench, TWO) == (Outcome.UNRESOLVED, ReasonCode.NO_CONNECTION)
    assert books.asked[1:] == [], "a terminal that has just come back may not know yet"
    books.held = [{"position_ticket": 7, "comment": token(ONE), "volume": UNITS}]
    bench.work(NOW + 120 * SECOND)
    assert (books.asked[-1]["position_ticket"], outcomes(bench)[TWO]) == (7, Outcome.FILLED)
    assert not bench.executor.books.is_away(NOW + HOUR), "it answers again"


def test_what_waits_outlives_a_terminal_that_is_away(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    bench.decide(
        np.concatenate(
            [
                order(2, kind=LegKind.CLOSE, position=ONE),
                *(order(n, valid_until=NOW + 60 * SECOND) for n in range(3, 203)),
                *(order(n, valid_until=NOW + 20 * SECOND) for n in range(203, 243)),
            ]
        )
    )
    books.unreachable = 10_000
    for tenth in range(300):
        bench.work(NOW + tenth * SECOND // 10)
    assert 10_000 - books.unreachable < 30, "it is left alone between its attempts"
    assert told(bench, TWO) == (Outcome.UNRESOLVED, ReasonCode.NO_CONNECTION), "it says why"
    assert len(bench.reports()) == 1 + 1 + 40, "those that grew too old"
    assert list(outcomes(bench).values()).count(Outcome.EXPIRED) == 40
    books.unreachable = 0
    for tenth in range(50):
        bench.work(NOW + 35 * SECOND + tenth * SECOND // 10)
    assert list(outcomes(bench).values()).count(Outcome.FILLED) == 202
    assert len(set(books.sent)) == len(books.sent) == 202
    assert books.sent[1] == TWO, "the close goes first"


@pytest.mark.parametrize("restarts", [False, True])
def test_a_close_waits_for_its_terminal_however_long_that_takes_and_says_so(
    bench: Bench, books: Books, restarts: bool
) -> None:
    bench.decide(order(1))
    bench.work()
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    books.unreachable = 10_000
    for minute in range(60):
        bench.work(NOW + minute * 60 * SECOND)
        if restarts and minute % 20 == 10:
            bench.restart()
    waits = [report for report in bench.reports() if report["order_id"].tobytes() == TWO]
    assert [(r["state"], r["sent"]) for r in waits] == [(OrderState.DISPATCHED, 0)], "once"
    assert told(bench, TWO) == (Outcome.UNRESOLVED, ReasonCode.NO_CONNECTION)
    books.unreachable = 0
    bench.work(NOW + HOUR + 60 * SECOND)
    assert told(bench, TWO) == (Outcome.FILLED, ReasonCode.NONE)


def test_a_moment_without_a_terminal_is_not_told(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    books.unreachable = 2
    for tenth in range(40):
        bench.work(NOW + tenth * SECOND // 10)
    assert [report["outcome"] for report in bench.reports()] == [Outcome.FILLED]


def test_a_change_that_waits_for_what_stands_says_so(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    bench.work()
    bench.decide(
        np.concatenate(
            [
                order(2, kind=LegKind.MODIFY, position=ONE, take_profit=9 * UNITS),
                order(3, kind=LegKind.MODIFY, position=ONE, stop_loss=4 * UNITS),
            ]
        )
    )
    with silent(books, "positions"):
        for second in range(15):
            bench.work(NOW + second * SECOND)
    for key in (TWO, THREE):
        assert told(bench, key) == (Outcome.UNRESOLVED, ReasonCode.NO_CONNECTION)
    for second in range(20, 30):
        bench.work(NOW + second * SECOND)
    assert [outcomes(bench)[key] for key in (TWO, THREE)] == [Outcome.DONE] * 2


def test_answers_of_the_binding_alone_refuse_nothing(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    books.says = {"retcode": -10004, "answer": AnswerClass.TRANSIENT, "volume": 0}
    for tenth in range(200):
        bench.work(NOW + tenth * SECOND // 10)
    assert told(bench, ONE) == (Outcome.UNRESOLVED, ReasonCode.NO_CONNECTION)
    assert len(books.asked) < 20, "it is left alone between its attempts"
    books.says = {}
    bench.work(NOW + 60 * SECOND)
    assert outcomes(bench) == {ONE: Outcome.FILLED}


def test_a_terminal_that_is_away_makes_no_batch_larger(bench: Bench, books: Books) -> None:
    bench.decide(np.concatenate([order(number) for number in range(1, 100)]))
    books.unreachable = 10
    for second in range(0, 100, 10):
        bench.work(NOW + second * SECOND)
    assert bench.executor.batch.size == 16


def test_the_pause_is_short_again_behind_an_answer(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    books.unreachable = 5
    for second in range(0, 60, 10):
        bench.work(NOW + second * SECOND)
    assert outcomes(bench) == {ONE: Outcome.FILLED}
    bench.decide(order(2))
    books.unreachable = 1
    bench.work(NOW + 60 * SECOND)
    bench.work(NOW + 60 * SECOND + SECOND // 2)
    assert set(outcomes(bench)) == {ONE, TWO}


def test_attempts_that_reached_nobody_are_no_refusals_behind_a_restart(
    bench: Bench, books: Books
) -> None:
    bench.decide(order(1))
    books.unreachable = 5
    for second in range(0, 50, 10):
        bench.work(NOW + second * SECOND)
    bench.restart()
    books.says = {"retcode": 10024, "answer": AnswerClass.THROTTLED, "volume": 0}
    bench.work(NOW + 50 * SECOND)
    books.says = {}
    bench.work(NOW + 60 * SECOND)
    assert outcomes(bench) == {ONE: Outcome.FILLED}


def test_it_is_left_alone_as_long_as_it_asks_for(bench: Bench, books: Books) -> None:
    bench.decide(order(1))
    submit = mock.Mock(side_effect=Throttled("too many", retry_after=30.0))
    with mock.patch.object(books, "submit", submit):
        for second in range(29):
            bench.work(NOW + second * SECOND)
    assert submit.call_count == 1
    bench.work(NOW + 31 * SECOND)
    assert outcomes(bench) == {ONE: Outcome.FILLED}


def test_what_grew_too_old_meanwhile_expires_at_once(bench: Bench, books: Books) -> None:
    bench.decide(order(1, valid_until=NOW + 5 * SECOND))
    with silent(books, "submit", error=Throttled("too many", retry_after=30.0)):
        bench.work(NOW)
        bench.work(NOW + 6 * SECOND)
    (report,) = bench.reports()
    assert (report["outcome"], report["reason"]) == (Outcome.EXPIRED, ReasonCode.ORDER_EXPIRED)


def test_pauses_grow_and_end_with_an_answer_or_a_clock_that_was_set_back() -> None:
    reach = Reach(chance=lambda: 1.0)
    assert not reach.waits(NOW)
    ends = []
    for _ in range(6):
        reach.failed(NOW)
        ends.append(next(ms for ms in range(0, 60_000, 10) if not reach.waits(NOW + ms * 1000)))
    assert ends == [500, 1000, 2000, 4000, 4000, 4000]
    assert not reach.waits(NOW - HOUR)
    assert not reach.is_away(NOW + 5 * SECOND - 1)
    assert reach.is_away(NOW + 5 * SECOND)
    reach.failed(NOW, at_least=HOUR)
    assert reach.waits(NOW + 59 * SECOND)
    assert not reach.waits(NOW + 60 * SECOND), "no terminal may ask for more"
    reach.answered()
    assert not reach.waits(NOW)
    assert not reach.is_away(NOW + HOUR)


Pauses = Callable[[Bench, Any], None]


def _before_the_claim(bench: Bench, patches: Any) -> None:
    claims = bench.executor.claims
    slow = _late(bench, claims.claim_all)
    patches.setattr(claims, "claim_all", slow)


def _while_it_asks(bench: Bench, patches: Any) -> None:
    patches.setattr(bench.terminal, "positions", _late(bench, bench.terminal.positions))


def _late(bench: Bench, act: Callable[..., Any]) -> Callable[..., Any]:
    def after_a_while(*args: Any, **named: Any) -> Any:
        done = act(*args, **named)
        bench.now += 61 * SECOND
        return done

    return after_a_while


@pytest.mark.parametrize("pauses", [_before_the_claim, _while_it_asks])
def test_an_opening_that_was_claimed_and_grew_too_old_is_not_sent(
    bench: Bench, books: Books, monkeypatch: pytest.MonkeyPatch, pauses: Pauses
) -> None:
    place(bench)
    books.standing = [{"order_ticket": 1}]
    bench.decide(
        np.concatenate(
            [
                order(2, valid_until=NOW + 60 * SECOND),
                order(3, kind=LegKind.MODIFY, position=ONE, take_profit=UNITS),
                order(4),
            ]
        )
    )
    pauses(bench, monkeypatch)
    bench.work()
    assert TWO not in bench.terminal.sent
    (expired,) = [r for r in bench.reports() if r["order_id"].tobytes() == TWO]
    assert (expired["state"], expired["outcome"]) == (OrderState.FINAL, Outcome.EXPIRED)
    assert (expired["reason"], expired["sent"]) == (ReasonCode.ORDER_EXPIRED, 0)
    assert len(bench.terminal.sent) == 3, "the others are"
    bench.restart()
    bench.work(NOW)
    assert TWO not in bench.terminal.sent


def test_pending_orders_expire_likewise(bench: Bench, books: Books) -> None:
    bench.decide(order(1, order_type=OrderType.LIMIT, valid_until=NOW + SECOND))
    granted = claim(bench.executor, NOW)
    assert len(granted) == 1
    bench.work(NOW + 2 * SECOND)
    assert outcomes(bench) == {ONE: Outcome.EXPIRED}
