"""Each order is sent once, whatever ends in between."""

from pathlib import Path

import numpy as np
import pytest

from operators.claiming import claim
from schema import keys
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome
from tests.integration.execute.bench import INSTANCE, NOW, Bench, order


def test_an_order_is_sent_once_and_reported(bench: Bench) -> None:
    bench.decide(order(1))
    bench.work()
    bench.work()
    assert len(bench.terminal.sent) == 1
    assert [(r["state"], r["outcome"]) for r in bench.reports()] == [
        (OrderState.FINAL, Outcome.FILLED)
    ]


def test_a_restart_sends_nothing_again(bench: Bench) -> None:
    bench.decide(order(1))
    bench.work()
    bench.restart()
    bench.work()
    assert len(bench.terminal.sent) == 1


def test_a_lost_answer_is_unresolved_until_the_ticket_is_found(bench: Bench) -> None:
    bench.terminal.lose_answers = True
    bench.decide(order(1))
    bench.work()
    bench.restart()
    bench.work()
    assert len(bench.terminal.sent) == 1
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    bench.look(NOW + 10_000_000)
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED
    assert bench.reports()[-1]["order_ticket"] == 1


def test_an_old_order_expires_unsent(bench: Bench) -> None:
    bench.decide(order(1, valid_until=NOW - 1))
    bench.work()
    assert bench.terminal.sent == []
    assert bench.reports()[0]["reason"] == ReasonCode.ORDER_EXPIRED


def test_another_journal_never_sends_what_this_one_claimed(bench: Bench, tmp_path: Path) -> None:
    bench.decide(order(1))
    assert claim(bench.executor, NOW)  # claimed, and the host is gone
    other = bench.successor(tmp_path / "other")
    other.work()
    other.journal.close()
    assert other.terminal.sent == []
    assert other.reports()[-1]["reason"] == ReasonCode.JOURNAL_LOST


def test_who_has_lost_the_lease_claims_nothing(bench: Bench, tmp_path: Path) -> None:
    bench.decide(order(1))
    bench.client.delete(keys.lease(3, INSTANCE))  # it ran out while this process was paused
    other = Bench(bench.client, tmp_path / "other")
    bench.work()
    other.journal.close()
    assert bench.terminal.sent == []
    assert bench.reports() == []


def test_who_has_no_lease_says_nothing_of_what_another_may_have_sent(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1, order_type=OrderType.LIMIT, valid_until=NOW + 1))
    bench.work()
    other = Bench(bench.client, tmp_path / "other")
    other.entries = bench.entries
    other.restart()
    other.work(NOW + 1_000_000)
    other.journal.close()
    assert other.executor.terms[3] == 0
    assert [report["state"] for report in bench.reports()] == [OrderState.WORKING]
    assert other.executor.watched == {}


def test_a_claim_of_an_earlier_term_ends_unsent(bench: Bench) -> None:
    bench.decide(order(1))
    assert claim(bench.executor, NOW)
    bench.executor.release()
    bench.restart()
    bench.work()
    assert bench.terminal.sent == []
    assert bench.reports()[-1]["reason"] == ReasonCode.EXECUTOR_RESTARTED


def test_the_second_leg_of_a_flip_waits_for_the_first(bench: Bench) -> None:
    legs = np.concatenate(
        [
            order(1, legs=2, leg=1),
            order(2, legs=2, leg=2, after=1, signal_id=(1).to_bytes(16, "big")),
        ]
    )
    bench.decide(legs)
    bench.work()
    assert bench.terminal.sent == [(1).to_bytes(16, "big")]
    bench.work()
    assert bench.terminal.sent == [(1).to_bytes(16, "big"), (2).to_bytes(16, "big")]


@pytest.mark.parametrize("restarts", [False, True])
def test_a_cancelled_pending_order_is_reported_cancelled(bench: Bench, restarts: bool) -> None:
    bench.decide(order(1, order_type=OrderType.LIMIT))
    bench.work()
    assert bench.reports()[-1]["state"] == OrderState.WORKING
    bench.decide(order(2, kind=LegKind.CANCEL, position=(1).to_bytes(16, "big")))
    bench.work()
    if restarts:
        bench.restart()
    bench.look()
    last = bench.reports()[-1]
    assert last["order_id"].tobytes() == (1).to_bytes(16, "big")
    assert (last["state"], last["outcome"]) == (OrderState.FINAL, Outcome.CANCELLED)
