"""From XADD of a signal to its order read by an executor: the real trade process, a real Valkey.

The benchmark publishes, and reads decisions as an executor does; both share the machine's cores
with the trade process and Valkey, so the figures are pessimistic. Beside it stands a relay: a
process that does nothing but read a stream and append to another.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import redis

from benchmarks.measure import Row, milliseconds, p50, p99
from benchmarks.servers import scratch
from benchmarks.stages import Stages, stage_row
from config import change, live, rows, world
from embedded.home import open_home
from embedded.valkey import Valkey
from rules import decision_log
from schema import keys
from schema.ids import PARTITIONS
from schema.wire import MARK, QUOTE, UNITS, encode
from sources.redis_streams import StreamReader

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "signal-to-order"
_ACCOUNTS = 1000
_SINGLE = ((100.0, 1000), (1000.0, 3000))  # signals a second, and how many
_SINGLES = 40  # strategies of one account each: an account holds 254 trades of one strategy
_FANNED = 80
_EVERY = 0.25  # seconds between two signals to many accounts
_STRATEGIES = {"ten": 10, "hundred": 100, "all": _ACCOUNTS}
_GIVE_UP = 60.0


def run() -> Iterator[Row]:
    """Measure one account, a thousand accounts, and the relay."""
    with ExitStack() as stack:
        directory = stack.enter_context(scratch())
        home = open_home(directory / "home")
        password = home.password("valkey")
        server = stack.enter_context(
            Valkey(home.valkey_dir, password=password, run_dir=home.run_dir, die_with_parent=True)
        )
        client = redis.Redis(unix_socket_path=str(server.unix_path), password=password)
        stack.callback(client.close)
        relay = _relay(client, str(server.unix_path), password)
        _prepare(client)
        stack.enter_context(_trade(home.path, server.url))
        stages = Stages(home.run_dir / "trade-0.json")
        reader = StreamReader(client, {keys.decisions(p): "0-0" for p in range(PARTITIONS)})
        stack.callback(reader.close)
        _wait_ready(client, reader)
        single = []
        for rate, count in _SINGLE:
            stages.look()
            found = _paced(client, reader, rate, count)
            single.append((rate, found, stages.since_look()))
        fanned = {}
        for strategy, accounts in _STRATEGIES.items():
            stages.look()
            found = [_fan_out(client, reader, strategy, number) for number in range(_FANNED)]
            fanned[accounts] = found[10:]
        spent = stages.since_look()
        began = time.perf_counter()
        at_once = [
            _fan_out(client, reader, "all", number, every=0.0)
            for number in range(_FANNED, 2 * _FANNED)
        ]
        took = time.perf_counter() - began
    for rate, found, parts in single:
        what = f"one account, {rate:,.0f} signals/s"
        yield _row(what, found, relay, 0.003, 0.010, "p50 3, p99 10 ms")
        yield stage_row(NAME, what, found, parts)
    what = f"one signal, {_ACCOUNTS:,} accounts"
    yield _row(what, fanned[_ACCOUNTS], relay, 0.008, 0.020, "p50 8, p99 20 ms")
    yield stage_row(NAME, what, fanned[_ACCOUNTS], spent)
    yield Row(
        group=NAME,
        what=f"one signal, {_ACCOUNTS:,} accounts, each as soon as the one before was read, p50",
        value=f"{milliseconds(p50(at_once))}, {_FANNED * _ACCOUNTS / took:,.0f} orders/s",
        ratio=f"{p50(at_once) / p50(fanned[_ACCOUNTS]):.2f}x",
        against=f"one every {_EVERY * 1000:.0f} ms: the rows of the one before are written by then",
    )
    yield _growth(fanned)


def _growth(fanned: dict[int, list[float]]) -> Row:
    least, *_ = fanned
    medians = {accounts: p50(found) for accounts, found in fanned.items()}
    return Row(
        group=NAME,
        what=f"one signal, {least} accounts, and 10x, 100x the accounts, p50",
        value=milliseconds(*medians.values()),
        ratio=" / ".join(
            f"{seconds / accounts * least / medians[least]:.2f}x"
            for accounts, seconds in medians.items()
        ),
        against="the time per order at 1x",
    )


def _row(
    what: str, ours: list[float], relay: list[float], middle: float, high: float, target: str
) -> Row:
    return Row(
        group=NAME,
        what=f"{what}, p50 / p99",
        value=milliseconds(p50(ours), p99(ours)),
        target=f"<= {target}",
        held=p50(ours) <= middle and p99(ours) <= high,
        ratio=f"{p50(ours) / p50(relay):.1f}x",
        against=f"an empty relay, {milliseconds(p50(relay), p99(relay))}",
    )


def _prepare(client: redis.Redis) -> None:
    """The configuration, and prices and balances that do not grow old meanwhile."""
    singles = {f"one-{number}": f"a-0{200 + number}" for number in range(_SINGLES)}
    made = world.parse(
        {
            "brokers": [{"key": "b", "name": "B", "server": "B-Demo"}],
            "instruments": [{"broker": "b", "symbols": ["EURUSD"]}],
            "instances": [{"key": "i", "broker": "b"}],
            "accounts": [
                {"count": _ACCOUNTS, "key": "a-{:04}", "instance": "i", "max_open_trades": 10_000}
            ],
            "strategies": [{"key": key} for key in (*singles, *_STRATEGIES)],
            "subscriptions": [
                *(
                    {"strategy": key, "accounts": account, "sizing": "fixed", "volume": 0.01}
                    for key, account in singles.items()
                ),
                {"strategy": "ten", "accounts": "a-000*", "sizing": "fixed", "volume": 0.01},
                {"strategy": "ten", "accounts": "a-0010", "sizing": "fixed", "volume": 0.01},
                {"strategy": "hundred", "accounts": "a-00*", "sizing": "fixed", "volume": 0.01},
                {"strategy": "hundred", "accounts": "a-0100", "sizing": "fixed", "volume": 0.01},
                {"strategy": "all", "accounts": "a-*", "sizing": "fixed", "volume": 0.01},
            ],
        }
    )
    tables = change.apply(made, None, time.time_ns() // 1000).tables
    live.publish(client, tables, 1)
    _tell(client)


def _tell(client: redis.Redis) -> None:
    now = time.time_ns() // 1000
    quote = np.zeros(1, QUOTE)
    quote["symbol"], quote["bid"], quote["ask"], quote["quoted_at"] = b"EURUSD", 1.1, 1.1001, now
    client.xadd(keys.quotes(rows.broker_id("b")), {"q": encode(quote)})
    mark = np.zeros(1, MARK)
    mark["account_id"] = rows.account_id("a-0001").bytes
    mark["balance"] = mark["equity"] = 10_000 * UNITS
    mark["currency"], mark["marked_at"] = b"USD", now
    client.xadd(keys.events(0), {"marks": encode(mark)})


@contextmanager
def _trade(home: Any, url: str) -> Iterator[None]:
    command = [sys.executable, "-m", "flows", "run", "trade", "--shard", "0/1", "--home", str(home)]
    child = subprocess.Popen(
        command, env={**os.environ, "TRADECAST__REDIS__URL": url}, stdout=subprocess.DEVNULL
    )
    try:
        yield
    finally:
        child.terminate()
        child.wait()


def _signal(strategy: str, number: int) -> dict[str, str]:
    body = {"strategy": strategy, "symbol": "EURUSD", "action": "buy", "signal_id": f"n{number}"}
    return {"json": json.dumps(body)}


def _orders(entries: list[Any]) -> Iterator[tuple[Any, Any]]:
    for _, _, fields in entries:
        yield from decision_log.read(fields).orders[["signal_id", "received_at"]]


def _wait_ready(client: redis.Redis, reader: StreamReader) -> None:
    deadline = time.monotonic() + _GIVE_UP
    number = 1_000_000
    while time.monotonic() < deadline:
        number += 1
        client.xadd(keys.signals(0), _signal("one-0", number))  # type: ignore[arg-type]
        if any(True for _ in _orders(reader.poll(0.5))):
            while reader.poll(0.5):
                pass
            return
    raise RuntimeError("the trade process made no order")


def _paced(client: redis.Redis, reader: StreamReader, rate: float, wanted: int) -> list[float]:
    """Send at a rate from a process of its own; time each order when it is read."""
    _tell(client)
    url = client.connection_pool.connection_kwargs
    sender = multiprocessing.get_context("spawn").Process(
        target=_send, args=(url["path"], url["password"], rate, wanted)
    )
    sender.start()
    latencies: list[float] = []
    deadline = time.monotonic() + _GIVE_UP
    while len(latencies) < wanted and time.monotonic() < deadline:
        entries = reader.poll(0.2)
        if entries:
            entries += reader.take()
        now = time.time()
        latencies += [now - int(received) / 1e6 for _, received in _orders(entries)]
    sender.join()
    if len(latencies) < wanted:
        raise RuntimeError(f"{len(latencies)} of {wanted} orders came in time")
    return latencies[wanted // 10 :]


def _send(path: str, password: str, rate: float, count: int) -> None:
    """Append signals at a rate; the entry's id has the time, in whole milliseconds."""
    with redis.Redis(unix_socket_path=path, password=password) as client:
        start = time.monotonic()
        for number in range(count):
            time.sleep(max(0.0, start + number / rate - time.monotonic()))
            body: Any = _signal(f"one-{number % _SINGLES}", round(rate) * 1_000_000 + number)
            client.xadd(keys.signals(0), body)


