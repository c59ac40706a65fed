"""A `tradecast demo` as a child, seen from outside: its parts, its logs, its printed result."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self

from config import settings as config_settings
from embedded.home import open_home
from flows import lag
from flows.context import System
from schema import keys
from schema.ids import PARTITIONS
from schema.wire import ORDER, REPORT, decode
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

_ENDS_WITHIN = 240.0


class RunningDemo:
    """A demo that keeps its home below `directory`.

    Args:
        directory: takes the home, and what the demo prints.
        arguments: of `tradecast demo`, beside `--keep --json`.
        environment: variables for all its processes.
    """

    def __init__(
        self,
        directory: Path,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._environment = dict(environment or {})
        self._directory = directory
        self._arguments = arguments
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        out = self._stack.enter_context((self._directory / "demo.out").open("wb"))
        err = self._stack.enter_context((self._directory / "demo.err").open("wb"))
        self._child = subprocess.Popen(
            [sys.executable, "-m", "flows", "demo", "--keep", "--json", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            env={**os.environ, "TMPDIR": str(self._directory), **self._environment},
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._child.poll() is None:
            # As Ctrl-C: it takes its servers away.
            self._child.send_signal(signal.SIGINT)
            self._child.wait(60)
        self._stack.close()

    def wait_sending(self) -> None:
        """Wait until the first alerts were sent."""

        def begun() -> bool:
            assert self._child.poll() is None, f"the demo ended early: {self.errors()}"
            found = [path for path in self._directory.glob("*/sent.ndjson") if path.stat().st_size]
            return bool(found)

        eventually(begun, 90, what="the first alert")
        self.home = next(self._directory.glob("tradecast-demo-*"))
        settings = config_settings.load(None, self.home, self._environment)
        self.system = System(open_home(self.home, create=False), settings)

    def errors(self) -> str:
        """What it wrote to standard error."""
        return (self._directory / "demo.err").read_text("utf-8", "replace")

    def pid(self, part: str) -> int | None:
        """Process id of a part, None while it does not run."""
        facts: dict[str, Any] = self.system.running() or {"parts": []}
        return next((p["pid"] for p in facts["parts"] if p["name"] == part), None)

    def parts(self) -> list[str]:
        """Names of the parts that `up` keeps running."""
        facts: dict[str, Any] = self.system.running() or {"parts": []}
        return [part["name"] for part in facts["parts"]]

    def wait_end(self, within: float = _ENDS_WITHIN) -> dict[str, Any]:
        """Wait for its end, and return what it printed; its exit code is `code`."""
        code = self._child.wait(within)
        lines = (self._directory / "demo.out").read_text("utf-8").strip().splitlines()
        assert lines, self.errors()
        return {**json.loads(lines[-1]), "code": code}

    def kill(self, part: str, hit: Callable[[], bool], *, held: str) -> int:
        """Kill a part while `hit` holds; return the pid that it had.

        Args:
            part: name of the part.
            hit: whether there is work in hand.
            held: the process that is paused until `hit` holds, so that its work waits: the part
                itself, or where that must go on to answer `hit`, another one.
        """
        # On a slow machine alerts are sent before the last process has come up.
        eventually(lambda: self.pid(part) and self.pid(held), 60, what=f"{part} and {held}")
        pid, paused = self.pid(part), self.pid(held)
        assert paused, f"{held} does not run"
        with _stopped(paused):
            eventually(hit, 60, what=f"work in hand of {part}")
            os.kill(pid, signal.SIGKILL)
        return pid

    def wait_again(self, part: str, before: int) -> None:
        """Wait until the supervisor has started a part anew."""
        eventually(
            lambda: self.pid(part) not in (None, before), 30, what=f"{part} runs again", poll=0.1
        )


class _stopped:  # noqa: N801 - reads as a statement
    def __init__(self, pid: int) -> None:
        self._pid = pid

    def __enter__(self) -> None:
        os.kill(self._pid, signal.SIGSTOP)

    def __exit__(self, *_: object) -> None:
        # One that was killed meanwhile may be gone, and its number with it.
        try:
            os.kill(self._pid, signal.SIGCONT)
        except ProcessLookupError:
            return


class Logs:
    """Follows the logs of a demo: what is undecided, unreported, or not yet in a store."""

    def __init__(self, system: System) -> None:
        self._client: Any = system.redis(once=True)
        self._streams = system.settings.signals.streams
        self._shards = system.settings.trade.shards
        self._at: dict[str, bytes] = {}
        self._orders: set[bytes] = set()
        self._reported: set[bytes] = set()

    def undecided(self) -> int:
        """Signals that a shard has not decided, of the shard that has most of them.

        They lie behind the marks of the last decisions of all its partitions.
        """
        pipe = self._client.pipeline(transaction=False)
        for partition in range(PARTITIONS):
            pipe.xrevrange(keys.decisions(partition), count=1)
        last = [json.loads(found[0][1][b"marks"]) if found else {} for found in pipe.execute()]
        return max(self._behind(last[shard :: self._shards]) for shard in range(self._shards))

    def _behind(self, marks: Sequence[Mapping[str, str]]) -> int:
        count = 0
        for number in range(self._streams):
            stream = keys.signals(number)
            seen = max((m[stream] for m in marks if stream in m), key=_place, default="0-0")
            count += len(self._client.xrange(stream, f"({seen}", "+"))
        return count

    def unreported(self) -> int:
        """Orders that were decided and have no report yet."""
        for name, kind, known in (
            ("orders", ORDER, self._orders),
            ("reports", REPORT, self._reported),
        ):
            family = keys.decisions if name == "orders" else keys.events
            for fields in self._new([family(p) for p in range(PARTITIONS)]):
                if name.encode() in fields:
                    rows = decode(fields[name.encode()], kind)
                    known.update(row.tobytes() for row in rows["order_id"])
        return len(self._orders - self._reported)

    def _new(self, streams: Sequence[str]) -> Iterator[dict[bytes, bytes]]:
        while True:
            pipe = self._client.pipeline(transaction=False)
            for stream in streams:
                pipe.xrange(stream, min=b"(" + self._at.get(stream, b"0-0"), count=1000)
            found = pipe.execute()
            for stream, entries in zip(streams, found, strict=True):
                for entry_id, fields in entries:
                    self._at[stream] = entry_id
                    yield fields
            if not any(len(entries) == 1000 for entries in found):
                return

    def behind(self, store: str) -> int:
        """Results streams with rows that a store does not have."""
        return lag.look(self._client, self._streams)[-1].behind[store]


def _place(entry_id: str) -> tuple[int, int]:
    ms, _, seq = entry_id.partition("-")
    return int(ms), int(seq)
