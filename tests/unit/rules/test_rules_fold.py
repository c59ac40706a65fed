"""What a fold owes its reader: the same rows live, after a crash, and however the log was cut."""

from typing import Any

import pytest

from rules.state import TradeState
from schema.enums import DealEntry, DealType, Outcome
from tests.model.memory import Memory
from tests.model.naive import Facts
from tests.model.test_model_crashes import FIRST, LOT, ONE, OPEN, REVERSE, SECOND, leg, pair, word

OTHER = bytes(15) + bytes([14])


def deal(ticket: int, **facts: Any) -> Facts:
    return {
        "account_id": ONE, "deal_ticket": ticket, "position_ticket": 11, "volume": LOT,
        "price": LOT, "time": 9, **facts,
    }  # fmt: skip


def trades(memory: Memory) -> dict[bytes, Any]:
    return {row["trade_id"].tobytes(): row for row in memory.shard.state.trades.records()}


def versions(memory: Memory) -> dict[bytes, int]:
    state = memory.shard.state
    return {
        row[key].tobytes(): int(row["version"])
        for table, key in ((state.orders, "order_id"), (state.pairs, "signal_id"))
        for row in table.records()
    } | {b"trade" + key: int(row["version"]) for key, row in trades(memory).items()}


def test_a_stop_loss_that_comes_before_the_report_is_booked() -> None:
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.tell(0, deals=[deal(1, order_id=FIRST)])
    memory.tell(0, deals=[deal(2, entry=DealEntry.OUT, profit=-5)])
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT)])
    for _ in range(3):
        memory.read(0, 1)
    trade = trades(memory)[FIRST]
    assert (trade["state"], trade["profit"]) == (TradeState.CLOSED, -5)
    assert memory.shard.state.accounts.rows["open_trades"].tolist() == [0]
    memory.check()


def test_a_position_that_two_trades_share_is_the_newer_ones_after_a_snapshot_too() -> None:
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.decide(0, [pair([leg(OTHER, 4, 1, 1)])])
    for order_id in (OTHER, FIRST):  # the newer one is filled first
        memory.tell(0, reports=[word(order_id, Outcome.FILLED, LOT, position_ticket=11)])
    memory.read(0, 9)
    memory.snapshot(0)
    memory.tell(0, deals=[deal(1, entry=DealEntry.OUT)])
    memory.read(0, 9)
    live = {key: int(row["state"]) for key, row in trades(memory).items()}
    memory.crash()
    memory.read(0, 9)
    assert live == {key: int(row["state"]) for key, row in trades(memory).items()}
    assert live == {FIRST: TradeState.OPEN, OTHER: TradeState.CLOSED}


