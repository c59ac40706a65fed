"""Which terminal an instance gets."""

import threading
from pathlib import Path
from typing import Any

import pytest
import redis

from brokers.simulated import units
from config import change, live, world
from config.settings import Settings
from flows import simulated_prices, terminals
from flows.execute import run_execute
from rules.errors import Fatal
from schema import keys
from sources.stop import Stop
from tests.servers import eventually

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


def test_an_account_pays_its_own_commission(redis_client: redis.Redis, tmp_path: Path) -> None:
    accounts: list[dict[str, Any]] = [
        {"key": "own", "instance": "one", "commission": 2.5},
        {"key": "free", "instance": "one", "commission": 0},
        {"key": "other", "instance": "one"},
    ]
    broker = {"key": "b", "name": "B", "server": "B-Demo", "commission_per_lot": 7}
    tables = publish(redis_client, 1, accounts=accounts, brokers=[broker])
    simulated_prices.ensure(tmp_path / "prices", tables)
    found = terminals.load(redis_client, "one")
    opened = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(terminals, "SimulatedTerminal", lambda _, **more: opened.append(more))
        terminals.open_terminal(found, tmp_path, tmp_path / "prices")
    names = {row["account_id"]: row["key"] for row in found.accounts}
    paid = {names[one.account_id]: one.commission_per_lot for one in opened[0]["accounts"]}
    assert paid == {"own": units("2.5"), "free": 0, "other": units("7")}
    publish(redis_client, 2, accounts=[*accounts[:2], {**accounts[2], "commission": 1}])
    assert not found.trades_as(terminals.load(redis_client, "one"))


def test_an_executor_whose_instance_leaves_the_configuration_ends_well(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    simulated_prices.ensure(tmp_path / "prices", publish(redis_client, 1))
    found = terminals.load(redis_client, "one")
    leases = [keys.lease(p, found.instance_id) for p in found.partitions.values()]
    stop = Stop()

    def leave() -> None:
        eventually(lambda: redis_client.exists(*leases) == len(leases), what="its leases")
        real = {"key": "real", "broker": "b", "kind": "mt5", "path": "C:/terminal64.exe"}
        publish(redis_client, 2, instances=[real], accounts=[])

    leaving = threading.Thread(target=leave)
    leaving.start()
    where = {"directory": tmp_path, "prices": tmp_path / "prices"}
    run_execute(redis_client, Settings(), "one", **where, stop=stop)
    leaving.join()
    assert stop.requested, "its process ends with 0"
    assert not redis_client.exists(*leases), "another may have them at once"


def test_an_instance_that_was_never_there_is_a_mistake(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    publish(redis_client, 1)
    stop = Stop()
    with pytest.raises(terminals.Gone):
        run_execute(redis_client, Settings(), "two", directory=tmp_path, prices=tmp_path, stop=stop)
    assert not stop.requested
