"""Prices that a shard decides by, and those that it leaves out."""

import logging

import pytest
import redis

from tests.integration.trade.plane import Start, give_price, ready

DAY = 86_400_000_000


def test_a_price_of_tomorrow_holds_against_none_of_today(
    redis_client: redis.Redis, unread: Start, caplog: pytest.LogCaptureFixture
) -> None:
    plane = ready(unread())

    def bid() -> float:
        return float(plane.shard.grounds.market.bid.max())

    with caplog.at_level(logging.INFO):
        give_price(redis_client, 9.9, ahead=DAY)
        give_price(redis_client, 1.5)
        plane.run(lambda: bid() == 1.5)
    assert "tells prices of times to come" in caplog.text
    assert caplog.text.index("to come") < caplog.text.index("has the time again")


def test_a_clock_that_is_a_little_ahead_is_taken(redis_client: redis.Redis, unread: Start) -> None:
    plane = ready(unread())
    give_price(redis_client, 1.5, ahead=30_000_000)
    plane.run(lambda: plane.shard.grounds.market.bid.max() == 1.5)
