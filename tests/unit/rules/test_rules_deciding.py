"""Waves, guards and the fold of what was decided."""

from dataclasses import replace

import numpy as np

from benchmarks.plane import decide_all
from benchmarks.worlds import NOW, SmallWorld, random_world
from rules.asked import Decided
from rules.fold_reports import fold_reports
from rules.forgetting import forget
from rules.guard import MOST_OWN_TRADES
from rules.intent import resolve
from rules.links import Links
from rules.new_rows import fold_decision
from rules.state import State, TradeState
from schema.codes import ReasonCode
from schema.enums import Action, Direction, OrderState, Outcome, SizingMode
from schema.wire import REPORT, Records

ACCOUNTS = 6


def world(signals: int, *, limit: int = 10, strategy: str = "s0") -> SmallWorld:
    """Each signal buys on the same accounts, a fixed volume each."""
    made = random_world(3, accounts=ACCOUNTS, asked=signals, clean=True)
    book = made.book
    subscriptions = replace(
        book.subscriptions,
        sizing=np.full(len(book.subscriptions), SizingMode.FIXED, np.uint8),
        fixed_volume=np.full(len(book.subscriptions), 30_000_000, np.int64),
    )
    accounts = replace(book.accounts, max_open_trades=np.full(ACCOUNTS, limit, np.int32))
    asked = replace(
        made.signals,
        strategy=np.full(signals, strategy, object),
        symbol=np.full(signals, "S0", object),
        sl_pips=np.zeros(signals),
        sl_percent=np.zeros(signals),
        tp_pips=np.zeros(signals),
        stop_loss=np.zeros(signals, np.int64),
        take_profit=np.zeros(signals, np.int64),
    )
    keys = zip(book.instruments.broker.tolist(), book.instruments.symbol.tolist(), strict=True)
    book = replace(
        book,
        subscriptions=subscriptions,
        accounts=accounts,
        account_index={key: row for row, key in enumerate(accounts.account_id.tolist())},
        instrument_index={key: row for row, key in enumerate(keys)},
    )
    return replace(made, book=book, signals=asked)


def run(made: SmallWorld, state: State) -> Decided:
    return decide_all(made, state, Links(made.book, state))


def reports(orders: Records, outcome: Outcome) -> Records:
    made = np.zeros(len(orders), REPORT)
    made["order_id"], made["account_id"] = orders["order_id"], orders["account_id"]
    made["state"], made["outcome"] = OrderState.FINAL, outcome
    made["filled"] = np.where(outcome == Outcome.FILLED, orders["volume"], 0)
    made["order_ticket"] = made["position_ticket"] = np.arange(1, len(orders) + 1)
    made["done_at"] = made["reported_at"] = NOW
    return made


def test_a_signal_sees_the_exposure_of_the_one_before_it_in_the_batch() -> None:
    done = run(world(3, limit=2), State())
    codes = done.verdicts["reason"].reshape(3, ACCOUNTS)
    assert (codes[:2] == ReasonCode.NONE).all()
    assert (codes[2] == ReasonCode.MAX_OPEN_TRADES).all()
    assert len(done.orders) == 2 * ACCOUNTS
    assert len(np.unique(done.orders["order_id"])) == len(done.orders)


def test_a_batch_and_one_signal_at_a_time_decide_alike() -> None:
    made, together, apart = world(4, limit=3), State(), State()
    whole = run(made, together)
    parts = [
        run(
            replace(
                made,
                signals=made.signals.take(np.array([row])),
                intents=made.intents.take(np.array([row])),
            ),
            apart,
        )
        for row in range(4)
    ]
    orders = np.concatenate([part.orders for part in parts])
    assert set(whole.orders["order_id"].tolist()) == set(orders["order_id"].tolist())
    verdicts = np.concatenate([part.verdicts for part in parts])
    for name in ("reason", "outcome", "legs"):
        assert _by_pair(whole.verdicts, name) == _by_pair(verdicts, name)


def _by_pair(verdicts: Records, name: str) -> dict[tuple[bytes, bytes], int]:
    return {
        (row["signal_id"].tobytes(), row["account_id"].tobytes()): int(row[name])
        for row in verdicts
    }


def test_folding_a_decision_again_changes_nothing() -> None:
    state = State()
    done = run(world(2), state)
    before = (state.orders.count, state.pairs.count, state.trades.count)
    fold_decision(state, done.orders, done.verdicts, done.verdict_partition)
    assert (state.orders.count, state.pairs.count, state.trades.count) == before
    assert int(state.accounts.rows["open_trades"].sum()) == 2 * ACCOUNTS


