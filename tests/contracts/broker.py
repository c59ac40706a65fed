"""What every terminal has to do, simulated or real: `check_*` functions over a bench.

A bench says how to trade on the terminal under test: one hedging account, one symbol with a
price, and no positions or orders of the account when it is handed over.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from brokers.port import Terminal
from brokers.retcodes import Retcode
from schema.broker import REQUEST, AnswerClass
from schema.enums import DealEntry, LegKind, OrderType, Side
from schema.wire import UNITS, Records


@dataclass
class Bench:
    """A terminal under test."""

    terminal: Terminal
    account_id: bytes
    symbol: str
    volume_min: int
    point: int  # 1e-8
    reopen: Callable[[], Terminal]  # close it and open it again, as after a restart
    numbers: count = field(default_factory=lambda: count(1))

    def request(self, **values: Any) -> Records:
        """One request: unless told otherwise, a market order to buy two minimum volumes."""
        out = np.zeros(1, dtype=REQUEST)
        defaults = {
            "order_id": next(self.numbers).to_bytes(16, "big"),
            "account_id": self.account_id,
            "symbol": self.symbol.encode(),
            "side": Side.BUY,
            "volume": 2 * self.volume_min,
            "magic": 0x7FFF_0001_0000_0002,
            "comment": b"TOKEN-0123456789",
        }
        for name, value in {**defaults, **values}.items():
            out[0][name] = value
        return out

    def submit(self, *requests: Records) -> Records:
        sent = np.concatenate(requests)
        answers = self.terminal.submit(sent)
        assert answers["order_id"].tolist() == sent["order_id"].tolist()
        return answers

    def one(self, **values: Any) -> np.void:
        return self.submit(self.request(**values))[0]

    def new_deals(self) -> Records:
        deals = self.terminal.poll().deals
        return deals[deals["account_id"] == np.void(self.account_id)]

    def price(self) -> tuple[int, int]:
        quotes = self.terminal.quotes()
        row = quotes[quotes["symbol"] == self.symbol.encode()][0]
        return round(row["bid"] * UNITS), round(row["ask"] * UNITS)

    def position(self, ticket: int) -> np.void | None:
        held = self.terminal.positions()
        found = held[held["position_ticket"] == ticket]
        assert len(found) <= 1
        return found[0] if len(found) else None


def check_market_order_opens_a_position(bench: Bench) -> None:
    got = bench.one()
    assert (got["answer"], got["retcode"]) == (AnswerClass.DONE, Retcode.DONE)
    assert got["order_ticket"] > 0
    assert got["deal_ticket"] > 0
    assert got["volume"] == 2 * bench.volume_min
    position = bench.position(int(got["position_ticket"]))
    assert position is not None
    assert position["position_ticket"] == got["order_ticket"]
    assert (position["side"], position["volume"]) == (Side.BUY, 2 * bench.volume_min)
    assert position["price_open"] == got["price"]
    assert position["magic"] == 0x7FFF_0001_0000_0002
    assert position["comment"] == b"TOKEN-0123456789"


def check_a_second_order_opens_a_second_position(bench: Bench) -> None:
    answers = bench.submit(bench.request(), bench.request(side=Side.SELL))
    assert len(set(answers["position_ticket"].tolist())) == 2
    assert len(bench.terminal.positions()) == 2


def check_close_in_two_parts(bench: Bench) -> None:
    ticket = int(bench.one()["position_ticket"])
    part = {"kind": LegKind.CLOSE, "side": Side.SELL, "position_ticket": ticket}
    assert bench.one(**part, volume=bench.volume_min)["retcode"] == Retcode.DONE
    position = bench.position(ticket)
    assert position is not None
    assert position["volume"] == bench.volume_min
    assert bench.one(**part, volume=bench.volume_min)["position_ticket"] == ticket
    assert bench.position(ticket) is None
    gone = bench.one(**part, volume=bench.volume_min)
    assert (gone["retcode"], gone["answer"]) == (Retcode.POSITION_CLOSED, AnswerClass.DONE)


def check_close_of_too_much_is_refused(bench: Bench) -> None:
    ticket = int(bench.one()["position_ticket"])
    got = bench.one(
        kind=LegKind.CLOSE, side=Side.SELL, position_ticket=ticket, volume=3 * bench.volume_min
    )
    assert (got["retcode"], got["answer"]) == (Retcode.INVALID_CLOSE_VOLUME, AnswerClass.REJECTED)


def check_modify_sets_the_stops_once(bench: Bench) -> None:
    ticket = int(bench.one()["position_ticket"])
    stop = bench.price()[0] - 5000 * bench.point
    change = {"kind": LegKind.MODIFY, "position_ticket": ticket, "stop_loss": stop}
    assert bench.one(**change)["retcode"] == Retcode.DONE
    position = bench.position(ticket)
    assert position is not None
    assert position["stop_loss"] == stop
    again = bench.one(**change)
    assert (again["retcode"], again["answer"]) == (Retcode.NO_CHANGES, AnswerClass.DONE)


def check_pending_order_waits_and_is_cancelled(bench: Bench) -> None:
    price = bench.price()[0] - 5000 * bench.point
    got = bench.one(order_type=OrderType.LIMIT, price=price)
    assert (got["retcode"], got["answer"]) == (Retcode.PLACED, AnswerClass.DONE)
    waiting = bench.terminal.open_orders()
    assert waiting["order_ticket"].tolist() == [got["order_ticket"]]
    assert (waiting[0]["type"], waiting[0]["price"]) == (2, price)
    bench.terminal.poll()
    cancel = bench.one(kind=LegKind.CANCEL, order_ticket=got["order_ticket"])
    assert cancel["answer"] == AnswerClass.DONE
    assert len(bench.terminal.open_orders()) == 0
    left = bench.terminal.poll().orders
    assert left["order_ticket"].tolist() == [got["order_ticket"]]
    assert left["state"].tolist() == [2]


def check_wrong_requests_are_refused_and_do_not_stop_others(bench: Bench) -> None:
    bid, ask = bench.price()
    far = 5000 * bench.point
    wrong = [
        (bench.request(symbol=b"NOSUCH"), Retcode.INVALID),
        (bench.request(volume=bench.volume_min // 2), Retcode.INVALID_VOLUME),
        (bench.request(stop_loss=bid + far), Retcode.INVALID_STOPS),
        (bench.request(take_profit=bid - far), Retcode.INVALID_STOPS),
        (bench.request(order_type=OrderType.LIMIT, price=ask + far), Retcode.INVALID_PRICE),
        (bench.request(order_type=OrderType.STOP, stop_price=ask - far), Retcode.INVALID_PRICE),
        (bench.request(kind=LegKind.MODIFY, position_ticket=1 << 40), Retcode.POSITION_CLOSED),
    ]
    answers = bench.submit(*(request for request, _ in wrong), bench.request())
    assert answers["retcode"].tolist() == [*(int(code) for _, code in wrong), Retcode.DONE]
    assert set(answers["answer"][:-1].tolist()) == {AnswerClass.REJECTED}
    assert len(bench.terminal.positions()) == 1


def check_deals_are_told_once_and_again_after_a_restart(bench: Bench) -> None:
    bench.terminal.poll()
    first, second = (int(bench.one()["deal_ticket"]) for _ in range(2))
    deals = bench.new_deals()
    assert deals["deal_ticket"].tolist() == [first, second]
    assert deals["entry"].tolist() == [DealEntry.IN, DealEntry.IN]
    assert len(bench.new_deals()) == 0
    bench.terminal = bench.reopen()
    bench.terminal.resume({bench.account_id: first})
    assert bench.new_deals()["deal_ticket"].tolist() == [second]
    assert len(bench.terminal.positions()) == 2


def check_history_has_what_was_done(bench: Bench) -> None:
    got = bench.one()
    past = bench.terminal.history(int(got["done_at"]) - 60_000_000)
    orders = past.orders[past.orders["order_ticket"] == got["order_ticket"]]
    deals = past.deals[past.deals["deal_ticket"] == got["deal_ticket"]]
    assert orders["state"].tolist() == [4]
    assert orders["filled"].tolist() == [2 * bench.volume_min]
    assert deals["magic"].tolist() == [0x7FFF_0001_0000_0002]
    assert deals["order_ticket"].tolist() == [got["order_ticket"]]


def check_account_adds_up(bench: Bench) -> None:
    bench.submit(bench.request(), bench.request(side=Side.SELL))
    mark = bench.terminal.account()[0]
    floating = int(bench.terminal.positions()["profit"].sum())
    assert mark["equity"] == mark["balance"] + floating
    assert mark["margin_free"] == mark["equity"] - mark["margin"]
    assert mark["open_positions"] == 2
    assert mark["equity_low"] <= mark["equity"] <= mark["equity_high"]


CHECKS = [check for name, check in list(globals().items()) if name.startswith("check_")]
