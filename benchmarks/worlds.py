"""Random small worlds, straight as columns: a book, signals, a market and balances."""

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from rules.book import (
    Accounts,
    Balances,
    Book,
    Instruments,
    Market,
    Strategies,
    Subscriptions,
)
from rules.intent import resolve
from rules.signals import Codes, Flags, Float, Intents, Signals, Texts
from schema.enums import Action, OrderType
from schema.ids import Ids

NOW = 1_763_690_400_000_000
SECOND = 1_000_000
# Too old, and of a time yet to come: the clock went back.
_STALE = [NOW - 9 * SECOND, NOW + 90 * SECOND]
LOT = 100_000_000


@dataclass(frozen=True)
class SmallWorld:
    book: Book
    signals: Signals
    intents: Intents
    market: Market
    balances: Balances
    now: int = NOW


def _ids(count: int, salt: int) -> Any:
    raw = [salt.to_bytes(8, "big") + i.to_bytes(8, "big") for i in range(count)]
    return np.frombuffer(b"".join(raw), "V16")


def _objects(values: list[Any]) -> Any:
    out = np.empty(len(values), object)
    out[:] = values
    return out


def signals(count: int, **columns: Any) -> Signals:
    """Return market buys of strategy `s0` on `S0`, but for the given columns."""
    texts = {"strategy": "s0", "symbol": "S0", "metadata": "{}"}
    made: dict[str, Any] = {}
    for field in fields(Signals):
        kind = field.type
        if kind == Texts:
            made[field.name] = _objects([texts.get(field.name, "")] * count)
        elif kind == Ids:
            made[field.name] = _ids(count, 9)
        elif kind == Float:
            made[field.name] = np.zeros(count)
        elif kind in (Codes, Flags):
            made[field.name] = np.zeros(count, np.uint8 if kind == Codes else bool)
        else:
            made[field.name] = np.zeros(count, np.int64)
    made["fraction"] = np.ones(count)
    made["position_size"] = np.full(count, np.nan)
    made["prev_position_size"] = np.full(count, np.nan)
    made["fired_at"] = np.full(count, NOW)
    made["received_at"] = np.full(count, NOW)
    for name, values in columns.items():
        made[name] = values if made[name].dtype == object else np.asarray(values, made[name].dtype)
    return Signals(**made)


