"""Which terminal an instance gets."""

from pathlib import Path
from typing import Any

import pytest
import redis

from config import change, live, world
from flows import simulated_prices, terminals
from rules.errors import Fatal

NOW = 1_700_000_000_000_000


def publish(client: redis.Redis, version: int, **changes: Any) -> Any:
    made = {
        "brokers": [{"key": "b", "name": "B", "server": "B-Demo"}],
        "instruments": [{"broker": "b", "symbols": ["EURUSD"]}],
        "instances": [
            {"key": "one", "broker": "b"},
            {"key": "real", "broker": "b", "kind": "mt5", "path": "C:/terminal64.exe"},
        ],
        "accounts": [{"count": 2, "key": "acc-{}", "instance": "one"}],
        **changes,
    }
    tables = change.apply(world.parse(made), None, NOW).tables
    live.publish(client, tables, version)
    return tables


def test_a_real_terminal_is_never_simulated(redis_client: redis.Redis, tmp_path: Path) -> None:
    tables = publish(redis_client, 1)
    simulated_prices.ensure(tmp_path / "prices", tables)
    found = terminals.load(redis_client, "real")
    with pytest.raises(Fatal, match="instance real is of the kind mt5"):
        terminals.open_terminal(found, tmp_path, tmp_path / "prices")
    assert not (tmp_path / "terminal").exists()


def test_an_unknown_instance_is_named(redis_client: redis.Redis) -> None:
    publish(redis_client, 1)
    with pytest.raises(Fatal, match="no instance has the key 'two'"):
        terminals.load(redis_client, "two")


def test_only_what_an_executor_rests_on_makes_it_begin_anew(redis_client: redis.Redis) -> None:
    publish(redis_client, 1)
    first = terminals.load(redis_client, "one")
    publish(redis_client, 2, strategies=[{"key": "london"}])
    assert first.trades_as(terminals.load(redis_client, "one"))
    publish(redis_client, 3, accounts=[{"count": 3, "key": "acc-{}", "instance": "one"}])
    later = terminals.load(redis_client, "one")
    assert not first.trades_as(later)
    assert len(later.partitions) == 3
