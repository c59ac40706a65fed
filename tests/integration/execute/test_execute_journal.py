"""A journal that was damaged, restored or tidied never makes an order be sent twice."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from operators.claiming import claim
from operators.sending import send
from rules.journal import DAY, RETENTION
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderType, Outcome
from schema.wire import UNITS
from sinks.claims import OldJournal
from sinks.journal import NAME, Journal
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.books import Books

ONE = (1).to_bytes(16, "big")


def test_a_journal_restored_from_a_copy_does_not_speak_for_the_newer_one(
    bench: Bench, tmp_path: Path
) -> None:
    bench.decide(order(1))
    bench.work()
    copy = tmp_path / "copy"
    shutil.copy(tmp_path / NAME, copy)
    bench.decide(order(2))
    bench.work()
    bench.executor.lease()  # as it does every few seconds
    bench.journal.close()
    shutil.copy(copy, tmp_path / NAME)
    with pytest.raises(OldJournal):
        bench.start()
    before = bench.journal.id
    bench.journal.put_aside()
    bench.executor.release()
    bench.start()
    bench.work()
    assert bench.journal.id != before
    assert len(bench.terminal.sent) == 2
    assert bench.terminal.sent.count((2).to_bytes(16, "big")) == 1


def test_compaction_keeps_how_far_the_journal_has_come(bench: Bench, tmp_path: Path) -> None:
    for number in range(1, 4):
        bench.decide(order(number))
        bench.work()
    bench.journal.close()
    journal = Journal(tmp_path, compact_bytes=1)
    assert journal.state.sendings == 3
    assert not journal.compact(), "it has not grown"
    journal._compacted = 0
    assert journal.compact()
    journal.close()
    again = Journal(tmp_path)
    assert again.state.sendings == 3
    assert set(again.state.finished) == {n.to_bytes(16, "big") for n in (1, 2, 3)}
    again.close()


@pytest.mark.parametrize("part", ["length", "body"])
def test_damage_in_the_middle_is_not_taken_for_a_torn_tail(
    bench: Bench, tmp_path: Path, part: str
) -> None:
    for number in (1, 2, 3):
        bench.decide(order(number))
        bench.work()
    bench.journal.close()
    before = bench.journal.id
    path = tmp_path / NAME
    data = bytearray(path.read_bytes())
    data[24 + (2 if part == "length" else 40)] ^= 0xFF
    path.write_bytes(data)
    journal = Journal(tmp_path)
    assert journal.created
    assert journal.id != before
    assert list(tmp_path.glob(f"{NAME}.aside-*"))
    journal.close()


def test_a_torn_tail_is_cut(bench: Bench, tmp_path: Path) -> None:
    for number in (1, 2):
        bench.decide(order(number))
        bench.work()
    bench.journal.close()
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:-3])
    journal = Journal(tmp_path)
    assert journal.id == bench.journal.id
    assert ONE in journal.state.finished
    journal.close()


def test_what_was_finished_a_week_ago_is_forgotten_and_never_sent_again(bench: Bench) -> None:
    # One decision with a pending order that stays for weeks: it keeps the decision in the log.
    bench.decide(np.concatenate([order(1), order(2, order_type=OrderType.LIMIT)]))
    bench.work()
    bench.terminal.orders.clear()  # the position was closed
    bench.executor.forget(NOW + RETENTION + DAY)
    assert ONE not in bench.executor.memory.outcomes
    assert (2).to_bytes(16, "big") in bench.executor.memory.outcomes
    bench.executor.read(3, *bench.entries[0])
    bench.work(NOW + RETENTION + DAY)
    assert bench.terminal.sent.count(ONE) == 1
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED


def test_what_opened_a_position_is_not_forgotten_while_it_is_open(bench: Bench) -> None:
    bench.decide(order(1))
    bench.work()
    bench.executor.forget(NOW + 10 * RETENTION)
    bench.terminal.rewrites_comments = True
    bench.decide(order(2, kind=LegKind.CLOSE, position=ONE, decided_at=NOW + 10 * RETENTION))
    bench.work(NOW + 10 * RETENTION)
    assert bench.terminal.asked[-1]["position_ticket"] == 1


def test_what_a_broker_refused_is_counted_across_restarts(bench: Bench, books: Books) -> None:
    books.says = {"retcode": 10024, "answer": AnswerClass.THROTTLED, "volume": 0}
    bench.decide(order(1))
    for attempt in range(4):
        bench.work(NOW + attempt * 10_000_000)
        bench.restart()
    assert len(books.asked) == 3
    assert [r["reason"] for r in bench.reports()] == [ReasonCode.TOO_MANY_REQUESTS]


def test_a_foreign_claim_is_found_by_magic_where_the_comment_was_rewritten(
    bench: Bench, tmp_path: Path
) -> None:
    bench.terminal.rewrites_comments = True
    bench.decide(order(1, magic=7 << 32))
    send(bench.executor, claim(bench.executor, NOW))
    other = bench.successor(tmp_path / "other", at=bench.terminal)
    other.work()
    assert other.reports()[-1]["reason"] == ReasonCode.JOURNAL_LOST
    other.restart()
    other.look(NOW + 10_000_000)
    other.journal.close()
    assert other.reports()[-1]["outcome"] == Outcome.FILLED


def test_a_lost_decision_that_is_made_again_is_sent(bench: Bench) -> None:
    bench.decide(order(1, volume=UNITS))
    entry_id, _ = bench.entries.pop()
    bench.client.xdel("{3}:decisions", entry_id)
    bench.work()
    assert bench.terminal.sent == []
    bench.decide(order(1, volume=UNITS))
    bench.work()
    assert bench.terminal.sent == [ONE]


def test_a_decision_that_takes_the_place_of_a_lost_one_is_claimed(bench: Bench) -> None:
    bench.decide(order(1))
    bench.client.xdel("{3}:decisions", bench.entries[0][0])
    bench.decide(order(1))
    bench.work()
    assert bench.terminal.sent == [ONE]


def test_an_account_that_moved_here_brings_what_nobody_claimed(bench: Bench) -> None:
    bench.decide(order(1, instance_id=bytes(16)))
    bench.work()
    assert bench.terminal.sent == [ONE]


def test_the_orders_of_strangers_are_left_alone(bench: Bench) -> None:
    bench.decide(order(1, account_id=b"\x09" * 16))
    bench.work()
    assert bench.terminal.sent == []
    assert bench.reports() == []


def test_the_first_leg_does_not_wait_for_the_second(bench: Bench) -> None:
    legs = [order(n, legs=3, leg=n, after=n > 1, signal_id=ONE) for n in (1, 2, 3)]
    bench.decide(np.concatenate(legs))
    for _ in legs:
        bench.work()
    assert [key[-1] for key in bench.terminal.sent] == [1, 2, 3]


def test_a_later_leg_may_be_a_close(bench: Bench) -> None:
    bench.decide(order(9))
    bench.work()
    position = (9).to_bytes(16, "big")
    legs = [
        order(1, legs=2, leg=1, signal_id=ONE),
        order(2, legs=2, leg=2, after=1, signal_id=ONE, kind=LegKind.CLOSE, position=position),
    ]
    bench.decide(np.concatenate(legs))
    bench.work()
    bench.work()
    assert [key[-1] for key in bench.terminal.sent] == [9, 1, 2]
    assert bench.terminal.asked[-1]["position_ticket"] == 1
