"""A terminal whose books, news and answers say what the test writes into them."""

from typing import Any

import numpy as np

from brokers.port import Happenings, History
from schema.broker import BROKER_ORDER, POSITION
from schema.enums import OrderState, OrderType, Outcome, Side
from schema.wire import DEAL, Records
from tests.integration.execute.bench import ACCOUNT, NOW, Bench, Scripted, order

ONE, TWO = (1).to_bytes(16, "big"), (2).to_bytes(16, "big")
LATER = NOW + 10_000_000


class Books(Scripted):
    def __init__(self) -> None:
        super().__init__()
        self.standing: list[dict[str, Any]] = []
        self.past: list[dict[str, Any]] = []
        self.done: list[dict[str, Any]] = []
        self.held: list[dict[str, Any]] = []
        self.news: list[dict[str, Any]] = []  # deals that the next poll tells
        self.left: list[dict[str, Any]] = []  # pending orders likewise
        self.says: dict[str, Any] = {}  # what each answer says instead

    def submit(self, requests: Records) -> Records:
        answers = super().submit(requests)
        for name, value in self.says.items():
            answers[name] = value
        return answers

    def poll(self) -> Happenings:
        told = super().poll()
        deals, orders = rows(self.news, DEAL), rows(self.left, BROKER_ORDER)
        self.news, self.left = [], []
        return Happenings(
            deals=np.concatenate([told.deals, deals]), orders=np.concatenate([told.orders, orders])
        )

    def open_orders(self) -> Records:
        return rows(self.standing, BROKER_ORDER)

    def positions(self) -> Records:
        return rows(self.held, POSITION)

    def history(self, since: int) -> History:
        assert since > 0
        return History(orders=rows(self.past, BROKER_ORDER), deals=rows(self.done, DEAL))


def rows(values: list[dict[str, Any]], dtype: np.dtype[Any]) -> Records:
    """Return records of the account in EURUSD; what is not said is empty, a position is long."""
    out = np.zeros(len(values), dtype)
    out["account_id"], out["symbol"] = np.void(ACCOUNT), b"EURUSD"
    if dtype == POSITION:
        out["side"] = Side.BUY
    for row, value in zip(out, values, strict=True):
        for name, item in value.items():
            row[name] = item
    return out


def lose(bench: Bench, *orders: Records) -> None:
    """Send orders, and lose the answer."""
    bench.decide(np.concatenate(orders))
    bench.terminal.lose_answers = True
    bench.work()
    bench.terminal.lose_answers = False
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED


def place(bench: Bench) -> None:
    """Have pending order 1 in the book under ticket 1."""
    bench.decide(order(1, order_type=OrderType.LIMIT))
    bench.work()
    assert bench.reports()[-1]["state"] == OrderState.WORKING