def random_world(
    seed: int, *, accounts: int = 30, asked: int = 20, clean: bool = False
) -> SmallWorld:
    """Return a world in which every rule of routing and sizing is met by some pair.

    Args:
        seed: Of the random choices.
        accounts: Number of them.
        asked: Number of signals.
        clean: All known, fresh and active, for benchmarks.
    """
    r = np.random.default_rng(seed)

    def often(count: Any, share: float = 0.93) -> Any:
        return np.ones(count, bool) if clean else r.random(count) < share

    def pick(values: Any, count: Any) -> Any:
        return r.choice(np.asarray(values), count)

    def holes(values: Any, share: float = 0.93) -> Any:
        return np.where(often(values.shape, share), values, np.nan)

    n_strategies, n_symbols, n_brokers, n_currencies = 3, 3, 2, 3
    n_instruments = n_brokers * n_symbols
    broker = np.repeat(np.arange(n_brokers, dtype=np.int32), n_symbols)
    step = pick([LOT // 100, LOT // 10, LOT // 20], n_instruments)
    instruments = Instruments(
        broker=broker,
        symbol=np.array([b"S%d" % i for i in range(n_instruments)], "S32"),
        supported=often(n_instruments),
        volume_min=pick([LOT // 100, LOT // 10, LOT * 3 // 100], n_instruments),
        volume_max=pick([LOT // 2, 100 * LOT], n_instruments)
        if not clean
        else np.full(n_instruments, 100 * LOT),
        volume_step=step,
        volume_limit=np.zeros(n_instruments, np.int64),
        contract_size=pick([1.0, 100.0, 100_000.0], n_instruments),
        digits=np.full(n_instruments, 5, np.int32),
        point=np.full(n_instruments, 0.00001),
        pip=np.full(n_instruments, 0.0001),
        tick_size=pick([0.00001, 0.0] if clean else [0.00001, 0.0, 0.00025], n_instruments),
        profit_currency=r.integers(0, n_currencies, n_instruments).astype(np.int32),
        margin_currency=np.zeros(n_instruments, np.int32),
        stops_level=np.zeros(n_instruments, np.int32),
        trade_mode=np.full(n_instruments, 4, np.uint8)
        if clean
        else pick([0, 1, 2, 3, 4, 4, 4, 4], n_instruments).astype(np.uint8),
        max_quote_age=np.full(n_instruments, 5 * SECOND),
    )
    account_broker = r.integers(0, n_brokers, accounts).astype(np.int32)
    rows = Accounts(
        account_id=_ids(accounts, 1),
        text_id=_objects([b"%036d" % i for i in range(accounts)]),
        partition=np.zeros(accounts, np.int32),
        broker=account_broker,
        instance_id=_ids(accounts, 2),
        currency=r.integers(0, n_currencies, accounts).astype(np.int32),
        symbol_group=account_broker,
        active=often(accounts),
        instance_active=often(accounts),
        direction=np.zeros(accounts, np.uint8)
        if clean
        else pick([0, 0, 0, 1, 2], accounts).astype(np.uint8),
        max_open_trades=np.full(accounts, 10, np.int32),
        max_volume=pick([0, LOT // 5, LOT // 200], accounts)
        if not clean
        else np.zeros(accounts, np.int64),
        max_signal_age=np.full(accounts, 60 * SECOND),
        leverage=np.full(accounts, 100.0),
    )
    count = n_strategies * accounts
    subscriptions = Subscriptions(
        account=np.tile(np.arange(accounts, dtype=np.int32), n_strategies),
        strategy=np.repeat(np.arange(n_strategies, dtype=np.int32), accounts),
        active=often(count),
        direction=np.zeros(count, np.uint8)
        if clean
        else pick([0, 0, 0, 1, 2], count).astype(np.uint8),
        sizing=r.integers(0, 5, count).astype(np.uint8),
        fixed_volume=pick([LOT // 100, LOT * 29 // 100, LOT // 8, LOT], count),
        multiplier=holes(pick([0.01, 0.1, 1.0, 2.5], count)),
        risk_percent=holes(pick([0.01, 0.5, 1.0, 10.0], count)),
        risk_override=often(count, 0.5),
        max_risk_coefficient=holes(pick([1.0, 2.0, 5.0], count)),
        tiny_trade=r.integers(0, 2, count).astype(np.uint8),
        max_open_trades=np.zeros(count, np.int32),
        max_volume=pick([0, LOT // 3, LOT // 200], count)
        if not clean
        else np.zeros(count, np.int64),
        copy_stop_loss=often(count),
        copy_take_profit=often(count),
    )
    instrument_of = np.arange(n_instruments, dtype=np.int32).reshape(n_brokers, n_symbols)
    book = Book(
        version=1,
        strategies=Strategies(
            strategy_id=_ids(n_strategies, 3),
            key=_objects([f"s{i}" for i in range(n_strategies)]),
            active=np.ones(n_strategies, bool),
            units_per_contract=holes(pick([1.0, 1000.0], n_strategies), 0.7),
            provider_balance=holes(pick([1000.0, 50_000.0], n_strategies), 0.7),
            provider_currency=pick([0, 1, 2] if clean else [-1, 0, 1, 2], n_strategies).astype(
                np.int32
            ),
            magic=np.zeros(n_strategies, np.int64),
            subscribers=np.full(n_strategies, accounts, np.int32),
        ),
        strategy_index={f"s{i}": i for i in range(n_strategies)},
        subscriptions=subscriptions,
        first=(np.arange(n_strategies + 1) * accounts).astype(np.int32),
        accounts=rows,
        account_index={},
        instruments=instruments,
        instrument_index={},
        symbol_index={f"S{i}": i for i in range(n_symbols)},
        instrument_of=np.where(often(instrument_of.shape), instrument_of, -1).astype(np.int32),
        brokers=_ids(n_brokers, 4),
        currencies={"USD": 0, "EUR": 1, "JPY": 2},
        max_balance_age=60 * SECOND,
    )
    bid = holes(np.full(n_instruments, 1.1))
    rate = holes(r.choice([0.5, 1.0, 1.25], (n_brokers, n_currencies, n_currencies)))
    market = Market(
        bid=bid,
        ask=bid + 0.0002,
        quoted_at=np.where(often(n_instruments), NOW - SECOND, r.choice(_STALE, n_instruments)),
        rate=rate,
        rate_at=np.where(often(rate.shape), NOW - SECOND, r.choice(_STALE, rate.shape)),
    )
    balances = Balances(
        balance=holes(pick([100.0, 10_000.0, 12_345.67], accounts)),
        equity=holes(pick([100.0, 9_000.0], accounts)),
        margin_free=np.full(accounts, 1000.0),
        marked_at=pick(
            [NOW - SECOND]
            if clean
            else [NOW - SECOND] * 9 + [NOW - 90 * SECOND, NOW + 90 * SECOND, 0],
            accounts,
        ),
    )
    buy = often(asked, 0.5)
    way = r.integers(0, 4, asked) if not clean else np.ones(asked, int)
    kind = pick([0, 0, 1, 2, 3], asked) if not clean else np.zeros(asked, int)
    price = np.where(buy, 109_000_003, 111_013_000)
    made = signals(
        asked,
        strategy=_objects([f"s{i}" for i in (r.integers(0, 3 if clean else 4, asked))]),
        symbol=_objects([f"S{i}" for i in (r.integers(0, 3 if clean else 4, asked))]),
        action=pick(
            [Action.BUY]
            if clean
            else [Action.BUY, Action.SELL, Action.BUY, Action.SELL, Action.CLOSE],
            asked,
        ),
        order_type=kind,
        price=np.where(np.isin(kind, [OrderType.LIMIT, OrderType.STOP_LIMIT]), price, 0),
        stop_price=np.where(kind >= OrderType.STOP, price, 0),
        stop_loss=np.where(
            way == 1,
            pick([100_000_000, 105_000_001, 112_000_000], asked) if not clean else 105_000_000,
            0,
        ),
        sl_pips=np.where(way == 2, pick([12.5, 40.0], asked), 0),
        sl_percent=np.where(way == 3, 0.7, 0),
        tp_pips=pick([0, 33.3], asked),
        volume=pick([0, LOT * 29 // 100, LOT] if not clean else [LOT], asked),
        contracts=pick([0, LOT, 5 * LOT], asked),
        risk_percent=pick([0, 2.0], asked),
        fired_at=NOW - pick([0, 0, 0, 61] if not clean else [0], asked) * SECOND,
    )
    resolved = resolve(made, np.full(asked, np.nan))
    return SmallWorld(book, made, resolved.intents, market, balances)
