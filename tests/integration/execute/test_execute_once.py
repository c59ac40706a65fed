"""The executor on a real Valkey, over a terminal that answers by script: each order is sent once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pytest
import redis

from brokers.port import Happenings, History
from brokers.retcodes import verdict
from operators import confirmation
from operators.execution import Executor
from operators.publishing import publish
from operators.sending import send
from rules.decision_log import Decision
from rules.errors import Ambiguous
from schema import keys
from schema.broker import ANSWER, BROKER_ORDER, POSITION, AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, OrderState, OrderType, Outcome, Side
from schema.wire import DEAL, MARK, ORDER, REPORT, UNITS, VERDICT, Records, decode
from sinks.claims import ClaimBatch, Claims
from sinks.events import EventsWriter
from sinks.journal import Journal

INSTANCE = UUID(int=5)
ACCOUNT = bytes(15) + b"\x07"
NOW = 1_700_000_000_000_000


class Scripted:
    """A terminal that executes everything, and may lose its answer."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.lose_answers = False
        self.orders: list[tuple[Any, ...]] = []
        self.ended: list[tuple[int, int]] = []  # ticket and state of pending orders that left

    def submit(self, requests: Records) -> Records:
        answers = np.zeros(len(requests), ANSWER)
        for row, request in enumerate(requests):
            self.sent.append(request["order_id"].tobytes())
            ticket = len(self.sent)
            answers[row]["order_id"], answers[row]["answer"] = request["order_id"], AnswerClass.DONE
            answers[row]["retcode"], answers[row]["volume"] = 10009, request["volume"]
            answers[row]["order_ticket"] = answers[row]["position_ticket"] = ticket
            if request["order_type"] == OrderType.LIMIT:
                answers[row]["retcode"], answers[row]["position_ticket"] = 10008, 0
            if request["kind"] == LegKind.CANCEL:
                answers[row]["order_ticket"] = request["order_ticket"]
                answers[row]["position_ticket"] = 0
                self.ended.append((int(request["order_ticket"]), 2))
            self.orders.append((ticket, request["comment"], request["volume"]))
        if self.lose_answers:
            raise Ambiguous("the link broke")
        return answers

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        self.resumed = deal_tickets

    def poll(self) -> Happenings:
        orders = np.zeros(len(self.ended), BROKER_ORDER)
        for row, (ticket, state) in zip(orders, self.ended, strict=True):
            row["order_ticket"], row["state"] = ticket, state
        self.ended = []
        return Happenings(deals=np.zeros(0, DEAL), orders=orders)

    def open_orders(self) -> Records:
        return np.zeros(0, BROKER_ORDER)

    def positions(self) -> Records:
        return np.zeros(0, POSITION)

    def history(self, since: int) -> History:
        assert since < NOW
        orders = np.zeros(len(self.orders), BROKER_ORDER)
        for row, (ticket, comment, volume) in enumerate(self.orders):
            orders[row]["account_id"], orders[row]["order_ticket"] = ACCOUNT, ticket
            orders[row]["comment"], orders[row]["state"] = comment, 4
            orders[row]["volume"] = orders[row]["filled"] = volume
            orders[row]["position_ticket"] = ticket
        return History(orders=orders, deals=np.zeros(0, DEAL))

    def account(self) -> Records:
        return np.zeros(0, MARK)


def order(number: int, **values: Any) -> Records:
    row = np.zeros(1, ORDER)
    row["order_id"], row["account_id"] = number.to_bytes(16, "big"), ACCOUNT
    row["signal_id"] = row["order_id"]
    row["instance_id"], row["leg"], row["legs"] = INSTANCE.bytes, 1, 1
    row["side"], row["symbol"], row["volume"] = Side.BUY, b"EURUSD", UNITS
    for name, value in values.items():
        row[name] = value
    return row


class Bench:
    def __init__(self, client: redis.Redis, directory: Path) -> None:
        self.client = client
        self.directory = directory
        self.terminal = Scripted()
        self.entries: list[tuple[str, Records]] = []
        self.now = NOW
        self.start()

    def start(self) -> None:
        self.journal = Journal(self.directory)
        self.executor = Executor(
            instance=INSTANCE,
            partitions={ACCOUNT: 3},
            claims=Claims(self.client),
            journal=self.journal,
            terminal=self.terminal,
            publisher=EventsWriter(self.client, INSTANCE),
            verdict=lambda code, kind: verdict(code, kind)[1:],
            claim_batch=ClaimBatch,
            clock=lambda: self.now,
        )
        self.executor.lease()
        for entry_id, orders in self.entries:
            self.executor.read(3, entry_id, orders)

    def restart(self) -> None:
        self.journal.close()
        self.start()

    def decide(self, orders: Records) -> None:
        decision = Decision(
            previous="0-0", events="0-0", marks={}, config=1, orders=orders,
            verdicts=np.zeros(0, VERDICT),
        )  # fmt: skip
        reply: Any = self.client.xadd(keys.decisions(3), dict(decision.fields()))
        self.entries.append((reply.decode(), orders))
        self.executor.read(3, *self.entries[-1])

    def work(self, now: int = NOW) -> None:
        self.now = now
        send(self.executor, self.executor.claim(now))
        publish(self.executor)

    def look(self, now: int = NOW) -> None:
        self.now = now
        deals = confirmation.poll(self.executor, now)
        confirmation.look_for(self.executor, now)
        publish(self.executor, deals)

    def reports(self) -> list[Any]:
        entries: Any = self.client.xrange(keys.events(3))
        return [r for _, fields in entries for r in decode(fields[b"reports"], REPORT)]


@pytest.fixture
def bench(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(redis_client, tmp_path)
    yield bench
    bench.journal.close()


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
    assert bench.executor.claim(NOW)  # claimed, and the host is gone
    bench.executor.release()
    other = Bench(bench.client, tmp_path / "other")
    other.entries = bench.entries
    other.restart()
    other.work()
    other.journal.close()
    assert other.terminal.sent == []
    assert other.reports()[-1]["reason"] == ReasonCode.JOURNAL_LOST


def test_a_claim_of_an_earlier_term_ends_unsent(bench: Bench) -> None:
    bench.decide(order(1))
    assert bench.executor.claim(NOW)
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
