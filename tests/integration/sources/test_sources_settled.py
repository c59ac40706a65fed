"""Rows that Redis can still lose are not given to a store."""

from __future__ import annotations

from itertools import chain, repeat
from typing import TYPE_CHECKING

import redis
from prometheus_client import CollectorRegistry

from flows.archive_metrics import Metrics
from schema import arrow, keys
from schema.registry import table
from sinks.results import ResultsWriter
from sinks.settled import Settled
from sources.results import ResultsSource
from sources.stop import Stop
from tests.servers import eventually

if TYPE_CHECKING:
    from sources.results import Decoded

EVENTS = table("system_event_log")
STREAM = keys.results(1)


def test_a_read_waits_until_redis_has_it_on_disk(redis_client: redis.Redis) -> None:
    Settled(redis_client, "archive-duckdb").wait()
    assert redis_client.get("fence:archive-duckdb") == b"1"


def test_what_is_not_on_disk_in_time_is_read_again(redis_client: redis.Redis) -> None:
    answers = chain([redis.TimeoutError("not in time")], repeat(None))
    asked: list[int] = []

    def settle() -> None:
        asked.append(1)
        if (error := next(answers)) is not None:
            raise error

    registry = CollectorRegistry()
    metrics = Metrics("duckdb", registry)
    source = ResultsSource(redis_client, lambda: {STREAM: "0-0"}, Stop(), metrics, settle=settle)
    part = source.build_part("results", "results", None)
    writer = ResultsWriter(redis_client)
    writer.announce()
    name, rows = arrow.wire_name(EVENTS), arrow.encode(arrow.empty(EVENTS))
    redis_client.xadd(STREAM, {name: rows})
    found: list[Decoded] = []

    def came() -> bool:
        found.extend(one for batch in part.next_batch() for one in batch)
        return bool(found)

    eventually(came)
    part.close()
    assert len(asked) == 2
    assert len(found) == 1
    told = {"store": "duckdb"}
    assert registry.get_sample_value("tradecast_archive_redis_failures_total", told) == 1
    decoded = told | {"step": "decode"}
    assert registry.get_sample_value("tradecast_archive_step_seconds_count", decoded) == 1
