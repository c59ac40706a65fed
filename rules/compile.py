"""Compiling the trading configuration to the book: joined, mapped, dense and sorted."""

from collections.abc import Collection, Mapping

import numpy as np
import polars as pl
import pyarrow as pa

from rules.book import Accounts, Book, Index, Instruments, Strategies, Subscriptions
from rules.compile_frames import decimals, floats, frames, ids, texts, whole
from rules.compile_symbols import follow
from schema.enums import Status, StrategyStatus
from schema.ids import PARTITIONS

Frames = dict[str, pl.DataFrame]

UNLIMITED = 2**31 - 1
_MICROS = 1000  # in a millisecond


def compile_book(
    tables: Mapping[str, pa.Table],
    version: int,
    *,
    partitions: Collection[int] | None = None,
    max_balance_age_us: int,
    max_quote_age_us: int,
) -> Book:
    """Return the book of one version of the configuration.

    Args:
        tables: current rows of brokers, instruments, instances, accounts, account_config,
            strategies, subscriptions and symbol_map.
        version: of the configuration.
        partitions: whose accounts, and their subscriptions, the book has; all by default.
            `Strategies.subscribers` counts those of all partitions.
        max_balance_age_us: a balance older than this sizes nothing. Microseconds.
        max_quote_age_us: so with prices, unless the instrument is stricter. Microseconds.
    """
    rows = frames(tables)
    rows["brokers"] = rows["brokers"].sort("broker_id").with_row_index("broker")
    brokers = rows["brokers"]
    strategies = rows["strategies"].sort("key").with_row_index("strategy")
    accounts = _accounts(rows, range(PARTITIONS) if partitions is None else partitions)
    instruments = _instruments(rows)
    subscriptions = _subscriptions(rows, strategies, accounts)
    currencies = _currencies(rows)
    symbols = follow(_symbol_map(rows, accounts), accounts, instruments, brokers.height)
    count = np.bincount(subscriptions["strategy"].to_numpy(), minlength=strategies.height)
    return Book(
        version=version,
        strategies=_strategy_columns(rows, strategies, currencies),
        strategy_index=dict(zip(strategies["key"], strategies["strategy"], strict=True)),
        subscriptions=_subscription_columns(subscriptions),
        first=np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
        accounts=_account_columns(accounts, currencies, symbols.group),
        account_index=dict(zip(accounts["account_id"], accounts["account"], strict=True)),
        instruments=_instrument_columns(instruments, currencies, max_quote_age_us),
        instrument_index={
            (broker, symbol.encode()): row
            for row, (broker, symbol) in enumerate(
                zip(instruments["broker"], instruments["symbol"], strict=True)
            )
        },
        symbol_index=symbols.index,
        instrument_of=symbols.instrument_of,
        brokers=ids(brokers["broker_id"]),
        currencies=currencies,
        max_balance_age=max_balance_age_us,
    )


def _accounts(rows: Frames, partitions: Collection[int]) -> pl.DataFrame:
    """Join each account with its settings, its broker and its terminal."""
    config = rows["account_config"].select(
        "account_id",
        "direction",
        "max_open_trades",
        "max_volume",
        "max_signal_age_ms",
        own_leverage="leverage",
        config_status="status",
    )
    brokers = rows["brokers"].select("broker_id", "broker", broker_status="status")
    instances = rows["instances"].select("instance_id", instance_status="status")
    on = Status.ACTIVE
    return (
        rows["accounts"]
        .filter(pl.col("partition").is_in(list(partitions)))
        .join(brokers, on="broker_id")
        .join(instances, on="instance_id", how="left")
        .join(config, on="account_id", how="left")
        .with_columns(
            active=(pl.col("status") == on)
            & (pl.col("broker_status") == on)
            & (pl.col("config_status").fill_null(on) == on),
            instance_active=pl.col("instance_status").eq(on).fill_null(value=False),
            leverage=pl.coalesce("own_leverage", "leverage"),
        )
        .sort("account_id")
        .with_row_index("account")
    )


def _instruments(rows: Frames) -> pl.DataFrame:
    """Join each instrument with its broker, which may not support it."""
    brokers = rows["brokers"].select("broker_id", "broker", listed="currency_pairs_supported")
    listed = pl.col("listed").str.split(",")
    return (
        rows["instruments"]
        .join(brokers, on="broker_id")
        .with_columns(supported=(pl.col("listed") == "") | listed.list.contains(pl.col("symbol")))
        .sort("broker", "symbol")
    )


def _subscriptions(rows: Frames, strategies: pl.DataFrame, accounts: pl.DataFrame) -> pl.DataFrame:
    return (
        rows["subscriptions"]
        .join(accounts.select("account_id", "account"), on="account_id")
        .join(strategies.select("strategy", strategy_id="id"), on="strategy_id")
        .sort("strategy", "account")
    )


def _symbol_map(rows: Frames, accounts: pl.DataFrame) -> pl.DataFrame:
    """Turn the ids of the symbol map into rows; lines of accounts that are not here are left."""
    return (
        rows["symbol_map"]
        .filter(pl.col("status") == Status.ACTIVE)
        .join(accounts.select("account_id", "account"), on="account_id", how="left")
        .join(rows["brokers"].select("broker_id", "broker"), on="broker_id", how="left")
        .filter(
            (pl.col("account").is_not_null() | pl.col("account_id").is_null())
            & (pl.col("broker").is_not_null() | pl.col("broker_id").is_null())
        )
    )


