"""What is open and could be closed by no signal any more under a new trading configuration.

A close goes the way of today: to the accounts that subscribe now, at the terminals where they are
now, for the symbol that the provider's name means now. What was opened on another way stays open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from config.symbol_names import SymbolNames

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from config.change import Counts

_GONE = ("accounts", "strategies", "subscriptions", "instruments", "symbol_map")


@dataclass(frozen=True)
class Open:
    """What is open of one account, strategy and symbol.

    Attributes:
        account: its id.
        strategy: its id; None for what was traded by hand.
        symbol: as the broker writes it.
        trades: that are open.
        orders: that have no outcome yet.
    """

    account: bytes
    strategy: bytes | None
    symbol: str
    trades: int
    orders: int


def possible(counts: Mapping[str, Counts]) -> bool:
    """Return whether a change can orphan anything, by what it does to each table."""
    moved, names = counts["accounts"], counts["symbol_map"]
    return any(counts[name].removed for name in _GONE) or bool(
        moved.changed or names.changed or names.added
    )


def orphans(
    old: Mapping[str, pa.Table], new: Mapping[str, pa.Table], opened: Iterable[Open]
) -> list[str]:
    """Return one line for each account and symbol of which a new configuration orphans something.

    Args:
        old: the current rows of each table.
        new: the rows that it would have.
        opened: what is open. What `old` does not know was orphaned before, and is not told again.
    """
    before, after = _Way(old), _Way(new)
    lines: dict[tuple[str, str, str], tuple[int, int]] = {}
    for one in opened:
        for why in _why(before, after, one):
            place = (before.accounts[one.account]["key"], one.symbol, why)
            trades, orders = lines.get(place, (0, 0))
            lines[place] = (trades + one.trades, orders + one.orders)
    return [
        f"account {key}, {symbol}: {_counted(*counts)}; {why}"
        for (key, symbol, why), counts in sorted(lines.items())
    ]


class _Way:
    """What a signal's way to a position is made of."""

    def __init__(self, tables: Mapping[str, pa.Table]) -> None:
        self.accounts = _rows(tables["accounts"], "account_id", "broker_id", "instance_id", "key")
        self.brokers = _rows(tables["brokers"], "broker_id", "key")
        self.instances = _rows(tables["instances"], "instance_id", "key")
        self.strategies = _rows(tables["strategies"], "id", "key")
        pairs = tables["subscriptions"].select(["strategy_id", "account_id"]).to_pydict()
        self.subscriptions = set(zip(pairs["strategy_id"], pairs["account_id"], strict=True))
        self.names = SymbolNames(tables["symbol_map"], tables["instruments"])


def _why(before: _Way, after: _Way, one: Open) -> Iterator[str]:
    """Tell the first of what keeps a signal from what is open: nothing behind it counts."""
    was, now = before.accounts.get(one.account), after.accounts.get(one.account)
    if was is None:
        return
    if now is None:
        yield "the account is removed"
    elif was["broker_id"] != now["broker_id"]:
        names = (before.brokers[was["broker_id"]], after.brokers[now["broker_id"]])
        yield "the account moves from broker {} to {}".format(*(each["key"] for each in names))
    elif was["instance_id"] != now["instance_id"]:
        names = (before.instances[was["instance_id"]], after.instances[now["instance_id"]])
        yield "the account moves from instance {} to {}".format(*(each["key"] for each in names))
    elif one.strategy in before.strategies:
        strategy = before.strategies[one.strategy]["key"]
        pair = (one.strategy, one.account)
        if one.strategy not in after.strategies:
            yield f"the strategy {strategy} is removed"
        elif pair in before.subscriptions and pair not in after.subscriptions:
            yield f"its subscription to {strategy} is removed"
        else:
            yield from _renamed(before, after, one, was["broker_id"])


def _renamed(before: _Way, after: _Way, one: Open, broker: bytes) -> Iterator[str]:
    """Tell a name that meant the symbol; which of them the provider uses is not known here."""
    for name in before.names.of(broker, one.account, one.symbol):
        means = after.names.end(broker, one.account, name)
        if means != one.symbol:
            other = f"means {means}" if means else "means nothing"
            yield f"{name} {other} from now on"
            return


def _rows(table: pa.Table, key: str, *columns: str) -> dict[bytes, dict[str, Any]]:
    return {row[key]: row for row in table.select([key, *columns]).to_pylist()}


def _counted(trades: int, orders: int) -> str:
    parts = ((trades, "open trade"), (orders, "order"))
    told = [f"{count} {what}{'s' if count > 1 else ''}" for count, what in parts if count]
    return ", ".join(told) + (" without an outcome" if orders else "")
