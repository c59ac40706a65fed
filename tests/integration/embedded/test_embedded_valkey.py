from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from embedded.errors import Busy, PortBusy, ServerFailed
from embedded.valkey import Valkey
from tests.servers import ValkeyServer, eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.server import Answer

NEVER = Retry(NoBackoff(), 0)
ODD_PASSWORD = "a b\"c\\d#e@f/g:h'é"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ValkeyServer]:
    with ValkeyServer(tmp_path / "valkey") as server:
        yield server


def test_both_urls_answer_with_the_password(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "v", password=ODD_PASSWORD) as server:
        for url in (server.url, server.unix_url):
            with redis.Redis.from_url(url) as client:
                assert client.ping()


def test_wrong_password_is_refused(own: ValkeyServer) -> None:
    with (
        redis.Redis(port=own.port, password="wrong", retry=NEVER) as client,
        pytest.raises(redis.AuthenticationError),
    ):
        client.ping()


def test_settings_are_durable_and_bounded(valkey: ValkeyServer, redis_client: redis.Redis) -> None:
    found = {
        name: redis_client.execute_command("CONFIG GET", name)
        for name in ("appendonly", "appendfsync", "save", "maxmemory-policy", "bind", "maxmemory")
    }
    assert {name: next(iter(reply.values())) for name, reply in found.items()} == {
        "appendonly": "yes",
        "appendfsync": "always",
        "save": "",
        "maxmemory-policy": "noeviction",
        "bind": "127.0.0.1",
        "maxmemory": str(valkey.maxmemory),
    }


def test_password_is_in_no_command_line_and_no_file(own: ValkeyServer) -> None:
    secret = own.password.encode()
    assert own.pid is not None
    assert secret not in Path(f"/proc/{own.pid}/cmdline").read_bytes()
    for path in own.directory.rglob("*"):
        if path.is_file():
            assert secret not in path.read_bytes(), path


def test_kill_9_loses_no_acknowledged_write(own: ValkeyServer) -> None:
    acknowledged = 0
    writing = threading.Event()

    def write() -> None:
        nonlocal acknowledged
        with redis.Redis(port=own.port, password=own.password, retry=NEVER) as client:
            try:
                while True:
                    client.xadd("s", {"n": acknowledged})
                    acknowledged += 1
                    if acknowledged > 200:
                        writing.set()
            except redis.ConnectionError:
                return

    writer = threading.Thread(target=write)
    writer.start()
    assert writing.wait(20)
    assert own.pid is not None
    os.kill(own.pid, signal.SIGKILL)
    writer.join(10)
    eventually(lambda: not own.running)
    assert own.returncode == -signal.SIGKILL
    own.start()
    own.wait_ready()
    with own.client() as client:
        assert acknowledged <= client.xlen("s") <= acknowledged + 1


class _SlowValkey(ValkeyServer):
    """It sleeps before every fourth command of its file; it answers behind a thousand of them."""

    def _settings(self) -> str:
        return super()._settings() + "key-load-delay -4\n"


def test_who_reads_a_large_file_is_waited_for(tmp_path: Path) -> None:
    with ValkeyServer(tmp_path / "v") as server, server.client() as client:
        pipe = client.pipeline(transaction=False)
        for number in range(40_000):
            pipe.set(f"k{number}", "v")
        pipe.execute()
    slow = _SlowValkey(tmp_path / "v")
    slow.start()
    try:
        eventually(lambda: slow.answer() == "loading", what="it reads its file")
        slow.wait_ready(0.0, lambda: True)
        assert not slow.ready(), "nobody wanted it"
        slow.wait_ready(0.0)
        with slow.client() as client:
            assert client.dbsize() == 40_000
    finally:
        slow.stop()


class _Hiccup(ValkeyServer):
    """It reads its data for longer than it is waited for, then says nothing once."""

    until = float("inf")
    silent = 1

    def answer(self) -> Answer:
        if time.monotonic() < self.until:
            return "loading"
        if self.silent:
            self.silent -= 1
            return "none"
        return super().answer()


def test_the_time_to_read_data_does_not_count(tmp_path: Path) -> None:
    patience = 1.0
    server = _Hiccup(tmp_path / "v")
    server.start()
    server.until = time.monotonic() + 1.5 * patience
    try:
        server.wait_ready(patience)
        assert server.silent == 0
    finally:
        server.stop()


def test_second_server_on_the_directory_gets_one_line(own: ValkeyServer) -> None:
    second = Valkey(own.directory, password="x")
    with pytest.raises(Busy) as caught:
        second.start()
    assert str(caught.value) == (
        f"{own.directory} is in use by process {own.pid}; stop that process, or use another"
        " directory"
    )


def test_orphan_keeps_its_directory_locked(tmp_path: Path) -> None:
    directory = tmp_path / "valkey"
    code = (
        "import os, sys, pathlib; from embedded.valkey import Valkey\n"
        f"v = Valkey(pathlib.Path({str(directory)!r}), password='x')\n"
        "v.start(); v.wait_ready(); print(v.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    orphan = int(run.stdout)
    try:
        with pytest.raises(Busy, match=f"in use by process {orphan};"):
            Valkey(directory, password="x").start()
    finally:
        os.kill(orphan, signal.SIGTERM)
    again = ValkeyServer(directory, password="x")
    eventually(lambda: _starts(again), what="start after the orphan's end")
    again.stop()


def _starts(server: ValkeyServer) -> bool:
    try:
        server.start()
    except Busy:
        return False
    server.wait_ready()
    return True


def test_dies_with_its_parent(tmp_path: Path) -> None:
    code = (
        "import os, pathlib; from tests.servers import ValkeyServer\n"
        f"v = ValkeyServer(pathlib.Path({str(tmp_path / 'v')!r}))\n"
        "v.start(); v.wait_ready(); print(v.pid, flush=True); os.kill(os.getpid(), 9)"
    )
    run = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=False)
    server = Path(f"/proc/{int(run.stdout)}/stat")
    eventually(lambda: not server.exists() or ") Z " in server.read_text(), what="the server's end")


def test_busy_port_is_named(own: ValkeyServer, tmp_path: Path) -> None:
    with pytest.raises(PortBusy, match=f"port {own.port} for valkey is in use"):
        Valkey(tmp_path / "other", password="x", port=own.port).start()


def test_failure_to_start_has_the_servers_last_words(tmp_path: Path) -> None:
    directory = tmp_path / "v"
    with ValkeyServer(directory) as server, server.client() as client:
        client.set("k", "v")
    manifest = directory / "appendonlydir" / "appendonly.aof.manifest"
    manifest.write_text("nonsense\n")
    with pytest.raises(ServerFailed, match=r"ended with code 1: .*\(see .*valkey\.log\)") as caught:
        server.__enter__()
    assert "\n" not in str(caught.value)


def test_stop_is_clean_and_repeatable(own: ValkeyServer) -> None:
    own.stop()
    own.stop()
    assert own.returncode == 0
    assert own.pid is None


def test_socket_of_a_deep_directory_is_short(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 60) / ("e" * 60)
    with ValkeyServer(deep) as server:
        assert len(str(server.unix_path)) < 100
        assert server.unix_path.parent.stat().st_mode & 0o777 == 0o700
        with redis.Redis.from_url(server.unix_url) as client:
            assert client.ping()
