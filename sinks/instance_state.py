"""Live state of a terminal's instance and of its broker's prices, for dashboards."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

import numpy as np
import redis

from schema import arrow, keys
from schema import redis as hashes
from schema.registry import table
from schema.wire import Records


class Prices(NamedTuple):
    """What a terminal tells of its prices: QUOTE records, and the point of each symbol."""

    quotes: Records
    points: Mapping[bytes, float]


class InstanceState:
    """Writes the hashes `instance_state` and `broker_state`; nothing is decided from them.

    Args:
        client: Of the server that has them.
        instance: Row of `instances`.
        broker: Row of `brokers`.
        host: Name of this machine.
        process: Id of this process.
    """

    def __init__(
        self,
        client: redis.Redis,
        instance: Mapping[str, Any],
        broker: Mapping[str, Any],
        *,
        host: str,
        process: int,
    ) -> None:
        self._client = client
        self._instance = instance
        self._broker = broker
        self._where = {"host": host, "process": process}
        self._started_at = 0

    def write(self, executor: Any, now: int, prices: Prices | None, *, running: bool) -> None:
        """Tell what an executor (operators.execution) is doing.

        Args:
            executor: it.
            now: microseconds UTC.
            prices: of its terminal; None if that does not tell them.
            running: whether it goes on.
        """
        self._started_at = self._started_at or now
        terms = executor.terms.values()
        works = bool(terms) and all(terms) and prices is not None
        state = "stopped" if not running else "running" if works else "degraded"
        instance = {
            "instance_id": self._instance["instance_id"],
            "broker_id": self._instance["broker_id"],
            "state": state,
            "owner": executor.journal.id,
            "term": max(terms, default=0),
            **self._where,
            "accounts": len(executor.partitions),
            "working_orders": len(executor.waiting),
            "unresolved": len(executor.watched),
            "started_at": self._started_at,
            "updated_at": now,
        }
        pipe: Any = self._client.pipeline(transaction=False)
        _put(pipe, "instance_state", "instance_id", instance)
        if prices is not None and len(prices.quotes):
            _put(pipe, "broker_state", "broker_id", self._told(prices, now))
        pipe.execute()

    def _told(self, prices: Prices, now: int) -> dict[str, Any]:
        quotes, points = prices
        spreads = {
            quote["symbol"].decode(): round(float(quote["ask"] - quote["bid"]) / points[symbol], 1)
            for quote in quotes
            if (symbol := bytes(quote["symbol"])) in points
        }
        return {
            "broker_id": self._instance["broker_id"],
            "symbols": len(quotes),
            "spreads": spreads,
            "commission_per_lot": self._broker.get("commission_per_lot") or 0,
            "quoted_at": int(np.max(quotes["quoted_at"])),
            "updated_at": now,
        }


def _put(pipe: Any, name: str, key: str, row: Mapping[str, Any]) -> None:
    """Replace a hash as a whole, so that a value that is gone leaves no trace."""
    kind = table(name)
    columns = {column: [value] for column, value in row.items()}
    fields = hashes.encode(kind, arrow.batch(kind, columns))[0]
    place = keys.shared_state(name, UUID(bytes=row[key]))
    pipe.delete(place)
    pipe.hset(place, mapping=fields)
    seconds = hashes.seconds(kind)
    if seconds is not None:
        pipe.expire(place, seconds)
