"""Names of symbols: collected, and followed to their end to see whether they lead anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from config.check import hint

if TYPE_CHECKING:
    from config.account_tables import Account, SymbolMap
    from config.broker_tables import Broker
    from config.check import Problems
    from config.world import Listed

Scope = tuple[str, str]  # broker or "", account or ""
Plain = dict[tuple[str, str], list[tuple[str, str]]]  # (broker, name) -> its symbols, with places
Match = Callable[..., list[str]]


class Maps:
    """Collects the lines of the symbol map and checks where they lead."""

    def __init__(
        self,
        brokers: Mapping[str, Broker],
        accounts: Mapping[str, Account],
        instruments: Mapping[tuple[str, str], Listed],
        problems: Problems,
    ) -> None:
        self._brokers = brokers
        self._accounts = accounts
        self._problems = problems
        self._symbols: dict[str, set[str]] = {broker: set() for broker in brokers}
        for broker, symbol in instruments:
            self._symbols.setdefault(broker, set()).add(symbol)
        self._lines: dict[Scope, dict[str, tuple[str, str]]] = {}  # symbol -> (to, place)

    def add(self, place: str, row: SymbolMap, match: Match) -> None:
        """Take one entry of the file."""
        pairs = dict(row.symbols)
        if row.symbol and row.to:
            pairs[row.symbol] = row.to
        elif row.symbol or row.to or not pairs:
            self._problems.add(place, "expected symbol and to, or symbols")
        if "" in pairs or "" in pairs.values():
            self._problems.add(f"{place}.symbols", "a symbol is empty")
            return
        scopes = [(row.broker, "")]
        if row.broker and not match(f"{place}.broker", [row.broker], self._brokers, "broker"):
            return
        if row.accounts:
            keys = match(f"{place}.accounts", row.accounts, self._accounts, "account")
            scopes = [(self._accounts[key].broker, key) for key in keys]
            for broker, key in scopes:
                if row.broker and broker != row.broker:
                    self._problems.add(
                        f"{place}.accounts", f"{key} is an account of {broker}, not {row.broker}"
                    )
        for scope in scopes:
            lines = self._lines.setdefault(scope, {})
            for symbol, to in pairs.items():
                if symbol in lines:
                    self._problems.add(
                        place, f"{symbol} is mapped already ({lines[symbol][1]}{_of(scope)})"
                    )
                lines.setdefault(symbol, (to, place))

    def finish(self, plain: Plain) -> dict[tuple[str, str, str], str]:
        """Return all lines, those of prefixes and suffixes included, once they are checked."""
        for (broker, name), symbols in plain.items():
            lines = self._lines.setdefault((broker, ""), {})
            if name in lines:
                continue
            lines[name] = symbols[0]
            for symbol, place in symbols[1:]:
                self._problems.add(
                    f"{place}.symbols",
                    f"{name} of {broker} is both {symbols[0][0]} and {symbol};"
                    " say in [[symbol_map]] which is meant",
                )
        told: set[str] = set()
        for scope in self._lines:
            self._check(scope, told)
        return {
            (broker, account, symbol): to
            for (broker, account), lines in self._lines.items()
            for symbol, (to, _) in lines.items()
        }

    def _check(self, scope: Scope, told: set[str]) -> None:
        broker, account = scope
        brokers = [broker] if broker else list(self._brokers)
        for symbol, (_, place) in self._lines[scope].items():
            ends = [self._end(one, account, symbol) for one in brokers]
            circles = [end for end in ends if " -> " in end]
            if circles:
                # One circle is met from each of its names: told once.
                mark = " ".join(sorted(set(circles[0].split(" -> "))))
                if mark not in told:
                    told.add(mark)
                    self._problems.add(place, f"the names go in a circle: {circles[0]}")
                continue
            found = zip(brokers, ends, strict=True)
            if not any(end in self._symbols.get(one, ()) for one, end in found):
                self._problems.add(place, self._nowhere(broker, symbol, ends))

    def _nowhere(self, broker: str, symbol: str, ends: list[str]) -> str:
        end = ends[0] if ends else symbol
        if not broker:
            return f"{symbol} ends at {end}, and no broker has a symbol of that name"
        known = sorted(self._symbols.get(broker, ()))
        return f"{symbol} ends at {end}, and {broker} has no symbol of that name{hint(end, known)}"

    def _end(self, broker: str, account: str, symbol: str) -> str:
        """Return the last name, or the circle as `a -> b -> a`."""
        narrowest_first = ((broker, account), (broker, ""), ("", ""))
        levels = [self._lines.get(scope, {}) for scope in narrowest_first]
        path = [symbol]
        while True:
            now = path[-1]
            to = next((lines[now][0] for lines in levels if now in lines), now)
            if to == now:
                return now
            path.append(to)
            if to in path[:-1]:
                return " -> ".join(path[path.index(to) :])


def _of(scope: Scope) -> str:
    return f", for {scope[1] or scope[0]}" if any(scope) else ""
