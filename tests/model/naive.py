"""What decisions and events come to, said again in plain Python.

Nothing here is folded step by step where the laws speak of a whole: an order has the best word
that was said of it, a trade has what its opening filled less what was closed, and a pair has the
worst of its legs. It shares the vocabularies with the rules, and no line of their code.
"""

from dataclasses import dataclass, field
from typing import Any

from schema.enums import DealEntry, DealType, LegKind, OrderState, OrderType, Outcome

NOT_EXECUTED = {
    *(Outcome.EXPIRED, Outcome.FAILED, Outcome.REJECTED, Outcome.REFUSED),
    *(Outcome.CANCELLED, Outcome.SKIPPED),
}
EXECUTED = {Outcome.DONE, Outcome.PARTIALLY_FILLED, Outcome.FILLED}
WORST_FIRST = [
    *(Outcome.UNRESOLVED, Outcome.FAILED, Outcome.REFUSED, Outcome.REJECTED, Outcome.EXPIRED),
    *(Outcome.CANCELLED, Outcome.SKIPPED, Outcome.PARTIALLY_FILLED, Outcome.FILLED, Outcome.DONE),
]
NO_WORD = {
    "state": OrderState.DISPATCHED, "outcome": Outcome.NONE, "filled": 0, "price": 0, "reason": 0,
}  # fmt: skip
MINUTE = 60_000_000
Facts = dict[str, Any]


def height(outcome: int) -> int:
    """How much an outcome counts against another word (design, law 1)."""
    if outcome in EXECUTED:
        return 3
    if outcome in NOT_EXECUTED:
        return 2
    return 1 if outcome == Outcome.UNRESOLVED else 0


@dataclass
class Leg:
    """One order, and every word that was believed of it."""

    facts: Facts
    words: list[Facts] = field(default_factory=list)
    deals: list[Facts] = field(default_factory=list)

    @property
    def word(self) -> Facts:
        return self.words[-1] if self.words else NO_WORD

    @property
    def filled(self) -> int:
        return int(self.word["filled"]) if self.word["outcome"] in EXECUTED else 0

    @property
    def price(self) -> float:
        """What a word names last; else what its deals come to, on average."""
        opens = self.facts["kind"] == LegKind.OPEN
        own = [deal for deal in self.deals if opens == (deal["entry"] == DealEntry.IN)]
        volume = sum(deal["volume"] for deal in own)
        money = sum(deal["volume"] * deal["price"] for deal in own)
        return self.last("price") or (money / volume if volume else 0)

    @property
    def over(self) -> bool:
        return height(self.word["outcome"]) > 1

    def hear(self, word: Facts) -> None:
        old, new = height(self.word["outcome"]), height(word["outcome"])
        if (
            new > old
            or (new == old == 3 and word["filled"] > self.word["filled"])
            or (new == old == 0 and word["state"] > self.word["state"])
        ):
            self.words.append(word)

    def last(self, name: str) -> int:
        """The last value that was not empty."""
        return next((int(w[name]) for w in reversed(self.words) if w[name]), 0)


@dataclass
class Trade:
    """A position: the order that opens it, and what was taken off it."""

    opener: Leg
    number: int  # in the order of decisions
    closers: list[Leg] = field(default_factory=list)
    changes: list[Leg] = field(default_factory=list)
    strangers: list[Facts] = field(default_factory=list)  # closing deals of no order of ours
    tickets: list[int] = field(default_factory=list)

    @property
    def closed(self) -> int:
        return sum(leg.filled for leg in self.closers) + sum(d["volume"] for d in self.strangers)

    @property
    def state(self) -> str:
        outcome = self.opener.word["outcome"]
        if outcome in EXECUTED:
            return "OPEN" if self.opener.filled > self.closed else "CLOSED"
        if outcome in NOT_EXECUTED:
            return "NEVER"
        pending = self.opener.facts["order_type"] != OrderType.MARKET
        return "PENDING" if pending else "OPENING"

    @property
    def volume(self) -> int:
        if self.state == "NEVER":
            return 0
        opened = self.opener.word["outcome"] in EXECUTED
        whole = self.opener.filled if opened else self.opener.facts["volume"]
        return int(max(whole - self.closed, 0))

    @property
    def closing(self) -> int:
        return sum(leg.facts["volume"] for leg in self.closers if not leg.over)

    @property
    def entry_price(self) -> float:
        return self.opener.price if self.opener.word["outcome"] in EXECUTED else 0

    @property
    def exit_price(self) -> float:
        """Over what was closed at prices that are known."""
        parts = [(leg.filled, leg.price) for leg in self.closers if leg.price]
        parts += [(deal["volume"], deal["price"]) for deal in self.strangers]
        total = sum(volume for volume, _ in parts)
        return sum(volume * price for volume, price in parts) / total if total else 0.0


