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
    from decimal import Decimal
    from pathlib import Path

    import pyarrow as pa
    import redis

    from brokers.port import Terminal


class Gone(Fatal):
    """There is a configuration, and it does not name the instance."""


@dataclass(frozen=True)
class Instance:
    """What the configuration says of one instance.

    Attributes:
        version: of the configuration.
        row: of `instances`.
        broker: row of `brokers`.
        accounts: rows of `accounts` that it trades.
        commissions: of accounts that have one of their own, by id; the broker's for the others.
        instruments: rows of `instruments` of its broker.
    """

    version: int
    row: dict[str, Any]
    broker: dict[str, Any]
    accounts: list[dict[str, Any]]
    commissions: dict[bytes, Decimal]
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
            (one.row, one.broker, one.accounts, one.commissions, one.instruments)
            for one in (self, other)
        )
        return mine == theirs


def load(client: redis.Redis, key: str) -> Instance:
    """Read what the live configuration says of an instance.

    Raises:
        Gone: it does not name the instance.
        Fatal: there is none yet.
        redis.RedisError: Redis does not answer.
    """
    found = live.load(client)
    unknown = f"no instance has the key {key!r}; apply a configuration that names it"
    if found is None:
        raise Fatal(unknown)
    version, tables = found
    row = next(iter(_where(tables["instances"], "key", key)), None)
    if row is None:
        raise Gone(unknown)
    brokers = _where(tables["brokers"], "broker_id", row["broker_id"])
    accounts = _where(tables["accounts"], "instance_id", row["instance_id"])
    mine = {account["account_id"] for account in accounts}
    return Instance(
        version,
        row,
        brokers[0] if brokers else {},
        accounts,
        {
            each["account_id"]: each["commission"]
            for each in tables["account_config"].to_pylist()
            if each["account_id"] in mine and each["commission"] is not None
        },
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
    commission = instance.broker.get("commission_per_lot") or 0
    return SimulatedTerminal(
        directory / "terminal",
        accounts=[
            SimulatedAccount(
                account_id=account["account_id"],
                currency=account["currency"],
                balance=units(str(account["balance"] or 0)),
                leverage=account["leverage"],
                commission_per_lot=units(
                    str(instance.commissions.get(account["account_id"], commission))
                ),
            )
            for account in instance.accounts
        ],
        instruments=instruments,
        prices=feed,
        now=lambda: time.time_ns() // 1000,
        script=failures(settings.get("failures", [])),
    )


def _where(table: pa.Table, column: str, value: object) -> list[dict[str, Any]]:
    return [row for row in table.to_pylist() if row[column] == value]
