from __future__ import annotations

import multiprocessing
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from embedded.errors import (
    Busy,
    EmbeddedError,
    HomeLocked,
    NotAHome,
    PortBusy,
    Unwritable,
    WrongVersion,
)
from embedded.home import Home, open_home
from embedded.lock import DirectoryLock
from embedded.ports import check_port_free, free_port, socket_path


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_new_home_is_private_and_marked(tmp_path: Path) -> None:
    home = open_home(tmp_path / "a" / "home")
    assert mode(home.path) == 0o700
    assert (home.path / "version").read_text() == "1\n"
    assert {mode(directory) for directory in home.directories} == {0o700}
    assert open_home(home.path, create=False) == home


def test_empty_directory_becomes_a_home(tmp_path: Path) -> None:
    assert open_home(tmp_path).path == tmp_path


def test_other_directories_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(NotAHome, match=r"not a Tradecast home.*holds thesis\.txt; choose"):
        open_home(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_missing_home_is_not_made_unasked(tmp_path: Path) -> None:
    with pytest.raises(NotAHome, match="is not a Tradecast home"):
        open_home(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("found", "message"),
    [
        ("2", "has layout version 2, and this release knows 1; install the newer release"),
        ("0", "has layout version 0, and this release needs 1; open it with the older release"),
        ("x\ny", r"layout version 'x\\ny', which is no number"),
    ],
)
def test_home_of_another_version(tmp_path: Path, found: str, message: str) -> None:
    home = open_home(tmp_path / "home")
    (home.path / "version").write_text(found)
    with pytest.raises(WrongVersion, match=message) as caught:
        open_home(home.path)
    assert "\n" not in str(caught.value)


def test_unwritable_home(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Unwritable, match=r"Not a directory; give this user"):
        open_home(tmp_path / "file" / "home")


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_home_below_a_read_only_directory(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(Unwritable, match="Permission denied"):
        open_home(tmp_path / "home")


def test_passwords_are_made_once_and_private(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    password = home.password("valkey")
    assert len(password) >= 32
    assert password != home.password("clickhouse")
    assert open_home(home.path).password("valkey") == password
    assert mode(home.password_file("valkey")) == 0o600
    with pytest.raises(ValueError, match="cannot name a secret"):
        home.password("../version")


def _ask(path: str) -> str:
    return open_home(Path(path)).password("p")


def test_processes_that_open_at_once_agree(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        found = pool.map(_ask, [str(tmp_path / "home")] * 12, chunksize=1)
    assert len(set(found)) == 1


def test_second_up_is_told_of_the_first(tmp_path: Path) -> None:
    home = open_home(tmp_path / "home")
    with home.lock(), pytest.raises(HomeLocked, match=f"in use by process {os.getpid()}; stop"):
        home.lock().acquire()
    with home.lock():
        pass


def test_lock_ends_with_its_process(tmp_path: Path) -> None:
    code = (
        "import os, pathlib; from embedded.lock import DirectoryLock\n"
        f"DirectoryLock(pathlib.Path({str(tmp_path)!r})).acquire()\n"
        "print('held', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Busy, match=f"in use by process {holder.pid};"):
            DirectoryLock(tmp_path).acquire()
        holder.kill()
        holder.wait()
    with DirectoryLock(tmp_path) as lock:
        assert lock.held
    assert not lock.held


def test_every_error_is_one_family() -> None:
    for error in (Busy, HomeLocked, NotAHome, PortBusy, Unwritable, WrongVersion):
        assert issubclass(error, EmbeddedError)


def test_ports() -> None:
    port = free_port()
    check_port_free(port)
    with (
        socket.create_server(("127.0.0.1", port)),
        pytest.raises(PortBusy, match=f"port {port} for intake is in use by another process"),
    ):
        check_port_free(port, user="intake")


def test_no_port_is_chosen_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("embedded.ports._PORTS", range(31_000, 31_200))
    assert len({free_port() for _ in range(100)}) == 100


def test_socket_paths_are_stable_and_short(tmp_path: Path) -> None:
    short = Path("/tmp")
    assert socket_path(short, "x.sock") == short / "x.sock"
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    found = socket_path(deep, "x.sock")
    assert len(str(found)) < 100
    assert found == socket_path(deep, "x.sock")
    assert found != socket_path(tmp_path / ("e" * 100), "x.sock")
    found.parent.chmod(0o755)
    with pytest.raises(Unwritable, match="not a private directory"):
        socket_path(deep, "x.sock")
    found.parent.rmdir()


def test_home_is_a_value(tmp_path: Path) -> None:
    assert Home(tmp_path).run_dir == tmp_path / "run"
