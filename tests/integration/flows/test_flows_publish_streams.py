"""What is in force on Redis: the newest version, and the number of streams that is read."""

from __future__ import annotations

import io
import json
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from config import change, live, settings, world
from embedded.home import open_home
from flows import configuration
from flows.context import System
from flows.errors import CommandError, Exit
from flows.publish import send_lines
from schema import keys

if TYPE_CHECKING:
    import redis

    from tests.servers import ValkeyServer

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "world.toml"
LINE = json.dumps({"strategy": "london", "symbol": "EURUSD", "action": "buy"})


def system(home: Path, server: ValkeyServer, streams: int = 1) -> System:
    environment = {
        "TRADECAST__REDIS__URL": f"redis://:{server.password.replace(' ', '%20')}"
        f"@127.0.0.1:{server.port}/0",
        "TRADECAST__SIGNALS__STREAMS": str(streams),
    }
    return System(open_home(home), settings.load(None, home, environment))


def feed(monkeypatch: pytest.MonkeyPatch) -> None:
    text = SimpleNamespace(buffer=io.BytesIO(LINE.encode()))
    monkeypatch.setattr("sys.stdin", text)


def test_who_is_overtaken_says_so_and_changes_nothing(
    valkey: ValkeyServer,
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another apply stores its version after ours, and publishes it before."""
    where, whole = system(tmp_path, valkey), world.read(EXAMPLE)
    configuration.apply_world(where, whole, "first")
    publish = live.publish

    def late(*given: Any) -> int:
        monkeypatch.setattr(live, "publish", publish)
        configuration.apply_world(where, whole, "the other")
        return publish(*given)

    fewer = world.read(EXAMPLE)
    fewer.subscriptions.popitem()
    monkeypatch.setattr(live, "publish", late)
    with pytest.raises(CommandError, match="version 2 was stored and is not in force") as caught:
        configuration.apply_world(where, fewer, "ours")
    assert "the newer version 3" in str(caught.value)
    assert caught.value.code == Exit.BUSY
    loaded = live.load(redis_client)
    assert loaded is not None
    assert (loaded[0], loaded[1]["subscriptions"].num_rows) == (3, len(whole.subscriptions))


def test_a_store_that_begins_anew_replaces_what_redis_has(
    valkey: ValkeyServer, redis_client: redis.Redis, tmp_path: Path
) -> None:
    """Its versions begin anew as well."""
    made = world.read(EXAMPLE)
    live.publish(redis_client, change.apply(made, None, 1).tables, 7)
    made.subscriptions.popitem()
    configuration.apply_world(system(tmp_path, valkey), made, "after the store was lost")
    loaded = live.load(redis_client)
    assert loaded is not None
    assert (loaded[0], loaded[1]["subscriptions"].num_rows) == (1, len(made.subscriptions))


@pytest.mark.parametrize("applied", [True, False])
def test_a_system_that_starts_tells_its_streams(
    valkey: ValkeyServer, redis_client: redis.Redis, tmp_path: Path, *, applied: bool
) -> None:
    where = system(tmp_path, valkey, 4)
    if applied:
        configuration.apply_world(where, world.read(EXAMPLE), "first")
        assert live.streams(redis_client) is None, "who applies may have other settings"
    assert configuration.publish_stored(where, redis_client) == (1 if applied else None)
    assert live.streams(redis_client) == 4


def test_nothing_is_sent_to_streams_that_may_not_be_read(
    valkey: ValkeyServer,
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    where = system(tmp_path, valkey, 4)
    live.tell_streams(redis_client, 2)
    feed(monkeypatch)
    with pytest.raises(CommandError, match="reads 2 signal streams") as caught:
        send_lines(where, "-")
    assert "signals.streams is 4 here" in str(caught.value)
    assert caught.value.code == Exit.CONFIG
    assert not any(redis_client.exists(keys.signals(stream)) for stream in range(4))


@pytest.mark.parametrize("told", [None, 4])
def test_it_is_sent_where_the_numbers_agree_or_none_is_known(
    valkey: ValkeyServer,
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    told: int | None,
) -> None:
    if told is not None:
        live.tell_streams(redis_client, told)
    feed(monkeypatch)
    assert send_lines(system(tmp_path, valkey, 4), "-") == Exit.OK
    assert sum(int(redis_client.exists(keys.signals(stream))) for stream in range(4)) == 1
