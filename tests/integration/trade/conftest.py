"""What the tests of the trade flow share."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from config import live
from tests.integration.trade.desk import Desk
from tests.integration.trade.plane import Plane, Start, give_price, publish_world
from tests.integration.trade.shards import Shards


@pytest.fixture
def desk(redis_client: redis.Redis) -> Iterator[Desk]:
    """A running flow with a configuration and a price."""
    desk = Desk(redis_client)
    live.publish(redis_client, desk.tables, 1)
    desk.start()
    desk.market()
    yield desk
    desk.end()


@pytest.fixture
def start(redis_client: redis.Redis) -> Iterator[Start]:
    """Starts shards that have read what there is, each over a configuration and a price."""
    planes: list[Plane] = []

    def begin(*args: Any, client: redis.Redis = redis_client, **kwargs: Any) -> Plane:
        if not planes:
            publish_world(client)
        give_price(client)
        planes.append(Plane(client, *args, **kwargs))
        planes[-1].settle()
        return planes[-1]

    yield begin
    for plane in planes:
        plane.close()


@pytest.fixture
def unread(redis_client: redis.Redis) -> Iterator[Start]:
    """Begins shards that have read nothing yet, over a configuration and a price."""
    planes: list[Plane] = []
    publish_world(redis_client)
    give_price(redis_client)

    def begin(*args: Any, **settings: Any) -> Plane:
        planes.append(Plane(redis_client, *args, **settings))
        return planes[-1]

    yield begin
    for plane in planes:
        plane.close()


@pytest.fixture
def shards(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Shards]:
    """Shards that have a configuration, and are yet to begin."""
    made = Shards(redis_client, tmp_path)
    live.publish(redis_client, made.tables, 1)
    yield made
    made.finish(*made.running)
