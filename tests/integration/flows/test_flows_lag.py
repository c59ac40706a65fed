"""How far a store is behind is told from what waits for it, however still the streams are."""

import pytest
import redis

from flows import lag
from schema import keys

STREAM = keys.results(3)


def test_a_store_is_behind_by_its_oldest_row(redis_client: redis.Redis) -> None:
    assert lag.behind_seconds(redis_client, 1) == {"duckdb": 0, "clickhouse": 0}
    seconds: int = redis_client.time()[0]  # type: ignore[index]
    old, older = f"{(seconds - 100) * 1000}-0", f"{(seconds - 300) * 1000}-0"
    for entry_id in (older, old):
        redis_client.xadd(STREAM, {"x": 1}, id=entry_id)
    redis_client.xadd(keys.results(4), {"x": 1}, id=f"{seconds * 1000}-0")
    redis_client.set(keys.stored(STREAM, "duckdb"), older)
    behind = lag.behind_seconds(redis_client, 1)
    assert 100 <= behind["duckdb"] < 130
    assert 300 <= behind["clickhouse"] < 330, "it has nothing yet"
    shown = lag.look(redis_client, 1)[-1]
    assert shown.behind == {"duckdb": 2, "clickhouse": 2}
    assert shown.seconds == pytest.approx(behind, abs=30), "status says the same"
    assert not lag.all_stored(redis_client, 1)
    for store in lag.STORES:
        redis_client.set(keys.stored(STREAM, store), old)
        redis_client.set(keys.stored(keys.results(4), store), f"{seconds * 1000}-0")
    assert lag.behind_seconds(redis_client, 1) == {"duckdb": 0, "clickhouse": 0}
    shown = lag.look(redis_client, 1)[-1]
    assert (shown.behind, shown.seconds) == ({"duckdb": 0, "clickhouse": 0},) * 2
    assert lag.all_stored(redis_client, 1)
