"""What the logs of the partitions say, and what they come to."""

from collections.abc import Sequence
from typing import Any

import redis

from operators.replay import replay
from rules import decision_log
from rules.state import State
from schema import keys
from schema.ids import PARTITIONS
from schema.wire import Records


def order_of(entry_id: str) -> tuple[int, int]:
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq or 0)


def last_id(client: redis.Redis, stream: str) -> str:
    found: Any = client.xrevrange(stream, count=1)
    return found[0][0].decode() if found else "0-0"


def decided(client: redis.Redis) -> list[tuple[int, str, decision_log.Decision]]:
    """Every decision in the logs: partition, entry and what it says."""
    return [
        (p, entry.decode(), decision_log.read(fields))
        for p in range(PARTITIONS)
        for entry, fields in client.xrange(keys.decisions(p))
    ]


def orders(client: redis.Redis) -> list[Any]:
    """Every order in the logs, as executors read them."""
    return [order for _, _, decision in decided(client) for order in decision.orders]


def partition_of(client: redis.Redis, order: Any) -> int:
    return next(p for p, _, d in decided(client) if order["order_id"] in d.orders["order_id"])


def signals_of(client: redis.Redis) -> dict[int, list[tuple[int, int]]]:
    """The entries of the signals that each partition decided, in the order of its log."""
    found: dict[int, list[tuple[int, int]]] = {}
    for partition, _, decision in decided(client):
        places = decision.verdicts[["entry_ms", "entry_seq"]].tolist()
        found.setdefault(partition, []).extend(places)
    return {partition: places for partition, places in found.items() if places}


def assert_one_chain(client: redis.Redis) -> None:
    """Each decision of a partition rests on the one before it, but for what was trimmed."""
    last: dict[int, str] = {}
    for partition, entry, decision in decided(client):
        assert decision.previous == last.get(partition, decision.previous)
        last[partition] = entry


def folded(client: redis.Redis, partitions: Sequence[int] = range(PARTITIONS)) -> State:
    """What the logs come to: the state of a shard that starts now, up to its last decisions."""
    state = State()
    replay(client, state, list(partitions))
    return state


def told(state: State) -> dict[str, dict[bytes, tuple[Any, ...]]]:
    """What a state says of each order, pair and trade, whatever rows they stand in."""

    def rows_of(records: Records, key: str, *names: str) -> dict[bytes, tuple[Any, ...]]:
        return {
            row[key].tobytes() + row["account_id"].tobytes(): tuple(row[n].item() for n in names)
            for row in records
        }

    return {
        "orders": rows_of(
            state.orders.records(),
            "order_id",
            "state",
            "outcome",
            "filled",
            "decision_ms",
            "volume",
        ),
        "pairs": rows_of(
            state.pairs.records(), "signal_id", "status", "legs", "legs_final", "reason"
        ),
        "trades": rows_of(
            state.trades.records(), "trade_id", "state", "volume", "closing", "closed"
        ),
    }
