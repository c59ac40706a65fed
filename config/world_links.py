"""Resolving a file's references, patterns and groups; telling what does not hold together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar, cast

import msgspec

from config import world_symbols
from config.account_tables import Account, Strategy, Subscription
from config.broker_tables import Broker, Instance, Instruments
from config.check import Problems, hint, some
from config.dealing import deal, group_keys
from config.presets import CURRENCIES
from config.world import Listed, World
from config.world_instruments import listed

if TYPE_CHECKING:
    from config.fields import Section

    Rows = list[tuple[str, Section]]

T = TypeVar("T")
_TABLE = {
    "broker": "brokers",
    "instance": "instances",
    "account": "accounts",
    "strategy": "strategies",
}


class Links:
    """Builds the world from well-formed entries.

    Args:
        tables: entries of each table, with their places.
        broken: tables of which entries are missing, because they were not well-formed; what
            refers to them is not told as well.
        problems: takes what is wrong.
        known: terminal of each account that there is already, by key.
    """

    def __init__(
        self,
        tables: Mapping[str, Rows],
        broken: frozenset[str],
        problems: Problems,
        known: Mapping[str, str],
    ) -> None:
        self._tables = tables
        self._broken = broken
        self._problems = problems
        self._known = known
        self._place: dict[tuple[str, str], str] = {}  # (table, key) -> place

    def world(self) -> World:
        """Return the world; what is wrong with it stands in the problems."""
        brokers = cast("dict[str, Broker]", self._by_key("brokers"))
        instances = self._instances(brokers)
        instruments, plain = self._instruments(brokers)
        self._check_supported(brokers, instruments)
        accounts = self._accounts(brokers, instances, instruments)
        strategies = cast("dict[str, Strategy]", self._by_key("strategies"))
        subscriptions = self._subscriptions(strategies, accounts)
        maps = world_symbols.Maps(brokers, accounts, instruments, self._problems)
        for place, row in self._tables["symbol_map"]:
            maps.add(place, cast("Any", row), self.match)
        return World(
            brokers=brokers,
            instruments=instruments,
            instances=instances,
            accounts=accounts,
            strategies=strategies,
            subscriptions=subscriptions,
            symbol_map=maps.finish(plain),
        )

    def match(
        self, place: str, patterns: Iterable[str], known: Mapping[str, T], what: str
    ) -> list[str]:
        """Return the keys that patterns stand for, in the order of the file, none twice."""
        found: dict[str, None] = {}
        silent = _TABLE[what] in self._broken
        for pattern in patterns:
            if "*" in pattern or "?" in pattern:
                form = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
                hits = [key for key in known if re.fullmatch(form, key)]
                if not hits and not silent:
                    self._problems.add(
                        place, f'no {what} has a key like "{pattern}"{_known(known)}'
                    )
                found.update(dict.fromkeys(hits))
            elif pattern in known:
                found[pattern] = None
            elif not silent:
                self._problems.add(
                    place, f'no {what} has the key "{pattern}"{hint(pattern, known)}'
                )
        return list(found)

    def _by_key(self, table: str) -> dict[str, Section]:
        found: dict[str, Section] = {}
        for place, row in self._tables[table]:
            self._put(table, place, row.key, row, found)  # type: ignore[attr-defined]
        return found

    def _put(self, table: str, place: str, key: str, row: T, found: dict[str, T]) -> None:
        if key in found:
            first = self._place[table, key]
            self._problems.add(f"{place}.key", f'"{key}" is the key of {first} already')
            return
        found[key] = row
        self._place[table, key] = place

    def _instances(self, brokers: Mapping[str, Broker]) -> dict[str, Instance]:
        found = cast("dict[str, Instance]", self._by_key("instances"))
        for key, instance in found.items():
            place = self._place["instances", key]
            self.match(f"{place}.broker", [instance.broker], brokers, "broker")
            if instance.kind == "mt5" and not instance.path:
                self._problems.add(f"{place}.path", "is missing; mt5 needs the terminal's path")
            if instance.kind == "mt5" and instance.failures:
                self._problems.add(f"{place}.failures", "only a simulated terminal has these")
        return found

    def _instruments(
        self, brokers: Mapping[str, Broker]
    ) -> tuple[dict[tuple[str, str], Listed], world_symbols.Plain]:
        """Return the instruments, and what plain names are called at each broker."""
        found: dict[tuple[str, str], Listed] = {}
        places: dict[tuple[str, str], str] = {}
        plain: world_symbols.Plain = {}
        for place, row in cast("list[tuple[str, Instruments]]", self._tables["instruments"]):
            for broker in self.match(f"{place}.broker", [row.broker], brokers, "broker"):
                for name in row.symbols:
                    made = listed(broker, name, row, place, self._problems)
                    key = (broker, f"{row.prefix}{name}{row.suffix}")
                    if key in places:
                        self._problems.add(
                            f"{place}.symbols",
                            f"{broker} has {key[1]} already ({places[key]})",
                        )
                        continue
                    places[key] = place
                    if made is not None:
                        found[key] = made
                    if made is not None and key[1] != name:
                        plain.setdefault((broker, name), []).append((key[1], place))
        return found, plain

    def _check_supported(
        self, brokers: Mapping[str, Broker], instruments: Mapping[tuple[str, str], Listed]
    ) -> None:
        for key, broker in brokers.items():
            symbols = sorted(symbol for owner, symbol in instruments if owner == key)
            place = f"{self._place['brokers', key]}.currency_pairs_supported"
            for name in broker.currency_pairs_supported:
                if name not in symbols:
                    self._problems.add(place, f"{key} has no symbol {name}{hint(name, symbols)}")

    def _accounts(
        self,
        brokers: Mapping[str, Broker],
        instances: Mapping[str, Instance],
        instruments: Mapping[tuple[str, str], Listed],
    ) -> dict[str, Account]:
        found: dict[str, Account] = {}
        traded = CURRENCIES | {c for one in instruments.values() for c in _currencies(one)}
        used: Counter[str] = Counter()
        for place, row in cast("list[tuple[str, Account]]", self._tables["accounts"]):
            chosen = self.match(f"{place}.instance", row.instance, instances, "instance")
            self._check_account(place, row, chosen, brokers, instances, traded)
            keys = group_keys(place, row, self._problems)
            dealt = deal(keys, chosen, self._known) if chosen else [""] * len(keys)
            for key, instance in zip(keys, dealt, strict=True):
                broker = row.broker
                if instance:
                    used[instance] += 1
                    broker = broker or instances[instance].broker
                made = msgspec.structs.replace(
                    row, key=key, count=None, instance=[instance], broker=broker
                )
                self._put("accounts", place, key, made, found)
        for key, count in used.items():
            if instances[key].kind == "mt5" and count > 1:
                self._problems.add(
                    self._place["instances", key],
                    f"an mt5 terminal holds one account, and {count} accounts name {key}",
                )
        return found

    def _check_account(
        self,
        place: str,
        row: Account,
        chosen: list[str],
        brokers: Mapping[str, Broker],
        instances: Mapping[str, Instance],
        traded: Iterable[str],
    ) -> None:
        if row.broker:
            self.match(f"{place}.broker", [row.broker], brokers, "broker")
        for key in chosen:
            other = instances[key].broker
            if row.broker in brokers and other in brokers and other != row.broker:
                self._problems.add(
                    f"{place}.instance", f"{key} is an instance of {other}, not of {row.broker}"
                )
        if row.mode == "netting":
            self._problems.add(
                f"{place}.mode", "netting comes with the MT5 adapter; only hedging works now"
            )
        if row.currency not in traded:
            self._problems.add(
                f"{place}.currency",
                f"there is no currency {row.currency}{hint(row.currency, sorted(traded))}",
            )

    def _subscriptions(
        self, strategies: Mapping[str, Strategy], accounts: Mapping[str, Account]
    ) -> dict[tuple[str, str], Subscription]:
        found: dict[tuple[str, str], Subscription] = {}
        places: dict[tuple[str, str], str] = {}
        for place, row in cast("list[tuple[str, Subscription]]", self._tables["subscriptions"]):
            chosen = self.match(f"{place}.accounts", row.accounts, accounts, "account")
            for strategy in self.match(f"{place}.strategy", row.strategy, strategies, "strategy"):
                self._check_sizing(place, row, strategies[strategy])
                twice = [a for a in chosen if (strategy, a) in places]
                if twice:
                    self._problems.add(
                        f"{place}.accounts",
                        f"{some(twice, 3)} subscribed to {strategy} already"
                        f" ({places[strategy, twice[0]]})",
                    )
                for account in chosen:
                    places.setdefault((strategy, account), place)
                    found[strategy, account] = row
        return found

    def _check_sizing(self, place: str, row: Subscription, strategy: Strategy) -> None:
        if row.sizing in {"balance", "equity"} and strategy.provider_balance is None:
            self._problems.add(
                f"{place}.sizing",
                f"{row.sizing} needs a provider_balance, and {strategy.key} has none",
            )


def _currencies(one: Listed) -> tuple[str, str, str]:
    return one.base_currency, one.profit_currency, one.margin_currency


def _known(known: Mapping[str, object]) -> str:
    return f"; known: {some(known)}" if known else "; there is none"
