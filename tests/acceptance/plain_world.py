"""A world in which every good alert has to be traded by every account, once.

Fixed volumes, no limits, no failures: what must stand in the brokers' books follows from the
sent alerts alone.
"""

from __future__ import annotations

import base64
import json
import random
from collections import Counter
from typing import TYPE_CHECKING
from uuid import UUID

import numpy as np

from brokers.simulated import read_books
from config.rows import strategy_id
from flows.stores import open_store, values
from schema.ids import NIL, as_ids, make_id, order_ids

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from flows.context import System

STRATEGY = "plain"
SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "USDCHF", "EURJPY", "XAUUSD")
INSTANCES = ("alpha-1", "alpha-2", "beta-1", "beta-2")


def world(accounts: int) -> str:
    """The trading configuration: two brokers, four terminals, one strategy."""
    parts = [f'[[strategies]]\nkey = "{STRATEGY}"\n']
    for broker in ("alpha", "beta"):
        symbols = json.dumps(SYMBOLS)
        parts.append(f'[[brokers]]\nkey = "{broker}"\nname = "{broker}"\nserver = "{broker}"\n')
        parts.append(f'[[instruments]]\nbroker = "{broker}"\nsymbols = {symbols}\n')
    parts += [
        f'[[instances]]\nkey = "{key}"\nbroker = "{key.partition("-")[0]}"\n' for key in INSTANCES
    ]
    for number in range(accounts):
        instance = INSTANCES[number % len(INSTANCES)]
        parts.append(
            f'[[accounts]]\nkey = "acc-{number:03}"\ninstance = ["{instance}"]\n'
            "balance = 1_000_000\nleverage = 500\n"
        )
    parts.append(
        f'[[subscriptions]]\nstrategy = "{STRATEGY}"\naccounts = "*"\n'
        'sizing = "fixed"\nvolume = 0.01\n'
    )
    return "\n".join(parts)


def alerts(seed: int, seconds: float) -> str:
    """An alerts file: each symbol is bought and closed in turn, alone and in bursts.

    One in ten alerts is sent again, and as many are bad.
    """
    rng = random.Random(seed)
    lines: list[tuple[float, str]] = []
    for place, symbol in enumerate(SYMBOLS):
        at, number = 0.1 * place, 0
        while at < seconds - 2:
            for action in ("buy", "close"):
                number += 1
                body = {
                    "strategy": STRATEGY,
                    "symbol": symbol,
                    "action": action,
                    "signal_id": f"{symbol}-{number}",
                    "fired_at": f"{{now+{at:.3f}}}",
                }
                lines.append((at, json.dumps(body)))
                if rng.random() < 0.1:
                    lines.append((at + rng.uniform(0, 3), json.dumps(body)))
                if rng.random() < 0.1:
                    wrong = {**body, "action": "hodl", "signal_id": f"bad-{symbol}-{number}"}
                    lines.append((at, json.dumps(wrong)))
                # All symbols at one moment now and then: a burst.
                at += 1.0 if number % 8 else 0.2
    lines.sort(key=lambda line: line[0])
    return "".join(
        json.dumps({"at": round(at, 3), "stream": 0, "body": body}) + "\n" for at, body in lines
    )


def tickets(books: Iterable[Path]) -> tuple[Counter[bytes], list[str], int]:
    """Order tickets by order id, the accounts, and the open positions, of the brokers' books."""
    found: Counter[bytes] = Counter()
    accounts: list[str] = []
    positions = 0
    for directory in books:
        book = read_books(directory)
        accounts += [str(UUID(bytes=row["account_id"])) for row in book.accounts]
        positions += len(book.positions)
        found.update(row["request_id"] for row in book.orders if row["request_id"] != NIL)
    return found, accounts, positions


def wanted(sent: Path, accounts: list[str]) -> dict[bytes, tuple[UUID, str]]:
    """Order ids that follow from the good alerts of a sent file, with signal and account."""
    asked: dict[bytes, tuple[UUID, str]] = {}
    signals: dict[UUID, None] = {}
    for line in sent.read_text(encoding="utf-8").splitlines():
        body = json.loads(base64.b64decode(json.loads(line)["fields_base64"]["json"]))
        if body["action"] in ("buy", "close"):
            signals[make_id(STRATEGY, body["signal_id"])] = None
    for signal in signals:
        count = len(accounts)
        ids = order_ids(
            as_ids([strategy_id(STRATEGY).bytes] * count),
            as_ids([signal.bytes] * count),
            as_ids([UUID(account).bytes for account in accounts]),
            np.ones(count, np.int64),
        )
        asked |= {
            one.tobytes(): (signal, account) for one, account in zip(ids, accounts, strict=True)
        }
    return asked


def check(system: System, home: Path) -> None:
    """Compare the brokers' books with what was sent: each order is there once, or says why not."""
    found, accounts, positions = tickets(system.instance_dir(key) / "terminal" for key in INSTANCES)
    asked = wanted(home / "sent.ndjson", accounts)
    assert not {UUID(bytes=one) for one, count in found.items() if count > 1}, "sent twice"
    assert not {UUID(bytes=one) for one in found.keys() - asked.keys()}, "nobody asked for these"
    with open_store(system, "duckdb") as store:
        told = values(
            store,
            "SELECT CAST(signal_id AS VARCHAR), CAST(account_id AS VARCHAR), reason_code"
            " FROM signal_execution_status WHERE outcome NOT IN ('filled', 'done')",
        )
    untraded = {(UUID(signal), account): reason for signal, account, reason in told}
    lost = [asked[one] for one in asked.keys() - found.keys() if asked[one] not in untraded]
    assert not lost
    # What could not be traded in time says so; it is the exception.
    assert len(untraded) < 0.1 * len(asked), Counter(untraded.values())
    assert positions <= len(untraded)
