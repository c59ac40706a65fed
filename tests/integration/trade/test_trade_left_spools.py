"""Rows that a shard spooled reach the archive although there is no such shard any more."""

import pytest

from tests.integration.trade.desk import wait
from tests.integration.trade.shards import ACCOUNTS, Shards
from tests.servers import MemoryBound


@pytest.mark.timeout(120)
def test_three_shards_become_two_and_no_row_stays_on_disk(
    shards: Shards, memory_bound: MemoryBound
) -> None:
    three, two = [(0, 3), (1, 3), (2, 3)], [(0, 2), (1, 2)]
    memory_bound.weigh_down()
    # The logs keep every decision, so that they can be compared with the rows.
    shards.begin(*three, snapshot_seconds=80_000)
    shards.trade_once(0)

    def spooled(shard: int) -> int:
        return len(list(shards.spool(shard).glob("*.spool")))

    def all_spool() -> bool:
        memory_bound.fill(0.76)
        shards.trade_once(next(numbers))
        return all(spooled(shard) for shard in range(3))

    numbers = iter(range(1, 1000))
    wait(all_spool)
    before = {row["order_id"] for row in shards.rows("orders")}
    shards.finish(*three)
    left = spooled(2)
    assert left, "the rows of the shard that goes are nowhere else"
    memory_bound.restore()
    shards.begin(*two, snapshot_seconds=80_000)
    wait(lambda: not any(spooled(shard) for shard in range(3)))
    decided = {order["order_id"].tobytes() for order in shards.orders()}
    wait(lambda: {row["order_id"] for row in shards.rows("orders")} == decided)
    assert before < decided
    assert len(decided) == 2 * ACCOUNTS * next(numbers)
