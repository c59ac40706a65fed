"""After a restore, what the broker has already is not sent, and everything else is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from brokers.looking_first import MARGIN, LookingFirst
from rules.tokens import token
from schema.broker import AnswerClass
from schema.enums import LegKind, Side
from tests.contracts.broker import CHECKS, Bench
from tests.integration.brokers.world import START, World

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST, SECOND_ORDER, NEVER = (bytes([n]) * 16 for n in (11, 12, 13))


def order(bench: Bench, order_id: bytes, **more: object) -> np.ndarray:
    return bench.request(order_id=order_id, comment=token(order_id), magic=order_id[0], **more)


def answers(terminal: LookingFirst, *requests: np.ndarray) -> list[tuple[bytes, AnswerClass]]:
    sent = np.concatenate(requests)
    found = terminal.submit(sent)
    return [(row["order_id"].tobytes(), AnswerClass(int(row["answer"]))) for row in found]


def orders_of(world: World) -> int:
    return len(world.current.history(0).orders)


def test_an_order_of_before_is_looked_for_and_not_sent(world: World) -> None:
    bench = world.bench()
    bench.submit(order(bench, FIRST), order(bench, SECOND_ORDER))
    before = orders_of(world)
    terminal = LookingFirst(bench.reopen(), START)
    found = answers(terminal, order(bench, SECOND_ORDER), order(bench, NEVER), order(bench, FIRST))
    assert found == [
        (SECOND_ORDER, AnswerClass.AMBIGUOUS),
        (NEVER, AnswerClass.DONE),
        (FIRST, AnswerClass.AMBIGUOUS),
    ]
    assert orders_of(world) == before + 1


def test_what_it_sent_itself_is_not_what_was_there_before(world: World) -> None:
    """An attempt that the broker did not take is the executor's to repeat."""
    bench = world.bench()
    terminal = LookingFirst(bench.terminal, START)
    assert answers(terminal, order(bench, FIRST)) == [(FIRST, AnswerClass.DONE)]
    assert answers(terminal, order(bench, FIRST)) == [(FIRST, AnswerClass.DONE)]


def test_a_comment_that_the_broker_has_rewritten_leaves_the_magic_number(world: World) -> None:
    bench = world.bench()
    bench.submit(bench.request(order_id=FIRST, comment=b"by the broker", magic=11))
    # The other has its own comment in the books, and an equal number means nothing then.
    bench.submit(bench.request(order_id=SECOND_ORDER, comment=token(SECOND_ORDER), magic=13))
    terminal = LookingFirst(bench.reopen(), START)
    found = answers(terminal, order(bench, FIRST), order(bench, NEVER))
    assert found == [(FIRST, AnswerClass.AMBIGUOUS), (NEVER, AnswerClass.DONE)]


def test_changes_are_not_held_back(world: World) -> None:
    bench = world.bench()
    answer = bench.submit(order(bench, FIRST))[0]
    terminal = LookingFirst(bench.reopen(), START)
    change = order(
        bench, FIRST, kind=LegKind.MODIFY,
        position_ticket=int(answer["position_ticket"]), stop_loss=105_000_000,
    )  # fmt: skip
    assert answers(terminal, change) == [(FIRST, AnswerClass.DONE)]


def test_books_of_long_before_the_backup_are_not_read(world: World) -> None:
    bench = world.bench()
    answer = bench.submit(order(bench, FIRST))[0]
    closed = order(
        bench, SECOND_ORDER, kind=LegKind.CLOSE,
        position_ticket=int(answer["position_ticket"]), side=Side.SELL,
    )  # fmt: skip
    bench.submit(closed)
    terminal = LookingFirst(bench.reopen(), START + 2 * MARGIN)
    assert answers(terminal, order(bench, FIRST)) == [(FIRST, AnswerClass.DONE)]


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_it_is_a_terminal_like_any_other(check: Callable[[Bench], None], world: World) -> None:
    bench = world.bench()
    bench.terminal = LookingFirst(bench.terminal, START)
    check(bench)
