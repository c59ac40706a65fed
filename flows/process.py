"""The frame of every flow process: signals, lock, log, metrics, run file and exit code.

A flow that ends without having been asked to is a failure, whatever it returned
(a panic in a thread of Bytewax stops a flow quietly).
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from prometheus_client import start_http_server

from config import faults
from embedded.launch import die_with_parent
from embedded.lock import DirectoryLock
from embedded.server import make_private
from flows import interpreter
from flows.errors import Exit, causes, complain, explain
from flows.log_files import open_log
from sources.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from bytewax.dataflow import Dataflow

    from embedded.home import Home

# Set by the supervisor for its children: the process id that they end with.
PARENT = "TRADECAST_PARENT"
# State comes from the logs and the stores, so an epoch only bounds how long a stop may take.
EPOCH_SECONDS = 0.5


@dataclass(frozen=True, kw_only=True)
class Process:
    """What a flow's body is given."""

    name: str
    home: Home
    stop: Stop
    log: logging.Logger


def run(
    name: str,
    home: Home,
    body: Callable[[Process], None],
    *,
    metrics: bool = True,
    level: str = "info",
) -> int:
    """Run the body of a flow process until it is asked to stop.

    Args:
        name: of the process, as `status` shows it: `trade-0`, `execute-demo-1`.
        home: the system's directories.
        body: builds the flow and runs it; returns soon after `stop` is set.
        metrics: whether to serve them.
        level: of the log.

    Returns:
        0 if it ended because it was asked to, else the exit code of what went wrong.
    """
    os.environ.setdefault("RUST_BACKTRACE", "0")
    parent = os.environ.pop(PARENT, "")
    if parent:
        die_with_parent(int(parent))
    stop = Stop()
    watch_signals(stop)
    log = open_log(home.log_dir, name, level)
    run_file = RunFile(home.run_dir / f"{name}.json", name)
    directory = home.recovery_dir / name
    try:
        make_private(directory)
        with DirectoryLock(directory), _metrics_port(metrics) as port:
            run_file.write(metrics_port=port, state="running")
            log.info("started", extra={"metrics_port": port})
            body(Process(name=name, home=home, stop=stop, log=log))
    except Exception as error:  # noqa: BLE001 - the outermost frame of the process
        return _failed(error, name, log, run_file, stop)
    if stop.requested:
        log.info("stopped")
        run_file.remove()
        return Exit.OK
    return _failed(None, name, log, run_file, stop)


@contextmanager
def _metrics_port(serves: bool) -> Iterator[int | None]:
    """Serve metrics on a free port; None if they are not to be served."""
    if not serves:
        yield None
        return
    server, _ = start_http_server(0, addr="127.0.0.1")
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def run_flow(flow: Dataflow, *, epoch_seconds: float = EPOCH_SECONDS) -> None:
    """Run a dataflow with one worker in this thread until its sources end it."""
    from datetime import timedelta  # noqa: PLC0415 - with Bytewax, which only flows need

    from bytewax.run import cli_main  # noqa: PLC0415

    interpreter.settle()
    main: Any = cli_main  # without types
    main(flow, workers_per_process=1, epoch_interval=timedelta(seconds=epoch_seconds))
    faults.point("process.stopping")


def watch_signals(stop: Stop) -> None:
    """Let SIGTERM, SIGINT and SIGHUP ask for a stop; a second one ends the process at once.

    A hangup comes from the shell and from the kernel, so a second one of it ends nothing. Where it
    was ignored (nohup) it still is.
    """

    def on_signal(number: int, _frame: object) -> None:
        if stop.requested and number == signal.SIGHUP:
            return
        if stop.requested:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
        stop.requested = True

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGINT, on_signal)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, on_signal)


def say(line: str) -> None:
    """Tell a line to who started this process; a terminal that is gone is told nothing."""
    for stream, words in ((sys.stdout, f"{line}\n"), (sys.stderr, "")):
        try:
            print(end=words, file=stream, flush=True)
        except OSError:
            # What was not taken would be tried again, and fail again, at the process's end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


class RunFile:
    """What a process says of itself, for `status`: one JSON object in the home's run directory.

    It is removed by a process that ended as asked, and stays with the error of one that did not.
    """

    def __init__(self, path: Path, name: str) -> None:
        self.path = path
        self._facts: dict[str, Any] = {
            "name": name,
            "pid": os.getpid(),
            "started_at": int(time.time() * 1_000_000),
        }

    def write(self, **facts: Any) -> None:
        """Add facts and write all of them, so that a reader never sees half a file."""
        self._facts.update(facts)
        write_json(self.path, self._facts)

    def remove(self) -> None:
        """Take the file away."""
        self.path.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Replace a private file (0600) by one that holds `value`."""
    make_private(path.parent)
    new = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(value, file)
    new.replace(path)


def _failed(
    error: Exception | None,
    name: str,
    log: logging.Logger,
    run_file: RunFile,
    stop: Stop,
) -> int:
    if error is None:
        line, code, foreseen = "the flow ended although nobody asked it to", Exit.INTERNAL, True
    else:
        # Bytewax wraps what a source or sink raised.
        root = next((one for one in causes(error) if explain(one)[2]), error)
        line, code, foreseen = explain(root)
        if not foreseen:
            deepest = list(causes(error))[-1]
            line, code, foreseen = explain(deepest)
    if stop.requested:
        line = f"while stopping: {line}"
    line = line.replace("\n", "; ")
    log.error(line, exc_info=error)
    if not logging.getLogger().handlers:
        complain(f"{name}: {line}")
    run_file.write(state="failed", error=line, ended_at=int(time.time() * 1_000_000))
    return code if code is not Exit.OK else Exit.INTERNAL
