"""What providers' names of symbols mean, by the rows of a configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

_Lines = dict[str, str]


class SymbolNames:
    """Follows names: the account's line before the broker's before everyone's.

    Args:
        symbol_map: current rows of that table, the lines of prefixes and suffixes among them.
        instruments: current rows of that table.
    """

    def __init__(self, symbol_map: pa.Table, instruments: pa.Table) -> None:
        columns = instruments.select(["broker_id", "symbol"]).to_pydict()
        self._symbols = set(zip(columns["broker_id"], columns["symbol"], strict=True))
        self._lines: dict[bytes | None, _Lines] = {}  # by account, else broker, else None
        for row in symbol_map.to_pylist():
            owner = row["account_id"] or row["broker_id"]
            self._lines.setdefault(owner, {})[row["symbol"]] = row["mapped_symbol"]
        # Accounts without lines of their own are alike, and there may be very many.
        self._known: dict[tuple[bytes, bytes | None], dict[str, list[str]]] = {}

    def end(self, broker: bytes, account: bytes, name: str) -> str | None:
        """Return the broker's symbol that an account's name means; None if there is none."""
        levels = self._levels(broker, account)
        seen: set[str] = set()
        while name not in seen:
            seen.add(name)
            to = next((lines[name] for lines in levels if name in lines), name)
            if to == name:
                return name if (broker, name) in self._symbols else None
            name = to
        return None  # a circle

    def of(self, broker: bytes, account: bytes, symbol: str) -> list[str]:
        """Return every name that means a symbol of the broker to an account, in order."""
        group = (broker, account if account in self._lines else None)
        if group not in self._known:
            levels = self._levels(broker, account)
            names = {name for lines in levels for name in lines}
            names |= {own for owner, own in self._symbols if owner == broker}
            found: dict[str, list[str]] = {}
            for name in sorted(names):
                means = self.end(broker, account, name)
                if means is not None:
                    found.setdefault(means, []).append(name)
            self._known[group] = found
        return self._known[group].get(symbol, [])

    def _levels(self, broker: bytes, account: bytes) -> Sequence[_Lines]:
        return [self._lines.get(owner, {}) for owner in (account, broker, None)]