def test_a_trade_that_is_open_again_counts_again_and_has_no_end() -> None:
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.tell(0, reports=[word(FIRST, Outcome.PARTIALLY_FILLED, LOT // 2)])
    memory.decide(0, [pair([leg(SECOND, 2, 1, 1, kind=1, position=FIRST, volume=LOT // 2)])])
    memory.tell(0, reports=[word(SECOND, Outcome.FILLED, LOT // 2)])
    memory.read(0, 9)
    assert memory.shard.state.accounts.rows["open_trades"].tolist() == [0]
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT)])
    memory.read(0, 9)
    trade = trades(memory)[FIRST]
    assert (trade["state"], trade["volume"], trade["closed_at"]) == (TradeState.OPEN, LOT // 2, 0)
    assert memory.shard.state.accounts.rows["open_trades"].tolist() == [1]
    memory.check()


def opened() -> Memory:
    """A trade that is open."""
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT, position_ticket=11)])
    memory.read(0, 9)
    return memory


@pytest.mark.parametrize("named", [{"order_id": FIRST}, {"position_ticket": 11}])
@pytest.mark.parametrize("kind", [DealType.BALANCE, DealType.CREDIT, DealType.CHARGE])
def test_only_what_was_traded_is_the_money_of_an_order_or_trade(named: Any, kind: DealType) -> None:
    memory = opened()
    booked = {"position_ticket": 0, "type": kind, "profit": 10_000 * LOT, **named}
    memory.tell(0, deals=[deal(1, **booked), deal(2, entry=DealEntry.OUT, **booked)])
    memory.read(0, 9)
    trade, order = trades(memory)[FIRST], memory.shard.state.orders.records()[0]
    assert (trade["profit"], order["profit"]) == (0, 0)
    assert (trade["state"], trade["volume"]) == (TradeState.OPEN, LOT)
    assert memory.shard.state.accounts.rows["last_deal"].tolist() == [2], "the account's own"


def test_a_closing_deal_with_the_token_of_the_opening_closes_the_trade() -> None:
    memory = opened()
    half = {"order_id": FIRST, "entry": DealEntry.OUT, "volume": LOT // 2, "profit": -5}
    memory.tell(0, deals=[deal(1, **half)])
    memory.read(0, 9)
    trade = trades(memory)[FIRST]
    assert (trade["state"], trade["volume"], trade["profit"]) == (TradeState.OPEN, LOT // 2, -5)
    memory.tell(0, deals=[deal(2, **half)])
    memory.read(0, 9)
    trade = trades(memory)[FIRST]
    assert (trade["state"], trade["volume"]) == (TradeState.CLOSED, 0)
    assert memory.shard.state.accounts.rows["open_trades"].tolist() == [0]


def test_a_deal_of_our_own_close_is_counted_by_its_report_only() -> None:
    memory = opened()
    memory.decide(0, [REVERSE])
    memory.tell(0, deals=[deal(1, order_id=SECOND, entry=DealEntry.OUT)])
    memory.read(0, 9)
    assert trades(memory)[FIRST]["volume"] == LOT
    memory.tell(0, reports=[word(SECOND, Outcome.FILLED, LOT)])
    memory.read(0, 9)
    trade = trades(memory)[FIRST]
    assert (trade["state"], trade["closed"]) == (TradeState.CLOSED, LOT)
    memory.check()


def test_a_deal_that_turns_a_position_round_takes_nothing_off_its_own_trade() -> None:
    memory = opened()
    memory.tell(0, deals=[deal(1, order_id=FIRST, entry=DealEntry.INOUT)])
    memory.read(0, 9)
    assert trades(memory)[FIRST]["volume"] == LOT


@pytest.mark.parametrize("cuts", [(1, 1, 1, 1), (2, 2), (1, 3), (4,)])
def test_versions_do_not_depend_on_how_the_log_was_cut(cuts: tuple[int, ...]) -> None:
    """Else two rows of one version would say two things, and a store may show the older one."""
    memory = Memory()
    memory.decide(0, [OPEN])
    memory.decide(0, [REVERSE])
    memory.tell(0, reports=[word(FIRST, Outcome.FILLED, LOT)])
    memory.tell(0, deals=[deal(1, order_id=FIRST)])
    memory.tell(0, reports=[word(SECOND, Outcome.PARTIALLY_FILLED, LOT // 2)])
    memory.tell(0, reports=[word(SECOND, Outcome.FILLED, LOT)])
    one_by_one = Memory()
    one_by_one.logs, one_by_one.events, one_by_one.history = (
        memory.logs, memory.events, memory.history,
    )  # fmt: skip
    one_by_one.shard = one_by_one.begin()
    for _ in range(4):
        one_by_one.read(0, 1)
    for count in cuts:
        memory.read(0, count)
    assert versions(memory) == versions(one_by_one)


def test_what_two_waves_touch_has_the_version_that_a_replay_gives_it() -> None:
    memory = Memory()
    memory.decide(0, [OPEN])
    halves = [
        pair([leg(bytes(15) + bytes([n]), n, 1, 1, kind=1, position=FIRST, volume=LOT // 2)])
        for n in (21, 22)
    ]
    memory.decide(0, halves)
    live = versions(memory)
    memory.crash()
    assert versions(memory) == live