def _currencies(rows: Frames) -> dict[str, int]:
    columns = (
        rows["accounts"]["currency"],
        rows["instruments"]["currency_base"],
        rows["instruments"]["currency_profit"],
        rows["instruments"]["currency_margin"],
        rows["strategies"]["provider_currency"],
    )
    names = sorted({name for column in columns for name in column.to_list() if name})
    return {name: number for number, name in enumerate(names)}


def _currency(values: pl.Series, currencies: dict[str, int]) -> Index:
    return np.array([currencies.get(name, -1) for name in values.to_list()], dtype=np.int32)


def _strategy_columns(
    rows: Frames, strategies: pl.DataFrame, currencies: dict[str, int]
) -> Strategies:
    known = rows["accounts"].select("account_id")
    counted = rows["subscriptions"].join(known, on="account_id").group_by("strategy_id").len()
    counted = strategies.join(
        counted, left_on="id", right_on="strategy_id", how="left", maintain_order="left"
    )
    return Strategies(
        strategy_id=ids(strategies["id"]),
        key=texts(strategies["key"]),
        active=(strategies["status"] == StrategyStatus.ACTIVE).to_numpy(),
        units_per_contract=floats(strategies["units_per_contract"]),
        provider_balance=decimals(strategies["provider_balance"]),
        provider_currency=_currency(strategies["provider_currency"], currencies),
        magic=whole(strategies["magic"]),
        subscribers=whole(counted["len"]).astype(np.int32),
    )


def _account_columns(
    accounts: pl.DataFrame, currencies: dict[str, int], symbol_group: Index
) -> Accounts:
    limit = whole(accounts["max_open_trades"])
    digits = accounts["account_id"].bin.encode("hex")
    ends = ((0, 8), (8, 4), (12, 4), (16, 4), (20, 12))
    parts = [digits.str.slice(start, length).to_list() for start, length in ends]
    text_id = [f"{a}-{b}-{c}-{d}-{e}".encode() for a, b, c, d, e in zip(*parts, strict=True)]
    return Accounts(
        account_id=ids(accounts["account_id"]),
        text_id=np.array([*text_id, None], dtype=object)[:-1],
        partition=whole(accounts["partition"]).astype(np.int32),
        broker=whole(accounts["broker"]).astype(np.int32),
        instance_id=ids(accounts["instance_id"]),
        currency=_currency(accounts["currency"], currencies),
        symbol_group=symbol_group,
        active=accounts["active"].to_numpy(),
        instance_active=accounts["instance_active"].to_numpy(),
        direction=whole(accounts["direction"]).astype(np.uint8),
        max_open_trades=np.where(limit > 0, limit, UNLIMITED).astype(np.int32),
        max_volume=whole(accounts["max_volume"]),
        max_signal_age=whole(accounts["max_signal_age_ms"]) * _MICROS,
        leverage=floats(accounts["leverage"]),
    )


def _subscription_columns(rows: pl.DataFrame) -> Subscriptions:
    return Subscriptions(
        account=whole(rows["account"]).astype(np.int32),
        strategy=whole(rows["strategy"]).astype(np.int32),
        active=(rows["status"] == Status.ACTIVE).to_numpy(),
        direction=whole(rows["direction"]).astype(np.uint8),
        sizing=whole(rows["sizing"]).astype(np.uint8),
        fixed_volume=whole(rows["fixed_volume"]),
        multiplier=floats(rows["multiplier"]),
        risk_percent=floats(rows["risk_percent"]),
        risk_override=rows["risk_override"].to_numpy(),
        max_risk_coefficient=floats(rows["max_risk_coefficient"]),
        tiny_trade=whole(rows["tiny_trade"]).astype(np.uint8),
        max_open_trades=whole(rows["max_open_trades"]).astype(np.int32),
        max_volume=whole(rows["max_volume"]),
        copy_stop_loss=rows["copy_stop_loss"].to_numpy(),
        copy_take_profit=rows["copy_take_profit"].to_numpy(),
    )


def _instrument_columns(
    rows: pl.DataFrame, currencies: dict[str, int], max_quote_age_us: int
) -> Instruments:
    symbols = [symbol.encode() for symbol in rows["symbol"].to_list()]
    return Instruments(
        broker=whole(rows["broker"]).astype(np.int32),
        symbol=np.array(symbols, dtype="S32"),
        supported=rows["supported"].to_numpy(),
        volume_min=whole(rows["volume_min"]),
        volume_max=whole(rows["volume_max"]),
        volume_step=whole(rows["volume_step"]),
        volume_limit=whole(rows["volume_limit"]),
        contract_size=floats(rows["contract_size"]),
        digits=whole(rows["digits"]).astype(np.int32),
        point=decimals(rows["point"]),
        pip=decimals(rows["pip_size"]),
        tick_size=decimals(rows["tick_size"]),
        profit_currency=_currency(rows["currency_profit"], currencies),
        margin_currency=_currency(rows["currency_margin"], currencies),
        stops_level=whole(rows["stops_level"]).astype(np.int32),
        trade_mode=whole(rows["trade_mode"]).astype(np.uint8),
        max_quote_age=np.minimum(whole(rows["max_quote_age_ms"]) * _MICROS, max_quote_age_us),
    )