class Naive:
    """Orders, pairs, trades and accounts by their ids."""

    def __init__(self) -> None:
        self.legs: dict[bytes, Leg] = {}
        self.pairs: dict[tuple[bytes, bytes], tuple[Facts, list[Leg]]] = {}
        self.trades: dict[bytes, Trade] = {}
        self.marks: dict[bytes, list[Facts]] = {}
        self.deals: dict[bytes, list[Facts]] = {}

    def decide(self, verdicts: list[Facts], orders: list[Facts]) -> None:
        for verdict in verdicts:
            self.pairs[verdict["signal_id"], verdict["account_id"]] = (verdict, [])
        for facts in orders:
            leg = self.legs[facts["order_id"]] = Leg(facts)
            self.pairs[facts["signal_id"], facts["account_id"]][1].append(leg)
            if facts["kind"] == LegKind.OPEN:
                self.trades[facts["order_id"]] = Trade(leg, len(self.trades))
        for facts in orders:
            acted_on = self.trades.get(facts["position"])
            if acted_on is not None and facts["kind"] == LegKind.CLOSE:
                acted_on.closers.append(self.legs[facts["order_id"]])
            elif acted_on is not None and facts["kind"] == LegKind.MODIFY:
                acted_on.changes.append(self.legs[facts["order_id"]])

    def report(self, word: Facts) -> None:
        leg = self.legs.get(word["order_id"])
        if leg is None:
            return
        before = len(leg.words)
        leg.hear(word)
        trade = self.trades.get(word["order_id"])
        if trade is not None and len(leg.words) > before and word["position_ticket"]:
            trade.tickets.append(word["position_ticket"])

    def deal(self, deal: Facts) -> None:
        told = self.deals.setdefault(deal["account_id"], [])
        if told and deal["deal_ticket"] <= max(d["deal_ticket"] for d in told):
            return
        told.append(deal)
        if deal["type"] not in (DealType.BUY, DealType.SELL):
            return
        leg = self.legs.get(deal["order_id"])
        if leg is not None:
            leg.deals.append(deal)
            trade = self.trades.get(deal["order_id"])
            if trade is not None and deal["entry"] == DealEntry.IN and not trade.tickets:
                trade.tickets.append(deal["position_ticket"])
            elif trade is not None and deal["entry"] != DealEntry.IN:
                trade.strangers.append(deal)  # it has its opening's comment
            return
        holder = self.holder(deal["account_id"], deal["position_ticket"])
        if holder is not None and deal["entry"] != DealEntry.IN:
            holder.strangers.append(deal)

    def holder(self, account: bytes, ticket: int) -> Trade | None:
        """The newest trade that has a position's ticket."""
        found = [
            trade
            for trade in self.trades.values()
            if trade.opener.facts["account_id"] == account and ticket in trade.tickets
        ]
        return max(found, key=lambda trade: trade.number, default=None)

    def mark(self, mark: Facts, told_at: int) -> None:
        """Take in a mark; one of more than a minute ahead is of the time at which it is told."""
        if mark["marked_at"] > told_at + MINUTE:
            mark = {**mark, "marked_at": told_at}
        told = self.marks.setdefault(mark["account_id"], [])
        if not told or mark["marked_at"] > told[-1]["marked_at"]:
            told.append(mark)

    def range_of_minute(self, account: bytes) -> tuple[int, int]:
        """Lowest and highest equity that the marks of the last one's minute tell."""
        told = self.marks[account]
        minute = told[-1]["marked_at"] // MINUTE
        same = [mark for mark in told if mark["marked_at"] // MINUTE == minute]
        return min(m["equity_low"] for m in same), max(m["equity_high"] for m in same)

    def open_trades(self, account: bytes) -> int:
        live = {"OPENING", "PENDING", "OPEN"}
        mine = [t for t in self.trades.values() if t.opener.facts["account_id"] == account]
        return sum(trade.state in live for trade in mine)

    def status(self, pair: tuple[bytes, bytes]) -> int:
        """The pair's outcome: its worst leg, or a verdict that is worse; none while one has none."""
        verdict, legs = self.pairs[pair]
        outcomes = [leg.word["outcome"] for leg in legs]
        if Outcome.NONE in outcomes:
            return int(Outcome.NONE)
        own = [verdict["outcome"]] if verdict["outcome"] != Outcome.NONE else []
        return int(min([*outcomes, *own], key=WORST_FIRST.index))
