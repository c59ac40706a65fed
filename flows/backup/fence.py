"""What keeps a restored system from sending again what was sent after its backup (law 2).

Nobody in the restored home knows what has happened since. So it speaks for nobody who acted then:

- its journals are put aside, and executors begin new ones. What the old ones claimed is looked for
  at the broker, as after the loss of a journal, and never sent;
- orders that nobody had claimed at the moment of the backup may have been sent since. They are
  claimed here for a journal that does not exist, which comes to the same;
- what is decided from now on, of signals that had been read by nobody or are published once more,
  is looked up in the broker's books before it is sent (`brokers.looking_first`), for the ids of
  orders follow from signals. The mark that asks for it is left here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from config import restored
from rules import decision_log
from schema import keys
from sinks.hold import HOLD, busy_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import redis

PARTITIONS = 64
JOURNAL = "executor.journal"
_PAGE = 500


def fence(client: redis.Redis, backup: str, point: int) -> int:
    """Have a restored Redis speak for nobody who acted after its backup.

    Args:
        client: of it; nobody else uses it yet.
        backup: id of the backup.
        point: its moment, microseconds UTC.

    Returns:
        The number of orders that nobody had claimed.

    Raises:
        ValueError: a decision cannot be read.
        redis.RedisError: Redis does not answer; do it again.
    """
    nobody = f"{UUID(backup).hex}:0"
    _remove(client, "{*}:lease:*", "quotes:*:publisher", HOLD, busy_key("*"))
    fenced = sum(_claim(client, partition, nobody) for partition in range(PARTITIONS))
    seconds, micros = client.time()
    at = int(seconds) * 1_000_000 + int(micros)
    restored.write(client, restored.Restored(backup=backup, point=point, at=at))
    return fenced


def put_aside(executors: Path) -> None:
    """Give the journals of executors the name that a journal put aside has."""
    for journal in executors.glob(f"*/journal/{JOURNAL}"):
        journal.rename(journal.with_name(f"{JOURNAL}.aside-0"))


def _remove(client: redis.Redis, *patterns: str) -> None:
    for pattern in patterns:
        for key in client.scan_iter(match=pattern, count=1000):
            client.delete(key)


def _claim(client: redis.Redis, partition: int, nobody: str) -> int:
    """Claim all orders of a partition that have neither a claim nor an outcome."""
    claimed = 0
    for orders in _orders(client, partition):
        pipe: Any = client.pipeline(transaction=True)
        for order in orders:
            pipe.hsetnx(keys.claims(partition), order, nobody)
        claimed += sum(pipe.execute())
    return claimed


def _orders(client: redis.Redis, partition: int) -> Iterator[list[bytes]]:
    """Ids of the orders of the decisions that are in the log, decision by decision."""
    start = "-"
    while True:
        page: Any = client.xrange(keys.decisions(partition), start, "+", count=_PAGE)
        for _, fields in page:
            found = decision_log.read(fields).orders["order_id"].tolist()
            if found:
                yield found
        if len(page) < _PAGE:
            return
        start = f"({page[-1][0].decode()}"
