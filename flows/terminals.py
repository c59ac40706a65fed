"""From the trading configuration to the terminal of one instance."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from brokers.simulated import Instrument, SimulatedAccount, SimulatedTerminal, failures, units
from config import live
from rules.errors import Fatal
from sources.prices import Feed

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa
    import redis

    from brokers.port import Terminal


@dataclass(frozen=True)
class Instance:
    """What the configuration says of one instance.

    Attributes:
        version: of the configuration.
        row: of `instances`.
        broker: row of `brokers`.
        accounts: rows of `accounts` that it trades.
        instruments: rows of `instruments` of its broker.
    """

    version: int
    row: dict[str, Any]
    broker: dict[str, Any]
    accounts: list[dict[str, Any]]
    instruments: list[dict[str, Any]]

    @property
    def instance_id(self) -> UUID:
        """Identity of the instance."""
        return UUID(bytes=self.row["instance_id"])

    @property
    def broker_id(self) -> UUID:
        """Identity of its broker."""
        return UUID(bytes=self.row["broker_id"])

    @property
    def partitions(self) -> dict[bytes, int]:
        """Partition of each account."""
        return {account["account_id"]: account["partition"] for account in self.accounts}

    def trades_as(self, other: Instance) -> bool:
        """Whether nothing has changed that its executor was built from."""
        mine, theirs = (
            (one.row, one.broker, one.accounts, one.instruments) for one in (self, other)
        )
        return mine == theirs


def load(client: redis.Redis, key: str) -> Instance:
    """Read what the live configuration says of an instance.

    Raises:
        Fatal: it does not name the instance.
        redis.RedisError: Redis does not answer.
    """
    found = live.load(client)
    version, tables = found if found is not None else (0, {})
    row = next(iter(_where(tables.get("instances"), "key", key)), None)
    if row is None:
        raise Fatal(f"no instance has the key {key!r}; apply a configuration that names it")
    brokers = _where(tables["brokers"], "broker_id", row["broker_id"])
    return Instance(
        version,
        row,
        brokers[0] if brokers else {},
        _where(tables["accounts"], "instance_id", row["instance_id"]),
        _where(tables["instruments"], "broker_id", row["broker_id"]),
    )


def open_terminal(instance: Instance, directory: Path, prices: Path) -> Terminal:
    """Open the terminal of an instance.

    Args:
        instance: what the configuration says.
        directory: its book lies in `terminal` below it.
        prices: the price feed.

    Raises:
        Fatal: there is no price feed, or it is no simulated terminal.
    """
    if instance.row["driver"] != "simulated":
        key, driver = instance.row["key"], instance.row["driver"]
        raise Fatal(f"instance {key} is of the kind {driver}; this release drives simulated ones")
    feed = Feed(prices)
    known = sorted(feed.symbols, key=len, reverse=True)
    instruments = []
    for line in instance.instruments:
        name = next((s for s in known if s in line["symbol"]), "")
        if name:
            instruments.append(Instrument.of(line, feed=name))
    settings = json.loads(instance.row.get("settings") or "{}")
    commission = units(str(instance.broker.get("commission_per_lot") or 0))
    return SimulatedTerminal(
        directory / "terminal",
        accounts=[
            SimulatedAccount(
                account_id=account["account_id"],
                currency=account["currency"],
                balance=units(str(account["balance"] or 0)),
                leverage=account["leverage"],
                commission_per_lot=commission,
            )
            for account in instance.accounts
        ],
        instruments=instruments,
        prices=feed,
        now=lambda: time.time_ns() // 1000,
        script=failures(settings.get("failures", [])),
    )


def _where(table: pa.Table | None, column: str, value: object) -> list[dict[str, Any]]:
    return [] if table is None else [row for row in table.to_pylist() if row[column] == value]
