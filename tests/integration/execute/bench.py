"""An executor on a real Valkey, over a terminal that answers by script."""

from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import redis

from brokers.port import Happenings, History
from brokers.retcodes import verdict
from operators import confirmation, searching
from operators.claiming import claim
from operators.execution import Executor
from operators.publishing import publish
from operators.sending import send
from rules.decision_log import Decision
from rules.errors import Ambiguous, Transient
from schema import keys
from schema.broker import ANSWER, BROKER_ORDER, POSITION, AnswerClass
from schema.enums import LegKind, OrderType, Side
from schema.mt5 import broker_order_type
from schema.wire import DEAL, MARK, ORDER, QUOTE, REPORT, UNITS, VERDICT, Records, decode
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
        self.asked: list[Any] = []
        self.lose_answers = False
        self.unreachable = 0  # calls that do not reach the broker
        self.latest = NOW  # the time that it is asked at
        self.dies = False  # the process, while it asks
        self.rewrites_comments = False
        self.new_deals: list[int] = []  # tickets
        self.orders: list[tuple[Any, ...]] = []
        self.ended: list[tuple[int, int]] = []  # ticket and state of pending orders that left

    def submit(self, requests: Records) -> Records:
        if self.dies:
            raise KeyboardInterrupt
        if self.unreachable:
            self.unreachable -= 1
            raise Transient("no connection")
        self.asked += list(requests)
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
            comment = b"copied" if self.rewrites_comments else request["comment"]
            self.orders.append(
                (
                    *(ticket, comment, request["volume"], request["magic"], request["symbol"]),
                    broker_order_type(OrderType(request["order_type"]), Side(request["side"])),
                )
            )
        if self.lose_answers:
            raise Ambiguous("the link broke")
        return answers

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        self.resumed = deal_tickets
        self.new_deals = [
            ticket for ticket in self.new_deals if ticket > deal_tickets.get(ACCOUNT, 0)
        ]

    def poll(self) -> Happenings:
        orders = np.zeros(len(self.ended), BROKER_ORDER)
        for row, (ticket, state) in zip(orders, self.ended, strict=True):
            row["order_ticket"], row["state"] = ticket, state
        self.ended = []
        deals = np.zeros(len(self.new_deals), DEAL)
        deals["account_id"], deals["deal_ticket"] = np.void(ACCOUNT), self.new_deals
        self.told, self.new_deals = self.new_deals, []
        return Happenings(deals=deals, orders=orders)

    def open_orders(self) -> Records:
        return np.zeros(0, BROKER_ORDER)

    def positions(self) -> Records:
        held = np.zeros(len(self.orders), POSITION)
        for row, (ticket, comment, volume, *_) in zip(held, self.orders, strict=True):
            row["account_id"], row["position_ticket"] = np.void(ACCOUNT), ticket
            row["comment"], row["volume"] = comment, volume
        return held

    def history(self, since: int) -> History:
        assert since < self.latest
        orders = np.zeros(len(self.orders), BROKER_ORDER)
        for row, (ticket, comment, volume, magic, symbol, kind) in enumerate(self.orders):
            orders[row]["magic"], orders[row]["symbol"] = magic, symbol
            orders[row]["account_id"], orders[row]["order_ticket"] = ACCOUNT, ticket
            orders[row]["comment"], orders[row]["state"] = comment, 4
            orders[row]["volume"] = orders[row]["filled"] = volume
            orders[row]["position_ticket"], orders[row]["type"] = ticket, kind
        return History(orders=orders, deals=np.zeros(0, DEAL))

    def account(self) -> Records:
        return np.zeros(0, MARK)

    def quotes(self) -> Records:
        quotes = np.zeros(1, QUOTE)
        quotes["symbol"], quotes["bid"], quotes["ask"] = b"EURUSD", 1.1, 1.1001
        quotes["quoted_at"] = NOW
        return quotes

    def symbols(self) -> list[dict[str, object]]:
        return [{"symbol": "EURUSD", "point": 0.00001}]


def order(number: int, **values: Any) -> Records:
    row = np.zeros(1, ORDER)
    row["order_id"], row["account_id"] = number.to_bytes(16, "big"), ACCOUNT
    row["signal_id"] = row["order_id"]
    row["instance_id"], row["leg"], row["legs"] = INSTANCE.bytes, 1, 1
    row["side"], row["symbol"], row["volume"] = Side.BUY, b"EURUSD", UNITS
    row["decided_at"] = NOW
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

    def successor(self, directory: Path, *, at: Scripted | None = None) -> "Bench":
        """An executor with a journal of its own, once this one has let go of its lease.

        Args:
            directory: of the journal.
            at: the terminal, if it is not a new one.
        """
        self.executor.release()
        other = Bench(self.client, directory)
        other.entries, other.terminal = self.entries, at or other.terminal
        other.restart()
        return other

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
        send(self.executor, claim(self.executor, now))
        publish(self.executor)

    def look(self, now: int = NOW) -> None:
        self.now = self.terminal.latest = now
        deals = confirmation.poll(self.executor, now)
        searching.look_for(self.executor, now)
        publish(self.executor, deals)

    def reconnect(self) -> None:
        """As the flow does when the link is new."""
        self.executor.lease()
        self.executor.reconnected()
        publish(self.executor)

    def reports(self) -> list[Any]:
        return self._told(b"reports", REPORT)

    def deals(self) -> list[Any]:
        return self._told(b"deals", DEAL)

    def _told(self, name: bytes, kind: np.dtype[Any]) -> list[Any]:
        entries: Any = self.client.xrange(keys.events(3))
        return [row for _, f in entries if name in f for row in decode(f[name], kind)]
