"""Commands that are executed as one."""

import pytest
import redis

from sinks.as_one import raise_first, run_as_one
from sources.redis_streams import StreamReader


def test_replies_come_in_order_and_the_tail_sees_the_effect(redis_client: redis.Redis) -> None:
    commands = [("SET", "a", "1"), ("INCR", "a"), ("INCR", "a")]
    found = run_as_one(redis_client, commands, [("GET", "a"), ("ECHO", "last")])
    assert found[1:] == [2, 3, b"3", b"last"]


def test_one_that_fails_stops_no_other(redis_client: redis.Redis) -> None:
    redis_client.set("text", "x")
    found = run_as_one(redis_client, [("INCR", "a"), ("INCR", "text"), ("INCR", "a")])
    assert (found[0], found[2]) == (1, 2)
    assert isinstance(found[1], redis.ResponseError)
    with pytest.raises(redis.ResponseError, match="not an integer"):
        raise_first(found)


def test_what_is_refused_before_it_is_executed_stops_all(redis_client: redis.Redis) -> None:
    found = run_as_one(redis_client, [("SET", "a", "1"), ("SET", "b")], [("EXISTS", "a")])
    assert [type(reply) for reply in found[:2]] == [
        redis.exceptions.ExecAbortError,
        redis.ResponseError,
    ]
    assert found[2] == 0


def test_a_reader_of_several_streams_hears_of_all_at_once(redis_client: redis.Redis) -> None:
    streams = [f"s{number}" for number in range(8)]
    reader = StreamReader(redis_client, dict.fromkeys(streams, "0-0"))
    assert reader.poll(0.0) == []  # it now waits at the server
    # As large as what a server reads at once, and larger.
    run_as_one(redis_client, [("XADD", stream, "*", "f", b"x" * 16_000) for stream in streams])
    assert [stream for stream, _, _ in reader.poll(5.0)] == streams
    reader.close()


@pytest.mark.parametrize("count", [0, 1])
def test_few_commands_need_no_transaction(redis_client: redis.Redis, count: int) -> None:
    assert run_as_one(redis_client, [("INCR", "a")] * count, [("GET", "b")]) == [1] * count + [None]
