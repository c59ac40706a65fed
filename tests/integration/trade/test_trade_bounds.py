"""What a shard remembers goes, whatever else it has to do."""

from collections.abc import Iterator

import pytest
import redis

from operators import shard
from schema.enums import Outcome
from tests.integration.trade.logs import orders
from tests.integration.trade.plane import Plane, give_price, publish_world, report, send


@pytest.fixture
def plane(redis_client: redis.Redis) -> Iterator[Plane]:
    publish_world(redis_client)
    give_price(redis_client)
    made = Plane(redis_client)
    made.run(lambda: made.shard.ready)
    made.settle()
    yield made
    made.close()


def test_memory_is_given_back_although_nobody_has_time_to_show_it(
    redis_client: redis.Redis, plane: Plane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shard, "_LIVE_ROWS", 0)
    send(redis_client, "s1")
    plane.run(lambda: len(orders(redis_client)) == 5)
    for number, order in enumerate(orders(redis_client)):
        report(redis_client, order, Outcome.CANCELLED, number)
    plane.settle()
    plane.run(lambda: not plane.shard.decisions)
    now = plane.clock.now() + 2 * 3_600_000_000
    plane.shard.live.restart(plane.shard.state)
    plane.shard.forget_finished(now)
    assert plane.shard.state.orders.count == 5, "what waits to be shown is not forgotten at once"
    plane.shard.forget_finished(now + 601_000_000)
    assert plane.shard.state.orders.count == 0
    assert plane.shard.live.waiting == 0
