"""Traces of the protocol's model that broke an earlier wording of the laws, on the real executor.

The numbers are those of the model check's traces.
"""

from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from operators.claiming import claim
from operators.sending import send
from rules.fold_reports import fold_reports
from rules.new_rows import fold_decision
from rules.state import State
from rules.tokens import magic, token
from schema import keys
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, Outcome
from schema.wire import REPORT, UNITS, VERDICT
from sinks.claims import NotDurable
from tests.integration.execute.bench import ACCOUNT, NOW, Bench, order
from tests.integration.execute.books import Books

ONE = (1).to_bytes(16, "big")


def test_trace_09_what_is_claimed_and_not_durable_is_not_sent(bench: Bench) -> None:
    def not_yet(*_: Any) -> Any:
        raise NotDurable("the fsync was not confirmed")

    bench.decide(order(1))
    claim_all = bench.executor.claims.claim_all
    bench.executor.claims.claim_all = lambda *a: (claim_all(*a), not_yet())
    with pytest.raises(NotDurable):
        bench.work()
    assert bench.terminal.sent == []
    bench.executor.claims.claim_all = claim_all
    bench.work()
    assert bench.terminal.sent == [ONE]


def test_trace_10_an_old_journal_sends_nothing_that_another_has_claimed(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    other = bench.successor(tmp_path / "other")
    other.work()
    assert len(other.terminal.sent) == 1
    other.executor.release()
    bench.executor.lease()
    bench.work()
    other.journal.close()
    assert bench.terminal.sent == []
    # A ticket outranks any word of ours: the fold keeps the first journal's report.
    assert bench.reports()[0]["outcome"] == Outcome.FILLED


def test_trace_11_a_ticket_outranks_what_another_says_of_a_paused_executor(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    send(bench.executor, claim(bench.executor, NOW))  # and pauses past its lease
    other = bench.successor(tmp_path / "other")
    other.work()
    failed = np.zeros(1, REPORT)
    failed["order_id"], failed["account_id"] = np.void(ONE), np.void(ACCOUNT)
    failed["state"], failed["outcome"] = OrderState.FINAL, Outcome.FAILED
    for owner in (other.journal.id, None):
        closing = other.executor.claims.close(3, failed, owner=owner)
        assert not closing.closed.any(), "it is the first one's claim, and may have been sent"
    other.journal.close()
    bench.restart()
    bench.reconnect()
    assert len(bench.terminal.sent) == 1
    reports = bench.reports()
    assert [r["outcome"] for r in reports] == [Outcome.UNRESOLVED, Outcome.FILLED]
    # Whoever had said "failed" all the same, and whatever came first: the ticket stands.
    for order_of_words in permutations([*reports, failed[0]]):
        state = State()
        verdicts = np.zeros(1, VERDICT)
        for name in ("signal_id", "account_id"):
            verdicts[name] = order(1)[name]
        verdicts["legs"] = 1
        fold_decision(state, order(1), verdicts, np.array([3], np.int32))
        fold_reports(state, np.array(list(order_of_words), REPORT), 1)
        assert state.orders.rows["outcome"].tolist() == [Outcome.FILLED]
        assert state.pairs.rows["status"].tolist() == [Outcome.FILLED]
        assert state.orders.rows["order_ticket"].tolist() == [1]


def test_trace_12_what_nobody_claimed_is_sent_by_the_next_lease_holder(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    other = bench.successor(tmp_path / "other")
    other.work()
    other.journal.close()
    assert other.terminal.sent == [ONE]


def test_trace_13_an_order_that_another_claimed_does_not_expire(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1, valid_until=NOW + 1))
    assert claim(bench.executor, NOW)
    other = bench.successor(tmp_path / "other")
    other.work(NOW + 2)
    other.work(NOW + 3)
    other.reconnect()
    other.work(NOW + 4)
    other.journal.close()
    assert [r["outcome"] for r in other.reports()] == [Outcome.UNRESOLVED]
    assert ONE in other.executor.watched


def test_trace_14_an_attempt_that_was_not_taken_ends_with_its_term(bench: Bench) -> None:
    bench.terminal.unreachable = 1
    bench.decide(order(1))
    bench.work()
    bench.executor.release()
    bench.restart()  # it died before the next attempt
    bench.work()
    bench.work()
    assert bench.terminal.sent == []
    assert [(r["outcome"], r["reason"]) for r in bench.reports()] == [
        (Outcome.FAILED, ReasonCode.EXECUTOR_RESTARTED)
    ]


def test_trace_14_an_attempt_that_was_not_taken_goes_on_in_the_same_term(bench: Bench) -> None:
    bench.terminal.unreachable = 1
    bench.decide(order(1))
    bench.work()
    bench.restart()
    bench.work(NOW + 10_000_000)
    assert bench.terminal.sent == [ONE]
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


def test_trace_15_results_that_redis_lost_are_published_again(bench: Bench) -> None:
    for number in (1, 2):
        bench.decide(order(number))
        bench.work()
    bench.reconnect()
    assert len(bench.reports()) == 2, "what is there is not written again"
    last: Any = bench.client.xrevrange(keys.events(3), count=1)
    bench.client.xdel(keys.events(3), last[0][0])
    bench.reconnect()
    assert [r["order_id"].tobytes()[-1] for r in bench.reports()] == [1, 2]


def test_trace_15_results_that_were_trimmed_are_not(bench: Bench) -> None:
    for number in (1, 2):
        bench.decide(order(number))
        bench.work()
    bench.client.xtrim(keys.events(3), maxlen=1, approximate=False)
    bench.reconnect()
    assert [r["order_id"].tobytes()[-1] for r in bench.reports()] == [2]


def test_trace_19_an_order_that_was_failed_is_closed_for_everyone(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    assert claim(bench.executor, NOW)
    bench.executor.release()
    bench.restart()
    bench.work()
    assert bench.reports()[-1]["outcome"] == Outcome.FAILED
    other = bench.successor(tmp_path / "other")
    other.work()
    other.journal.close()
    assert other.terminal.sent == []
    assert len(bench.reports()) == 1


def test_what_was_sent_and_never_published_goes_out_after_a_crash(bench: Bench) -> None:
    bench.decide(order(1))
    send(bench.executor, claim(bench.executor, NOW))  # and dies before it can say so
    assert bench.reports() == []
    bench.restart()
    bench.reconnect()
    bench.work()
    assert bench.terminal.sent == [ONE]
    assert [r["outcome"] for r in bench.reports()] == [Outcome.FILLED]


def test_a_sending_without_an_answer_is_never_sent_again(bench: Bench) -> None:
    bench.terminal.dies = True
    bench.decide(order(1))
    with pytest.raises(KeyboardInterrupt):
        send(bench.executor, claim(bench.executor, NOW))
    bench.terminal.dies = False
    bench.restart()
    bench.work()
    bench.look()
    assert bench.terminal.sent == []
    assert [r["outcome"] for r in bench.reports()] == [Outcome.UNRESOLVED]


def test_a_ticket_is_found_by_its_magic_where_the_comment_was_rewritten(bench: Bench) -> None:
    bench.terminal.lose_answers = bench.terminal.rewrites_comments = True
    bench.decide(order(1, magic=7 << 32))
    bench.work()
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    bench.look(NOW + 10_000_000)
    assert (bench.reports()[-1]["outcome"], bench.reports()[-1]["order_ticket"]) == (
        Outcome.FILLED,
        1,
    )


def test_a_journal_that_is_gone_leaves_an_order_watched_across_restarts(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    send(bench.executor, claim(bench.executor, NOW))
    other = bench.successor(tmp_path / "other", at=bench.terminal)
    other.work()
    assert other.reports()[-1]["reason"] == ReasonCode.JOURNAL_LOST
    other.restart()
    other.look(NOW + 10_000_000)
    other.journal.close()
    assert other.reports()[-1]["outcome"] == Outcome.FILLED
    assert len(bench.terminal.sent) == 1


def test_deals_that_were_polled_and_not_published_are_told_again(bench: Bench) -> None:
    bench.terminal.new_deals = [5]
    bench.look()
    assert [d["deal_ticket"] for d in bench.deals()] == [5]
    bench.terminal.new_deals = [6]
    bench.executor.terminal.poll()  # and the link breaks
    bench.terminal.new_deals = [5, 6]  # of the terminal's history
    bench.reconnect()
    bench.look()
    assert [d["deal_ticket"] for d in bench.deals()] == [5, 6]


def test_all_legs_of_a_batch_have_their_own_report(bench: Bench) -> None:
    bench.executor.batch.size = 100
    bench.decide(np.concatenate([order(number) for number in range(1, 101)]))
    bench.work()
    assert len(set(bench.terminal.sent)) == len(bench.terminal.sent) == 100
    assert len({r["order_id"].tobytes() for r in bench.reports()}) == 100
    assert {int(r["state"]) for r in bench.reports()} == {OrderState.FINAL}


def test_a_close_finds_the_position_that_a_lost_journal_had_opened(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    bench.work()
    bench.executor.release()
    other = Bench(bench.client, tmp_path / "other")
    other.terminal = bench.terminal
    other.restart()
    other.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    other.work()
    other.journal.close()
    assert bench.terminal.sent[1:] == [(2).to_bytes(16, "big")]
    assert bench.terminal.asked[-1]["position_ticket"] == 1


RENAMED = {"comment": b"copied", "magic": magic(7 << 32, ONE), "volume": UNITS}


@pytest.mark.parametrize("kind", [LegKind.CLOSE, LegKind.MODIFY])
def test_it_finds_one_whose_comment_the_broker_has_rewritten(
    bench: Bench, books: Books, kind: LegKind
) -> None:
    books.held = [{"position_ticket": 9, **RENAMED}]
    bench.decide(order(2, kind=kind, position=ONE, magic=7 << 32))
    bench.work()
    assert [int(request["position_ticket"]) for request in books.asked] == [9]


def test_a_cancel_finds_the_pending_order_likewise(bench: Bench, books: Books) -> None:
    books.standing = [{"order_ticket": 9, **RENAMED}]
    bench.decide(order(2, kind=LegKind.CANCEL, position=ONE, magic=7 << 32))
    bench.work()
    assert [int(request["order_ticket"]) for request in books.asked] == [9]


@pytest.mark.parametrize(
    "other",
    [
        {"magic": magic(8 << 32, ONE)},
        {"magic": magic(7 << 32, (3).to_bytes(16, "little"))},
        {"account_id": np.void(bytes(16))},
        {"symbol": b"GBPUSD"},
        {"comment": token(b"\xff" * 16)},
    ],
    ids=lambda other: next(iter(other)),
)
def test_but_not_that_of_another_order(bench: Bench, books: Books, other: dict[str, Any]) -> None:
    books.held = [{"position_ticket": 9, **RENAMED, **other}]
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, magic=7 << 32))
    bench.work()
    assert books.asked == []


def test_a_close_of_a_position_that_is_nowhere_ends(bench: Bench) -> None:
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE))
    bench.work()
    assert bench.reports() == []
    bench.work(NOW + 31_000_000)
    assert bench.terminal.sent == []
    assert [r["reason"] for r in bench.reports()] == [ReasonCode.NO_POSITION]
