"""Accounts of a group: their keys, and which terminal each is on."""

from __future__ import annotations

import re
from collections import Counter
from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

from config.world_forms import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from config.account_tables import Account
    from config.check import Problems

_NUMBER = re.compile(r"\{(?::0?\d{1,2}d?)?\}")
_PLAIN_KEY = re.compile(KEY)


def group_keys(place: str, row: Account, problems: Problems) -> list[str]:
    """Return the key of each account that an entry makes; none if something is wrong with it."""
    if row.count is None:
        if not _PLAIN_KEY.fullmatch(row.key):
            problems.add(
                f"{place}.key",
                f'expected letters, digits and . _ : -, was "{row.key}"; a pattern needs count',
            )
            return []
        return [row.key]
    if len(_NUMBER.findall(row.key)) != 1 or row.key.count("{") != 1:
        problems.add(
            f"{place}.key",
            f'expected one {{}} for the number, as "acc-{{:03}}", was "{row.key}"',
        )
        return []
    keys = [row.key.format(number) for number in range(1, row.count + 1)]
    bad = next((key for key in keys if not _PLAIN_KEY.fullmatch(key)), None)
    if bad is not None:
        problems.add(f"{place}.key", f'"{bad}" is no key of 1 to 64 characters')
        return []
    return keys


def deal(keys: Sequence[str], chosen: Sequence[str], known: Mapping[str, str]) -> list[str]:
    """Return the terminal of each account of a group.

    A position is closed by the terminal that opened it. So an account that is known keeps its
    terminal as long as that is one of the group's, and only what is new is dealt out: to the
    terminal with the fewest accounts of the group, the first of several.

    Args:
        keys: of the accounts.
        chosen: keys of the group's terminals; at least one.
        known: terminal of each account that there is already, by key.
    """
    allowed = frozenset(chosen)
    kept = {key: known[key] for key in keys if known.get(key) in allowed}
    count = Counter(kept.values())
    places = [(count[terminal], number) for number, terminal in enumerate(chosen)]
    heapify(places)
    found = []
    for key in keys:
        terminal = kept.get(key)
        if terminal is None:
            held, number = places[0]
            heapreplace(places, (held + 1, number))
            terminal = chosen[number]
        found.append(terminal)
    return found


def terminals(tables: Mapping[str, pa.Table]) -> dict[str, str]:
    """Return the key of each account's terminal, by the account's key.

    Args:
        tables: the current rows of the configuration.
    """
    if "accounts" not in tables or "instances" not in tables:
        return {}
    names = {row["instance_id"]: row["key"] for row in tables["instances"].to_pylist()}
    columns = tables["accounts"].select(["key", "instance_id"])
    return {
        row["key"]: names[row["instance_id"]]
        for row in columns.to_pylist()
        if row["instance_id"] in names
    }