def _fan_out(
    client: redis.Redis, reader: StreamReader, strategy: str, number: int, every: float = _EVERY
) -> float:
    _tell(client)
    time.sleep(every)
    start = time.perf_counter()
    client.xadd(keys.signals(0), _signal(strategy, 2_000_000 + number))  # type: ignore[arg-type]
    count, deadline = 0, time.monotonic() + _GIVE_UP
    while count < _STRATEGIES[strategy] and time.monotonic() < deadline:
        entries = reader.poll(1.0)
        count += sum(1 for _ in _orders(entries))
    return time.perf_counter() - start


def _relay(client: redis.Redis, path: str, password: str) -> list[float]:
    process = multiprocessing.get_context("spawn").Process(target=_relaying, args=(path, password))
    process.start()
    reader = StreamReader(client, {"relay:out": "0-0"})
    latencies = []
    for _ in range(500):
        start = time.perf_counter()
        client.xadd("relay:in", {"n": "1"})
        while not reader.poll(1.0):
            pass
        latencies.append(time.perf_counter() - start)
    reader.close()
    client.xadd("relay:in", {"end": "1"})
    process.join()
    return latencies[50:]


def _relaying(path: str, password: str) -> None:
    with redis.Redis(unix_socket_path=path, password=password) as client:
        reader = StreamReader(client, {"relay:in": "0-0"})
        while True:
            for _, _, fields in reader.poll(1.0):
                if b"end" in fields:
                    return
                client.xadd("relay:out", {"n": "1"})
