"""The book: the trading configuration compiled to dense columns, so that routing is a gather.

Row numbers are indices: `account` into `Accounts`, `instrument` into `Instruments`. The
book is compiled anew, by `rules.compile`, when the configuration's version changes.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rules.signals import Codes, Columns, Flags, Float, Int64, Texts
from schema.ids import Ids

Index = NDArray[np.int32]


@dataclass(frozen=True, kw_only=True)
class Accounts(Columns):
    """One row per account, whatever its status."""

    account_id: Ids
    text_id: Texts  # 36-character form as bytes, for order ids
    partition: Index
    broker: Index
    instance_id: Ids
    currency: Index  # into Book.currencies
    symbol_group: Index  # row of Book.instrument_of
    active: Flags
    instance_active: Flags
    direction: Codes  # Direction
    max_open_trades: Index  # over the whole account
    max_volume: Int64  # of one order, 1e-8 lots; 0: no limit of its own
    max_signal_age: Int64  # microseconds
    leverage: Float


@dataclass(frozen=True, kw_only=True)
class Subscriptions(Columns):
    """One row per subscription, sorted by strategy; `Book.first` holds the offsets."""

    account: Index
    strategy: Index
    active: Flags
    direction: Codes  # Direction
    sizing: Codes  # SizingMode
    fixed_volume: Int64  # 1e-8 lots, for FIXED
    multiplier: Float  # for SCALED, BALANCE, EQUITY
    risk_percent: Float  # for RISK, of balance
    risk_override: Flags  # may a signal's risk_percent replace it
    max_risk_coefficient: (
        Float  # actual risk / expected risk allowed when the minimum volume is forced
    )
    tiny_trade: Codes  # TinyTrade
    max_open_trades: Index  # of this strategy on this account; 0: no limit of its own
    max_volume: Int64  # of one order; 0: no limit of its own
    copy_stop_loss: Flags
    copy_take_profit: Flags


@dataclass(frozen=True, kw_only=True)
class Instruments(Columns):
    """One row per (broker, broker symbol)."""

    broker: Index
    symbol: NDArray[np.bytes_]  # S32
    supported: Flags  # listed by the broker's currency_pairs_supported
    volume_min: Int64  # 1e-8 lots
    volume_max: Int64
    volume_step: Int64
    volume_limit: Int64  # per direction and account; 0: none
    contract_size: Float  # units per lot
    digits: Index
    point: Float  # price of one point
    pip: Float  # price of one pip
    tick_size: Float
    profit_currency: Index
    margin_currency: Index
    stops_level: Index  # points
    # MT5 SYMBOL_TRADE_MODE_*: 0 disabled, 1 long only, 2 short only, 3 close only, 4 full
    trade_mode: Codes
    max_quote_age: Int64  # microseconds


@dataclass(frozen=True, kw_only=True)
class Strategies(Columns):
    """One row per strategy, in the order of `Book.strategy_index`."""

    strategy_id: Ids
    key: Texts
    active: Flags
    units_per_contract: Float  # NaN: unknown
    provider_balance: Float  # for BALANCE and EQUITY sizing; NaN: unknown
    provider_currency: Index  # into Book.currencies, -1 unknown
    magic: Int64  # high bits of the magic number of its orders
    subscribers: Index  # accounts of all partitions that subscribe, active or not


@dataclass(frozen=True, kw_only=True)
class Book:
    """One version of the configuration."""

    version: int
    strategies: Strategies
    strategy_index: dict[str, int]
    subscriptions: Subscriptions
    first: Index  # n_strategies + 1 offsets into subscriptions
    accounts: Accounts
    account_index: dict[bytes, int]
    instruments: Instruments
    instrument_index: dict[tuple[int, bytes], int]  # (broker, broker symbol) -> row
    symbol_index: dict[str, int]  # provider symbol -> column of instrument_of
    instrument_of: Index  # [symbol_group, provider symbol] -> instrument, -1 unmapped
    brokers: Ids
    currencies: dict[str, int]
    max_balance_age: int  # microseconds


@dataclass(frozen=True, kw_only=True)
class Market:
    """Prices now. Arrays are aligned to the book's instruments; a rate is [broker, from, to]."""

    bid: Float  # NaN unknown
    ask: Float
    quoted_at: Int64  # microseconds, 0 unknown
    rate: Float  # units of `to` for one unit of `from`, NaN unknown
    rate_at: Int64  # time of the oldest quote a rate rests on


@dataclass(frozen=True, kw_only=True)
class Balances:
    """What the last account marks said; arrays are aligned to the book's accounts."""

    balance: Float  # account currency, NaN unknown
    equity: Float
    margin_free: Float
    marked_at: Int64  # microseconds, 0 unknown


@dataclass(frozen=True, kw_only=True)
class Pairs(Columns):
    """One row per (signal, account): the result of routing, refined by sizing and guards.

    `reason` is a ReasonCode; 0 means still in the running. Rows are 64 bits wide: NumPy
    gathers by narrower ones only after it has widened them, each time.
    """

    signal: Int64  # row of Signals
    subscription: Int64
    account: Int64
    instrument: Int64  # -1 unmapped
    reason: Codes