def test_what_is_finished_is_forgotten_and_what_is_open_stays() -> None:
    state = State()
    done = run(world(2), state)
    first, second = done.orders[:ACCOUNTS], done.orders[ACCOUNTS:]
    fold_reports(state, reports(first, Outcome.REFUSED), 1)
    fold_reports(state, reports(second, Outcome.FILLED), 2)
    forget(state, NOW + 1)
    assert {row.tobytes() for row in state.orders.rows["order_id"]} == {
        row.tobytes() for row in second["order_id"]
    }
    assert set(state.trades.rows["state"].tolist()) == {TradeState.OPEN}
    assert (state.orders.rows["trade"] == np.arange(ACCOUNTS)).all()
    assert (state.pairs.rows["first"] == np.arange(ACCOUNTS)).all()


def test_pairs_without_any_order_are_forgotten() -> None:
    state = State()
    made = world(1)
    none = replace(made.book.accounts, active=np.zeros(ACCOUNTS, bool))
    done = run(replace(made, book=replace(made.book, accounts=none)), state)
    assert set(done.verdicts["reason"].tolist()) == {ReasonCode.ACCOUNT_INACTIVE}
    forget(state, NOW + 1)
    assert state.pairs.count == 0


def test_an_older_pair_without_order_beside_a_fresh_one_is_no_fault() -> None:
    state = State()
    made = world(1)
    none = replace(made.book.accounts, active=np.zeros(ACCOUNTS, bool))
    run(replace(made, book=replace(made.book, accounts=none)), state)
    forget(state, NOW - 1)
    assert state.pairs.count == ACCOUNTS
    assert (state.pairs.rows["first"] == -1).all()


def test_a_symbol_that_an_account_lacks_closes_nothing_of_another_account() -> None:
    state = State()
    made = world(1)
    book = made.book
    # All hold the last instrument; then a target turns round, by a symbol that nobody has mapped,
    # on accounts that may only buy: that code hides the other, and closing is not exposure.
    last = replace(
        made,
        book=replace(
            book, instrument_of=np.full_like(book.instrument_of, len(book.instruments) - 1)
        ),
    )
    assert len(run(last, state).orders) == ACCOUNTS
    fold_reports(state, reports(state.orders.head.copy(), Outcome.FILLED), 1)
    accounts = replace(book.accounts, direction=np.full(ACCOUNTS, Direction.BUY, np.uint8))
    unmapped = np.full_like(book.instrument_of, -1)
    turn = replace(
        made.signals,
        signal_id=np.frombuffer(b"another signal..", "V16"),
        action=np.array([Action.TARGET], np.uint8),
        position_size=np.array([-1.0]),
        prev_position_size=np.array([1.0]),
    )
    done = run(
        replace(
            made,
            book=replace(book, accounts=accounts, instrument_of=unmapped),
            signals=turn,
            intents=resolve(turn, np.full(1, np.nan)).intents,
        ),
        state,
    )
    assert len(done.orders) == 0
    assert not state.trades["closing"].any()
    assert set(done.verdicts["reason"].tolist()) == {ReasonCode.DIRECTION_NOT_ALLOWED}


def test_a_subscription_has_no_more_trades_than_one_decision_can_close() -> None:
    made, state = world(MOST_OWN_TRADES + 4, limit=100_000), State()
    opened = run(made, state)
    count = len(opened.verdicts) // (MOST_OWN_TRADES + 4)
    assert len(opened.orders) == MOST_OWN_TRADES * count
    refused = opened.verdicts["reason"][opened.verdicts["legs"] == 0]
    assert set(refused.tolist()) == {ReasonCode.MAX_OPEN_TRADES}
    fold_reports(state, reports(opened.orders, Outcome.FILLED), 1)
    ids = np.array([[9] * 16], np.uint8).view("V16")[0]
    one = made.signals.take(np.array([0]))
    reverse = replace(made.intents.take(np.array([0])), reverse=np.ones(1, bool))
    closed = run(replace(made, signals=replace(one, signal_id=ids), intents=reverse), state)
    legs = closed.orders[closed.orders["account_id"] == closed.orders["account_id"][0]]
    assert legs["leg"].tolist() == list(range(1, MOST_OWN_TRADES + 2))
    assert set(legs["legs"].tolist()) == {MOST_OWN_TRADES + 1}
