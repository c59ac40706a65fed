"""Columns decide what one object at a time decides, over lives of books that random signals make."""

from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from benchmarks.per_object.deciding import Held, Order, Trade, Verdict, decide_each
from benchmarks.per_object.pairs import plain
from benchmarks.plane import decide_all
from benchmarks.worlds import LOT, NOW, SmallWorld, random_world, signals
from rules.book import Book
from rules.fold_reports import fold_reports
from rules.forgetting import forget
from rules.intent import resolve
from rules.links import Links
from rules.new_rows import fold_decision
from rules.signals import Signals
from rules.state import State, TradeState, live
from schema.codes import ReasonCode as R
from schema.enums import Action, LegKind, OrderState, OrderType, Outcome
from schema.wire import REPORT, Records

ACCOUNTS = 12
TICK = 1100  # stops may lie one step of the grid apart: floats on its edge

SEEN_REASONS = {
    *(R.NO_POSITION, R.NO_PENDING_ORDER, R.POSITION_CLOSING, R.MAX_OPEN_TRADES, R.MAX_VOLUME),
    *(R.DIRECTION_NOT_ALLOWED, R.SYMBOL_UNMAPPED, R.STOP_LOSS_MISSING, R.ACCOUNT_INACTIVE),
    *(R.ENTRY_UNKNOWN, R.STOPS_NOT_COPIED),
}


def limited(w: SmallWorld, r: np.random.Generator) -> SmallWorld:
    """Narrow limits of every kind, steps to close by, and numbers by which a log is read again."""
    book, count = w.book, len(w.book.instruments)
    subscriptions = replace(
        book.subscriptions,
        max_open_trades=r.choice([0, 0, 1, 3], len(book.subscriptions)).astype(np.int32),
    )
    accounts = replace(
        book.accounts,
        max_open_trades=r.choice([1, 3, 6, 20], ACCOUNTS).astype(np.int32),
        partition=r.integers(0, 3, ACCOUNTS).astype(np.int32),
    )
    instruments = replace(
        book.instruments, volume_limit=r.choice([0, 0, LOT], count).astype(np.int64)
    )
    keys = zip(instruments.broker.tolist(), instruments.symbol.tolist(), strict=True)
    return replace(
        w,
        # A wide spread: buying and selling are sized differently.
        market=replace(w.market, ask=w.market.bid + 0.08),
        book=replace(
            book,
            subscriptions=subscriptions,
            accounts=accounts,
            instruments=instruments,
            account_index={key: row for row, key in enumerate(accounts.account_id.tolist())},
            instrument_index={key: row for row, key in enumerate(keys)},
        ),
    )


