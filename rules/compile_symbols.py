"""Which instrument a provider's symbol is, for each group of accounts that name it alike."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from rules.book import Index

Names = dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Symbols:
    """The symbol map, followed to its ends."""

    index: Names  # symbol -> column
    instrument_of: Index  # [group, column] -> instrument, -1 unmapped
    group: Index  # of each account


def follow(
    symbol_map: pl.DataFrame, accounts: pl.DataFrame, instruments: pl.DataFrame, brokers: int
) -> Symbols:
    """Follow every symbol from line to line: the account's, else the broker's, else everyone's.

    Args:
        symbol_map: `broker` and `account` (rows, null: all), `symbol`, `mapped_symbol`.
        accounts: `broker`, one row per account.
        instruments: `broker`, `symbol`.
        brokers: how many there are.

    Returns:
        For each broker one group, and one more for each account with lines of its own. A name
        that leads into a circle, or to nothing that the broker has, is unmapped.
    """
    names = sorted(
        {*symbol_map["symbol"], *symbol_map["mapped_symbol"], *instruments["symbol"].to_list()}
    )
    index = {name: column for column, name in enumerate(names)}
    own = symbol_map.filter(pl.col("account").is_not_null())
    owners = own["account"].unique().sort().to_list()
    group_of = accounts["broker"].to_numpy().astype(np.int32)
    group_of[owners] = np.arange(brokers, brokers + len(owners), dtype=np.int32)
    broker_of = np.concatenate(
        [np.arange(brokers), accounts["broker"].to_numpy()[owners] if owners else []]
    ).astype(np.int64)
    following = np.tile(np.arange(len(names), dtype=np.int32), (len(broker_of), 1))
    everyone = symbol_map.filter(pl.col("account").is_null() & pl.col("broker").is_null())
    for symbol, to in _pairs(everyone, index):
        following[:, symbol] = to
    brokers_own = symbol_map.filter(pl.col("account").is_null() & pl.col("broker").is_not_null())
    lines = zip(brokers_own["broker"].to_list(), _pairs(brokers_own, index), strict=True)
    for broker, (symbol, to) in lines:
        following[broker_of == broker, symbol] = to
    for account, (symbol, to) in zip(own["account"].to_list(), _pairs(own, index), strict=True):
        following[group_of[account], symbol] = to
    ends = _ends(following)
    lookup = np.full((max(brokers, 1), len(names) + 1), -1, dtype=np.int32)
    columns = [index[symbol] for symbol in instruments["symbol"].to_list()]
    lookup[instruments["broker"].to_numpy(), columns] = np.arange(len(columns))
    return Symbols(index=index, instrument_of=lookup[broker_of[:, None], ends], group=group_of)


def _pairs(lines: pl.DataFrame, index: Names) -> list[tuple[int, int]]:
    symbols, to = lines["symbol"].to_list(), lines["mapped_symbol"].to_list()
    return [(index[a], index[b]) for a, b in zip(symbols, to, strict=True)]


def _ends(following: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return where each chain ends, -1 for a circle: twice as many steps with every turn."""
    here = following
    for _ in range(max(following.shape[1], 1).bit_length()):
        here = np.take_along_axis(here, here, axis=1)
    stays = np.take_along_axis(following, here, axis=1) == here
    return np.where(stays, here, -1).astype(np.int32)
