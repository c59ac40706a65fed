"""The system that a demo runs: `tradecast up` as a child that ends with it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import redis

from flows.errors import CommandError, Exit, complain
from flows.process import PARENT
from schema import keys

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.world import World
    from flows.context import System

_READY_SECONDS = 60.0
_STOP_SECONDS = 40.0
_POLL = 0.25


@contextmanager
def running(system: System) -> Iterator[subprocess.Popen[bytes]]:
    """Run `tradecast up` as a child that ends with us."""
    command = [sys.executable, "-P", "-m", "flows", "up", "--home", str(system.home.path)]
    if system.config is not None:
        command += ["--config", str(system.config)]
    with (system.home.log_dir / "up.out").open("wb") as log:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env={**os.environ, PARENT: str(os.getpid())},
            start_new_session=True,
        )
    try:
        yield child
    finally:
        stop(child)


def stop(child: subprocess.Popen[bytes]) -> None:
    """Have the system end, by force if it does not in time; a second call is harmless."""
    if child.poll() is None:
        child.terminate()
    try:
        child.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        complain("the system did not stop in time and was killed")
        child.kill()
        child.wait()


def wait_ready(
    system: System, client: redis.Redis, made: World, up: subprocess.Popen[bytes]
) -> None:
    """Wait until every terminal tells prices and balances.

    Raises:
        CommandError: the system ended, or was not ready in time.
    """
    from config.rows import broker_id  # noqa: PLC0415 - an identity, not a setting

    quotes = [keys.quotes(broker_id(key)) for key in made.brokers]
    instances = {f"execute-{key}" for key in made.instances}
    deadline = time.monotonic() + _READY_SECONDS
    while True:
        if up.poll() is not None:
            raise CommandError(f"the system ended: {_last_line(system)}", Exit.UNAVAILABLE)
        try:
            told = all(client.exists(stream) for stream in quotes)
            marked = _marked(client)
        except (redis.ConnectionError, redis.TimeoutError):
            told = marked = False
        ran = {path.stem for path in system.home.run_dir.glob("execute-*.json")}
        if told and marked and instances <= ran:
            return
        if time.monotonic() > deadline:
            raise CommandError(
                f"the system was not ready within {_READY_SECONDS:g} s: {_last_line(system)}",
                Exit.UNAVAILABLE,
            )
        time.sleep(_POLL)


def _marked(client: redis.Redis) -> bool:
    """Whether balances of accounts are known in any partition, and nothing new comes of late."""
    return any(client.exists(keys.events(partition)) for partition in range(64))


def _last_line(system: System) -> str:
    text = (system.home.log_dir / "up.out").read_text("utf-8", "replace").strip()
    return text.splitlines()[-1] if text else "it said nothing"
