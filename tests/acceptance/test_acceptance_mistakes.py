"""What goes wrong at the edges is one clear line and an exit code, never a traceback."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from flows.errors import Exit
from tests.servers import eventually

if TYPE_CHECKING:
    from pathlib import Path

NOT_WITHIN = 30.0


def run(
    *arguments: str, env: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flows", *arguments],
        env={**os.environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=NOT_WITHIN,
    )


def complains(done: subprocess.CompletedProcess[str], code: int, *lines: str) -> None:
    """Check the exit code, and that standard error has these lines and nothing else."""
    said = done.stderr.splitlines()
    assert done.returncode == code, done.stderr
    assert len(said) == len(lines), done.stderr
    for told, wanted in zip(said, lines, strict=True):
        assert told.startswith("tradecast: ")
        assert wanted in told


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("x = [", "is not valid TOML"),
        ("[redis]\nprot = 1\n", "redis.prot: there is no such key; did you mean `port`?"),
        ('[redis]\nport = "abc"\n', "redis.port: expected a whole number >= 0 and <= 65_535"),
        ('[redis]\ndurability = "maybe"\n', "redis.durability: expected one of always"),
    ],
)
def test_wrong_settings(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "settings.toml"
    file.write_text(text)
    done = run("up", "--home", str(tmp_path / "home"), "--config", str(file))
    complains(done, Exit.CONFIG, complaint)
    assert not (tmp_path / "home").exists()


def test_wrong_settings_of_the_environment(tmp_path: Path) -> None:
    env = {"TRADECAST__TRADE__SHARDS": "zero"}
    done = run("status", "--home", str(tmp_path), env=env)
    complains(done, Exit.CONFIG, "trade.shards: expected a whole number")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    done = run("up", "--home", str(tmp_path / "home"), "--config", str(tmp_path / "no.toml"))
    complains(done, Exit.CONFIG, "there is no such file")
    done = run("apply", str(tmp_path / "no.toml"), "--home", str(tmp_path / "home"))
    complains(done, Exit.USAGE, "there is no such file")


def test_a_home_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = run("up", "--home", str(tmp_path / "file" / "home"))
    complains(done, Exit.CANNOT_CREATE, "choose another home")


def test_a_home_of_another_version(tmp_path: Path) -> None:
    (tmp_path / "version").write_text("99\n")
    for verb in (["up"], ["status"], ["sql", "select 1"]):
        done = run(*verb, "--home", str(tmp_path))
        complains(done, Exit.CONFIG, "has layout version 99, and this release knows 1")


def test_a_directory_that_is_no_home(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    done = run("up", "--home", str(tmp_path))
    complains(done, Exit.CONFIG, "is not a Tradecast home")
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize("section", ["redis", "clickhouse"])
def test_a_busy_port(tmp_path: Path, section: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        env = {f"TRADECAST__{section.upper()}__PORT": str(port)}
        done = run("up", "--home", str(tmp_path / "home"), env=env)
    complains(done, Exit.BUSY, f"port {port} for")


def test_a_world_with_mistakes_tells_each_in_a_line(tmp_path: Path) -> None:
    file = tmp_path / "world.toml"
    file.write_text('[[brokers]]\nkey = "a"\nnam = "x"\n[[accounts]]\nkey = "q"\ninstance = "no"\n')
    done = run("apply", str(file), "--home", str(tmp_path / "home"))
    complains(
        done,
        Exit.USAGE,
        "brokers[0].nam: there is no such key; did you mean `name`?",
        'accounts[0].instance: no instance has the key "no"',
    )


def test_nobody_at_the_address_of_redis(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    env = {"TRADECAST__REDIS__URL": f"redis://127.0.0.1:{port}/0"}
    made = run("apply", "docs/examples/world.toml", "--home", str(tmp_path / "home"), env=env)
    assert made.returncode == 0, "the configuration is kept until Redis can be told"
    body = '{"strategy": "gold", "symbol": "GOLD", "action": "buy"}'
    done = run("send", "-", "--home", str(tmp_path / "home"), env=env, stdin=body)
    complains(done, Exit.UNAVAILABLE, "Redis")


@pytest.mark.parametrize(
    "arguments", [["frob"], ["schema", "ddl", "--store", "mysql"], ["schema", "describe", "no"]]
)
def test_wrong_arguments(arguments: list[str]) -> None:
    done = run(*arguments)
    complains(done, Exit.USAGE, "see `tradecast")


@pytest.mark.parametrize(
    "verb", ["demo", "up", "apply", "send", "status", "sql", "audit", "schema", "run"]
)
def test_help_says_what_a_command_does(verb: str) -> None:
    done = run(verb, "--help", env={"COLUMNS": "80"})
    assert done.returncode == 0
    assert not done.stderr
    assert f"usage: tradecast {verb}" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 100


def test_ctrl_c_stops_everything_and_a_second_up_is_refused(tmp_path: Path) -> None:
    home, log = tmp_path / "home", tmp_path / "up.out"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows", "up", "--home", str(home)],
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TRADECAST_PARENT": str(os.getpid())},
        )
        try:
            eventually(lambda: "Ctrl-C stops it" in log.read_text(), 60, what="up")
            second = run("up", "--home", str(home))
        finally:
            child.send_signal(signal.SIGINT)
            code = child.wait(30)
    complains(second, Exit.BUSY, "is in use by process")
    assert code == 0, log.read_text()
    assert log.read_text().splitlines()[-1] == "stopped"
    left = {path.name for path in (home / "run").iterdir()}
    assert left == {".lock", "ports.json"}
