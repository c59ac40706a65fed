"""What the tests of the trade flow share."""

from collections.abc import Iterator

import pytest
import redis

from config import live
from tests.integration.trade.desk import Desk


@pytest.fixture
def desk(redis_client: redis.Redis) -> Iterator[Desk]:
    """A running flow with a configuration and a price."""
    desk = Desk(redis_client)
    live.publish(redis_client, desk.tables, 1)
    desk.start()
    desk.market()
    yield desk
    desk.end()
