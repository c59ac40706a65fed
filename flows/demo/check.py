"""An independent check: only the sent alerts, and the books of the simulated brokers.

It uses neither the stores nor the logs nor the rules, but the definition of the identities.
"""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np
import rfc8785

from brokers.simulated import read_books
from config.rows import strategy_id
from schema.ids import NIL, as_ids, make_id, order_ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_TOKEN = 16  # characters of the comment that tell one order from another
_FEW_LEGS, _MANY_LEGS = 4, 64


@dataclass(frozen=True)
class Checked:
    """What was found.

    Attributes:
        orders: order tickets in the books that we asked for.
        doubled: order legs with more than one order ticket, by id or by token.
        strange: order tickets that follow from no alert that was sent, or from a bad one.
        silent: market openings, made to be good, that no account at all has traded.
    """

    orders: int
    doubled: list[str]
    strange: list[str]
    silent: list[str]

    @property
    def ok(self) -> bool:
        """Whether nothing is doubled, strange or silent."""
        return not (self.doubled or self.strange or self.silent)


def check(sent: Path, books: Iterable[Path]) -> Checked:
    """Check the brokers' books against the alerts.

    Args:
        sent: the file that the demo's sender wrote.
        books: directories of the simulated terminals.
    """
    orders: Counter[bytes] = Counter()
    tokens: Counter[tuple[bytes, str]] = Counter()
    accounts: list[bytes] = []
    for directory in books:
        book = read_books(directory)
        accounts += [row["account_id"] for row in book.accounts]
        for row in book.orders:
            if row["request_id"] != NIL:
                orders[row["request_id"]] += 1
                tokens[row["account_id"], row["comment"][:_TOKEN]] += 1
    good, bad = _signals(sent)
    traced = _trace(orders.keys(), good, accounts, _FEW_LEGS)
    unknown = orders.keys() - traced.keys()
    if unknown:
        traced |= _trace(unknown, good, accounts, _MANY_LEGS)
    from_bad = _trace(orders.keys(), bad, accounts, _FEW_LEGS)
    doubled = [str(UUID(bytes=one)) for one, count in orders.items() if count > 1]
    doubled += [token for (_, token), count in tokens.items() if count > 1]
    traded = set(traced.values())
    return Checked(
        orders=orders.total(),
        doubled=doubled,
        strange=[str(UUID(bytes=one)) for one in orders.keys() - traced.keys()]
        + [str(UUID(bytes=one)) for one in from_bad],
        silent=[str(key[1]) for key, body in good.items() if _opens(body) and key not in traded],
    )


def _signals(
    sent: Path,
) -> tuple[dict[tuple[str, UUID], Any], dict[tuple[str, UUID], Any]]:
    """The identities of what was sent: of the good (or of unknown kind), and of the bad."""
    good: dict[tuple[str, UUID], Any] = {}
    bad: dict[tuple[str, UUID], Any] = {}
    with sent.open(encoding="utf-8") as lines:
        for line in lines:
            entry = json.loads(line)
            body = _body(entry["fields_base64"])
            if body is None:
                continue
            key = body["strategy"], _identity(body)
            wanted = entry["kind"] in ("good", "resend", "")
            (good if wanted else bad).setdefault(key, {**body, "_kind": entry["kind"]})
    # The same identity with other content is bad; the identity itself is not.
    return good, {key: body for key, body in bad.items() if key not in good}


def _body(fields: dict[str, str]) -> dict[str, Any] | None:
    if set(fields) != {"json"}:
        return None
    try:
        body = json.loads(base64.b64decode(fields["json"]))
    except ValueError:
        return None
    named = isinstance(body, dict) and isinstance(body.get("strategy"), str)
    return body if named else None


def _identity(body: dict[str, Any]) -> UUID:
    """The publisher's id, or what stands for it."""
    given = body.get("signal_id")
    if not given:
        try:
            rest = {name: value for name, value in body.items() if name != "comment"}
            given = rfc8785.dumps(rest).decode()
        except rfc8785.CanonicalizationError:
            given = ""
    return make_id(body["strategy"], str(given))


def _trace(
    wanted: Iterable[bytes],
    signals: dict[tuple[str, UUID], Any],
    accounts: list[bytes],
    legs: int,
) -> dict[bytes, tuple[str, UUID]]:
    """Which of the wanted order ids follow from which signal."""
    looked_for = set(wanted)
    found: dict[bytes, tuple[str, UUID]] = {}
    for key in signals:
        if len(found) == len(looked_for):
            break
        strategy, signal = key
        namespaces = as_ids([strategy_id(strategy).bytes] * len(accounts))
        causes = as_ids([signal.bytes] * len(accounts))
        for leg in range(1, legs + 1):
            numbers = np.full(len(accounts), leg)
            ids = order_ids(namespaces, causes, as_ids(accounts), numbers).tobytes()
            for at in range(0, len(ids), 16):
                one = ids[at : at + 16]
                if one in looked_for:
                    found[one] = key
    return found


def _opens(body: dict[str, Any]) -> bool:
    """Whether accounts with a fixed volume must have traded it: no stops that may be too close."""
    return (
        body["_kind"] == "good"
        and str(body.get("action")).lower() in ("buy", "sell")
        and "order_type" not in body
        and not {"stop_loss", "take_profit", "sl_percent"} & body.keys()
    )