def batch(w: SmallWorld, r: np.random.Generator, number: int, count: int) -> SmallWorld:
    """Signals of all actions, several for one strategy and symbol, so that accounts meet again."""
    action = r.choice([*Action, *[Action.BUY, Action.SELL] * 3], count).astype(np.uint8)
    opens = np.isin(action, (Action.BUY, Action.SELL))
    kind = np.where(opens, r.choice([*[OrderType.MARKET] * 3, *OrderType], count), 0)
    closes = np.isin(action, (Action.CLOSE, Action.CLOSE_LONG, Action.CLOSE_SHORT))
    target = action == Action.TARGET
    price = np.where(kind != OrderType.MARKET, 110_000_300, 0)  # beside every grid
    texts = np.array([f"s{i}" for i in r.integers(0, 2, count)], object)
    symbols = np.array([f"S{i}" for i in r.choice([0, 0, 0, 1, 2, 2, 3], count)], object)
    share = r.choice([0, 0, 0.7], count)
    ids = b"".join(number.to_bytes(8, "big") + i.to_bytes(8, "big") for i in range(count))
    made: Signals = signals(
        count,
        signal_id=np.frombuffer(ids, "V16"),
        strategy=texts,
        symbol=symbols,
        action=action,
        order_type=kind,
        price=np.where(np.isin(kind, (OrderType.LIMIT, OrderType.STOP_LIMIT)), price, 0),
        stop_price=np.where(kind >= OrderType.STOP, price, 0),
        fraction=np.where(closes, r.choice([1.0, 0.5, 0.3, 0.01], count), 1.0),
        position_size=np.where(target, r.choice([0.0, 1.0, -1.0, 2.0], count), np.nan),
        prev_position_size=np.where(target, r.choice([0.0, 1.0, -2.0, 4.0], count), np.nan),
        sl_pips=np.where(share > 0, 0, r.choice([0, 12.5, 40.0], count)),
        sl_percent=share,
        tp_pips=r.choice([0, 33.3], count),
        volume=r.choice([0, LOT * 29 // 100, LOT], count),
        contracts=r.choice([0, LOT, 5 * LOT], count),
    )
    resolved = resolve(made, np.full(count, np.nan))
    goes = resolved.reason == R.NONE
    return replace(w, signals=made.take(goes), intents=resolved.intents.take(goes))


def held_in(state: State, links: Links, book: Book) -> Held:
    held = Held()
    trades = state.trades
    for row in np.flatnonzero(live(trades)).tolist():
        pending = trades["state"][row] == TradeState.PENDING
        subscription = int(links.trade_subscription[row])
        held.add(
            Trade(
                trades["trade_id"][row].tobytes(),
                subscription,
                int(book.subscriptions.account[subscription]),
                int(links.trade_instrument[row]),
                bytes(trades["symbol"][row]),
                *(int(trades[n][row]) for n in ("side", "state", "volume", "closing")),
                int(trades["order_price" if pending else "entry_price"][row]),
            )
        )
    return held


def same_orders(made: Records, each: list[Order]) -> None:
    mine = {row["order_id"].tobytes(): row for row in made}
    assert len(mine) == len(made)
    assert mine.keys() == {one.order_id for one in each}
    for one in each:
        row = mine[one.order_id]
        for name in Order.__dataclass_fields__:
            expected, found = getattr(one, name), row[name]
            if isinstance(found, np.void):
                found = found.tobytes()
            if name in ("stop_loss", "take_profit"):
                assert abs(int(found) - expected) <= TICK, (name, one)
            else:
                assert found == expected, (name, found, one)


def same_verdicts(made: Records, each: list[Verdict]) -> None:
    mine = {(row["signal_id"].tobytes(), row["account_id"].tobytes()): row for row in made}
    assert len(mine) == len(made) == len(each)
    for one in each:
        row = mine[one.signal_id, one.account_id]
        for name in ("outcome", "reason", "legs", "action", "symbol"):
            assert row[name] == getattr(one, name), (name, R(row["reason"]), one)
        assert row["strategy_id"].tobytes() == one.strategy_id


def reports(orders: Records, r: np.random.Generator, ticket: int) -> Records:
    """What brokers may say: filled, in part, refused, working, or nothing yet."""
    made = np.zeros(len(orders), REPORT)
    made["order_id"], made["account_id"] = orders["order_id"], orders["account_id"]
    opens, closes = orders["kind"] == LegKind.OPEN, orders["kind"] == LegKind.CLOSE
    outcome = np.where(
        opens | closes,
        r.choice([Outcome.FILLED] * 4 + [Outcome.PARTIALLY_FILLED, Outcome.REFUSED], len(orders)),
        r.choice([Outcome.DONE, Outcome.REFUSED], len(orders)),
    )
    waits = (orders["order_type"] != OrderType.MARKET) & (r.random(len(orders)) < 0.7)
    made["outcome"] = np.where(waits, Outcome.NONE, outcome)
    made["state"] = np.where(waits, OrderState.WORKING, OrderState.FINAL)
    made["filled"] = np.select(
        [made["outcome"] == Outcome.FILLED, made["outcome"] == Outcome.PARTIALLY_FILLED],
        [orders["volume"], orders["volume"] // 2],
    )
    made["price"] = (110_000_000 + r.integers(0, 1000, len(orders))) * (r.random(len(orders)) < 0.9)
    made["order_ticket"] = made["position_ticket"] = ticket + np.arange(len(orders))
    made["done_at"] = made["reported_at"] = NOW
    heard = r.random(len(orders)) < 0.8
    return made[heard]


def rows_by_id(state: State) -> list[Any]:
    """The whole state, whatever the order of its rows."""
    out = []
    for table, links in (
        (state.orders, {"trade": state.trades, "pair": state.pairs}),
        (state.pairs, {"first": state.orders}),
        (state.trades, {"account": state.accounts}),
        (state.accounts, {}),
    ):
        records = table.records()
        keys = [tuple(row[k].tobytes() for k in table.key) for row in records]
        for name, other in links.items():
            named = np.stack([other[k] for k in other.key[:1]], axis=1)
            ids = [named[row].tobytes() if row >= 0 else b"" for row in records[name].tolist()]
            keys = [(*key, one) for key, one in zip(keys, ids, strict=True)]
            records[name] = 0
        out.append(sorted((*k, row.tobytes()) for k, row in zip(keys, records, strict=True)))
    return out


@pytest.mark.parametrize("seed", range(25))
def test_columns_and_objects_decide_alike_and_a_log_gives_the_same_state(seed: int) -> None:
    r = np.random.default_rng(seed)
    w = limited(random_world(seed, accounts=ACCOUNTS, clean=seed % 3 == 0), r)
    state, replayed = State(), State()
    links = Links(w.book, state)
    Links(w.book, replayed)
    for number in range(6):
        now = batch(w, r, 100 * seed + number, int(r.integers(1, 14)))
        held = held_in(state, links, w.book)
        done = decide_all(now, state, links)
        orders, verdicts = decide_each(plain(now), held)
        same_verdicts(done.verdicts, verdicts)
        same_orders(done.orders, orders)
        # The log of each partition, folded by another shard, gives the state that decided.
        for partition in np.unique(done.verdict_partition).tolist():
            mine = done.verdict_partition == partition
            fold_decision(
                replayed,
                done.orders[done.order_partition == partition].copy(),
                done.verdicts[mine].copy(),
                done.verdict_partition[mine],
            )
        said = reports(done.orders, r, 1000 * number)
        fold_reports(state, said, number)
        fold_reports(replayed, said, number)
        assert rows_by_id(state) == rows_by_id(replayed)
        if number == 3:
            forget(state, NOW + 1)
            forget(replayed, NOW + 1)
            # And it decides on as the other would.
            state, replayed = replayed, state
            links = Links(w.book, state)


def test_the_random_cases_cover_the_rules() -> None:
    reasons: Counter[int] = Counter()
    kinds: Counter[tuple[int, int]] = Counter()
    shapes: Counter[str] = Counter()
    for seed in range(25):
        r = np.random.default_rng(seed)
        w = limited(random_world(seed, accounts=ACCOUNTS, clean=seed % 3 == 0), r)
        state = State()
        links = Links(w.book, state)
        for number in range(6):
            now = batch(w, r, 100 * seed + number, int(r.integers(1, 14)))
            done = decide_all(now, state, links)
            fold_reports(state, reports(done.orders, r, 1000 * number), number)
            reasons.update(done.verdicts["reason"].tolist())
            actions = dict(zip(now.signals.signal_id.tolist(), now.signals.action, strict=True))
            kinds.update((actions[o["signal_id"].tobytes()], int(o["kind"])) for o in done.orders)
            per_account = Counter(done.verdicts["account_id"].tolist())
            shapes["waves"] += max(per_account.values(), default=0) > 1
            shapes["parts"] += int(
                ((done.orders["kind"] == LegKind.CLOSE) & (done.orders["whole"] == 0)).sum()
            )
            shapes["pending"] += int((done.orders["order_type"] != OrderType.MARKET).sum())
            shapes["after"] += int(done.orders["after"].sum())
    assert set(reasons) >= SEEN_REASONS, SEEN_REASONS - set(reasons)
    asked = {(Action.REVERSE, LegKind.CLOSE), (Action.REVERSE, LegKind.OPEN)}
    asked |= {(Action.TARGET, LegKind.CLOSE), (Action.TARGET, LegKind.OPEN)}
    asked |= {(Action.MODIFY, LegKind.MODIFY), (Action.CANCEL, LegKind.CANCEL)}
    asked |= {(action, LegKind.CLOSE) for action in (2, 3, 4)} | {
        (0, LegKind.OPEN),
        (1, LegKind.OPEN),
    }
    assert set(kinds) >= asked, asked - set(kinds)
    assert min(shapes.values()) > 10, shapes
