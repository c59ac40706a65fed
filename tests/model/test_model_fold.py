"""A state machine of decisions, events, crashes, snapshots and forgetting against a naive model."""

from typing import Any

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from schema.codes import ReasonCode
from schema.enums import DealEntry, DealType, LegKind, OrderState, OrderType, Outcome
from tests.model.memory import PARTITIONS, Memory
from tests.model.naive import Facts

ACCOUNTS = {0: [bytes(15) + b"\1", bytes(15) + b"\2"], 1: [bytes(15) + b"\3"]}
HOME = {account: p for p, accounts in ACCOUNTS.items() for account in accounts}
LOT = 100_000_000
MINUTE = 60_000_000
SHARED = 7
FINAL_WORDS = [o for o in Outcome if o not in (Outcome.NONE, Outcome.SKIPPED)]
REASONS = [ReasonCode.NONE, ReasonCode.NO_MONEY, ReasonCode.AMBIGUOUS, ReasonCode.CLOSE_FAILED]

# A deposit names what it likes, and is no trade.
DEALS = [DealType.BUY, DealType.SELL, DealType.BUY, DealType.SELL, DealType.BALANCE]

accounts = st.sampled_from(sorted(HOME))
partitions = st.sampled_from(PARTITIONS)
shares = st.sampled_from([1, 2, 4])


class FoldMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.memory = Memory()
        self.orders: dict[bytes, Facts] = {}
        self.now = 1_700_000_000_000_000
        self.number = 0
        self.deal_ticket = 100

    def _next(self) -> bytes:
        self.number += 1
        self.now += 1000
        return self.number.to_bytes(16, "big")

    def _pair(self, account: bytes, legs: list[Facts], **verdict: Any) -> tuple[Any, Any]:
        """A verdict and its orders, as a decision has them."""
        signal = self._next()
        said = {"signal_id": signal, "account_id": account, "legs": len(legs), **verdict}
        for number, leg in enumerate(legs, 1):
            leg |= {
                "order_id": self._next(), "signal_id": signal, "account_id": account,
                "leg": number, "legs": len(legs), "decided_at": self.now, "side": 1, "symbol": b"E",
            }  # fmt: skip
        return [{**said, "decided_at": self.now}], legs

    def _append(self, account: bytes, *waves: tuple[list[Facts], list[Facts]]) -> None:
        self.memory.decide(HOME[account], waves)
        assert not self.memory.shard.stale
        self.orders |= {leg["order_id"]: leg for _, legs in waves for leg in legs}

    def _closes(self, account: bytes, share: int) -> list[Facts]:
        """Closing legs over all that is live on an account, as far as nobody closes it yet."""
        trades = self.memory.shard.state.trades.records()
        live = trades[(trades["state"] <= 2) & (trades["volume"] > trades["closing"])]
        return [
            {
                "kind": LegKind.CLOSE, "position": trade["trade_id"].tobytes(),
                "volume": max(int(trade["volume"] - trade["closing"]) // share, 1),
            }
            for trade in live
            if trade["account_id"].tobytes() == account
        ]  # fmt: skip

    @rule(account=accounts, kind=st.sampled_from([OrderType.MARKET, OrderType.LIMIT]))
    def open(self, account: bytes, kind: OrderType) -> None:
        opening = {"kind": LegKind.OPEN, "order_type": kind, "volume": LOT}
        self._append(account, self._pair(account, [opening]))

    @rule(account=accounts, share=shares, refused=st.booleans())
    def close(self, account: bytes, share: int, refused: bool) -> None:
        """Close what is open; the pair's own opening may have been refused."""
        legs = self._closes(account, share)
        said = {"outcome": Outcome.REJECTED, "reason": ReasonCode.MAX_VOLUME} if refused else {}
        if legs or refused:
            self._append(account, self._pair(account, legs, **said))

    @rule(account=accounts)
    def reverse(self, account: bytes) -> None:
        opening = {"kind": LegKind.OPEN, "volume": 2 * LOT, "after": 1}
        self._append(account, self._pair(account, [*self._closes(account, 1), opening]))

    @rule(account=accounts)
    def open_and_close_at_once(self, account: bytes) -> None:
        """Two signals of one round: the second sees what the first has opened."""
        first = self._pair(account, [{"kind": LegKind.OPEN, "volume": LOT}])
        opened = first[1][0]["order_id"]
        halves = [
            self._pair(account, [{"kind": LegKind.CLOSE, "position": opened, "volume": LOT // 2}])
            for _ in range(2)
        ]
        self._append(account, first, *halves)

    @precondition(lambda self: self.orders)
    @rule(data=st.data())
    def report(self, data: st.DataObject) -> None:
        """An entry with words about orders: late, repeated, in any order, contradicting."""
        partition = data.draw(partitions)
        known = set(self.memory.shard.state.orders["order_id"].tolist())
        mine = [o for o in self.orders.values() if HOME[o["account_id"]] == partition]
        mine = [o for o in mine if o["order_id"] in known]  # what it forgot is finished
        if mine:
            chosen = data.draw(st.lists(st.sampled_from(mine), min_size=1, max_size=3))
            self.memory.tell(partition, reports=[self._word(order, data) for order in chosen])

    def _word(self, order: Facts, data: st.DataObject) -> Facts:
        self.now += 1
        word: Facts = {
            "order_id": order["order_id"], "account_id": order["account_id"],
            "reported_at": self.now, "state": OrderState.WORKING,
        }  # fmt: skip
        outcome = data.draw(st.sampled_from([Outcome.NONE, Outcome.FILLED, *FINAL_WORDS]))
        if outcome != Outcome.NONE:
            word |= {"state": OrderState.FINAL, "outcome": outcome, "done_at": self.now}
            word["reason"] = data.draw(st.sampled_from(REASONS))
        if outcome in (Outcome.FILLED, Outcome.PARTIALLY_FILLED):
            share = 1 if outcome == Outcome.FILLED else data.draw(st.sampled_from([2, 4]))
            word |= {
                "filled": order["volume"] // share,
                "price": data.draw(st.sampled_from([LOT, 3 * LOT, 0])),
            }
        if outcome in (Outcome.FILLED, Outcome.PARTIALLY_FILLED) or data.draw(st.booleans()):
            number = int.from_bytes(order["order_id"], "big")
            word |= {"order_ticket": number, "position_ticket": self._ticket(order)}
        return word

    def _ticket(self, order: Facts) -> int:
        """A position's ticket; every third one is shared, as on a netting account."""
        opener = order.get("position", order["order_id"])
        number = int.from_bytes(opener, "big")
        return SHARED if number % 3 == 0 else 1000 + number

    @precondition(lambda self: self.orders)
    @rule(data=st.data(), ours=st.booleans(), again=st.booleans())
    def deal(self, data: st.DataObject, ours: bool, again: bool) -> None:
        order = data.draw(st.sampled_from(list(self.orders.values())))
        if order["order_id"] not in self.memory.shard.state.orders["order_id"].tolist():
            return
        if not again:
            self.deal_ticket += 1
        opens = ours and order["kind"] == LegKind.OPEN and not data.draw(st.booleans())
        made = {
            "account_id": order["account_id"], "deal_ticket": self.deal_ticket,
            "order_id": order["order_id"] if ours else bytes(16),
            "position_ticket": self._ticket(order), "volume": LOT // 4,
            "price": data.draw(st.sampled_from([2 * LOT, 5 * LOT])),
            "type": data.draw(st.sampled_from(DEALS)),
            "entry": DealEntry.IN if opens else DealEntry.OUT, "time": self.now,
            "profit": data.draw(st.integers(-5, 5)), "commission": -1, "swap": 2,
        }  # fmt: skip
        words = [self._word(order, data)] if data.draw(st.booleans()) else []
        self.memory.tell(HOME[order["account_id"]], deals=[made], reports=words)

    @rule(
        account=accounts,
        ahead=st.sampled_from([-1, 0, 1, MINUTE]),
        leap=st.sampled_from([0, 0, 0, MINUTE, 3 * MINUTE]),
        equity=st.integers(1, 9),
    )
    def mark(self, account: bytes, ahead: int, leap: int, equity: int) -> None:
        """A mark of now; its clock may stand or step back, and be ahead of what it is told to."""
        self.now += max(ahead, 0)
        self.memory.logs.ms = self.now // 1000
        made = {
            "account_id": account, "marked_at": self.now + min(ahead, 0) + leap, "equity": equity,
            "equity_low": equity - 1, "equity_high": equity + 1, "balance": 5,
            "margin": equity, "open_positions": equity, "currency": b"USD",
        }  # fmt: skip
        self.memory.tell(HOME[account], marks=[made])

    @rule(counts=st.fixed_dictionaries({p: st.integers(0, 4) for p in PARTITIONS}))
    def read(self, counts: dict[int, int]) -> None:
        self.memory.read_all(counts)

    @rule()
    def time_goes_on(self) -> None:
        self.memory.logs.ms += 1

    @rule()
    def crash(self) -> None:
        self.memory.crash()

    @rule(account=accounts)
    def lose_a_reply(self, account: bytes) -> None:
        """The decision is in the log, and the shard that made it is told nothing."""
        self.open(account, OrderType.MARKET)
        self.memory.crash()

    @rule(account=accounts)
    def decide_on_what_another_has_overtaken(self, account: bytes) -> None:
        late = self.memory.begin()
        self.open(account, OrderType.MARKET)
        verdicts, legs = self._pair(account, [{"kind": LegKind.OPEN, "volume": LOT}])
        self.memory.decide(HOME[account], [(verdicts, legs)], late)
        assert late.stale

    @rule(partition=partitions)
    def snapshot(self, partition: int) -> None:
        self.memory.snapshot(partition)

    @rule(back=st.sampled_from([0, 2000, 10_000]))
    def forget(self, back: int) -> None:
        """Forget what is finished; an hour later, when no more is said of it."""
        self.memory.read_all(dict.fromkeys(PARTITIONS, 1 << 30))
        if SHARED not in self.memory.shard.state.trades.rows["position_ticket"]:
            self.memory.shard.forget_finished(self.now - back)

    @invariant()
    def the_state_is_the_fold_of_what_was_decided_and_happened(self) -> None:
        self.memory.check()


FoldMachine.TestCase.settings = settings(
    max_examples=50,
    stateful_step_count=30,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # histories are short, and shrinking takes minutes
    report_multiple_bugs=False,
)
TestFold = FoldMachine.TestCase
