"""Changes of one position or pending order: one at a time, in the order of their decisions."""

from typing import Any

import numpy as np
import pytest

from rules.tokens import token
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome
from schema.wire import UNITS, Records
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import ONE, Books, lose, place
from tests.integration.execute.steps import SECOND

TWO, THREE, FOUR = (number.to_bytes(16, "big") for number in (2, 3, 4))
TOP, OLD, NEW = 12 * UNITS, 10 * UNITS, 11 * UNITS


class Changing(Books):
    """A terminal that does what it is asked for: stops stand as they were changed."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: set[bytes] = set()

    def submit(self, requests: Records) -> Records:
        answers = super().submit(requests)
        for request, answer in zip(requests, answers, strict=True):
            if request["order_id"].tobytes() in self.refuses:
                answer["answer"], answer["retcode"] = AnswerClass.THROTTLED, 10029
            elif request["kind"] == LegKind.MODIFY:
                answer["order_ticket"] = answer["position_ticket"] = 0
                self._change(request)
        return answers

    def _change(self, request: Any) -> None:
        for rows, name in ((self.held, "position_ticket"), (self.standing, "order_ticket")):
            for row in rows:
                if row[name] == request[name]:
                    row |= {"stop_loss": int(request["stop_loss"])}
                    row |= {"take_profit": int(request["take_profit"])}


@pytest.fixture
def terminal(bench: Bench) -> Changing:
    bench.terminal = bench.executor.terminal = Changing()
    return bench.terminal


def change(number: int, **values: Any) -> Records:
    return order(number, kind=LegKind.MODIFY, position=ONE, **values)


def opened(bench: Bench, terminal: Changing) -> dict[str, Any]:
    """Have position 1, with a stop."""
    bench.decide(order(1))
    bench.work()
    terminal.held = [{"position_ticket": 1, "stop_loss": OLD, "take_profit": 0}]
    return terminal.held[0]


def test_the_second_of_two_keeps_the_stop_that_the_first_has_set(
    bench: Bench, terminal: Changing
) -> None:
    position = opened(bench, terminal)
    bench.decide(np.concatenate([change(2, stop_loss=NEW), change(3, take_profit=TOP)]))
    bench.work()
    bench.work()
    assert (position["stop_loss"], position["take_profit"]) == (NEW, TOP)
    assert [r["outcome"] for r in bench.reports()[1:]] == [Outcome.DONE, Outcome.DONE]


def test_so_does_that_of_a_pending_order(bench: Bench, terminal: Changing) -> None:
    place(bench)
    terminal.standing = [{"order_ticket": 1, "stop_loss": OLD, "take_profit": 0}]
    bench.decide(np.concatenate([change(2, stop_loss=NEW), change(3, take_profit=TOP)]))
    bench.work()
    bench.work()
    (standing,) = terminal.standing
    assert (standing["stop_loss"], standing["take_profit"]) == (NEW, TOP)


def test_one_that_is_tried_again_does_not_undo_a_later_one(
    bench: Bench, terminal: Changing
) -> None:
    position = opened(bench, terminal)
    terminal.refuses = {TWO}
    bench.decide(change(2, stop_loss=NEW - 1))
    bench.work()
    bench.decide(change(3, stop_loss=NEW))
    bench.work()
    assert terminal.sent == [ONE, TWO], "it waits for the first"
    terminal.refuses = set()
    bench.work(NOW + SECOND)
    bench.work(NOW + SECOND)
    assert terminal.sent == [ONE, TWO, TWO, THREE]
    assert position["stop_loss"] == NEW


def test_a_later_one_goes_when_the_first_is_refused_for_good(
    bench: Bench, terminal: Changing
) -> None:
    position = opened(bench, terminal)
    terminal.refuses = {TWO}
    bench.decide(np.concatenate([change(2, stop_loss=NEW - 1), change(3, stop_loss=NEW)]))
    for second in range(10):
        bench.work(NOW + second * SECOND)
    assert terminal.sent == [ONE, *[TWO] * bench.executor.attempts, THREE]
    assert position["stop_loss"] == NEW


def test_both_wait_for_an_unresolved_opening_and_say_so(bench: Bench, terminal: Changing) -> None:
    lose(bench, order(1))
    bench.decide(np.concatenate([change(2, stop_loss=NEW), change(3, take_profit=TOP)]))
    bench.work()
    said = {r["order_id"].tobytes(): r for r in bench.reports()}
    for key in (TWO, THREE):
        assert said[key]["outcome"] == Outcome.UNRESOLVED
        assert said[key]["reason"] == ReasonCode.EARLIER_UNRESOLVED
    terminal.held = [{"position_ticket": 9, "comment": token(ONE), "volume": UNITS}]
    bench.look(NOW + 10 * SECOND)
    for second in range(10, 15):
        bench.work(NOW + second * SECOND)
    assert terminal.sent == [ONE, TWO, THREE]
    (position,) = terminal.held
    assert (position["stop_loss"], position["take_profit"]) == (NEW, TOP)


def test_changes_of_different_positions_go_together(bench: Bench, terminal: Changing) -> None:
    bench.decide(np.concatenate([order(1), order(2)]))
    bench.work()
    terminal.held = [{"position_ticket": 1}, {"position_ticket": 2}]
    bench.decide(
        np.concatenate(
            [change(3, stop_loss=NEW), order(4, kind=LegKind.MODIFY, position=TWO, stop_loss=NEW)]
        )
    )
    bench.work()
    assert terminal.sent == [ONE, TWO, THREE, FOUR]
    assert [each["stop_loss"] for each in terminal.held] == [NEW, NEW]
