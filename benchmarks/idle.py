"""What a system costs that nobody sends anything: processor and memory of each process of `up`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import Row
from benchmarks.servers import scratch

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "idle"
_INSTANCES = ("one-1", "one-2")
_SETTLE, _WATCH = 20.0, 20.0
_GIVE_UP = 120.0
_TICKS = os.sysconf("SC_CLK_TCK")
_MIB = 1 << 20
_WORLD = """
[[brokers]]
key = "one"
name = "One"
server = "One-Demo"
[[instruments]]
broker = "one"
symbols = ["EURUSD", "GBPUSD"]
[[strategies]]
key = "trend"
[[subscriptions]]
strategy = "trend"
accounts = "*"
sizing = "fixed"
volume = 0.01
"""
_INSTANCE = """
[[instances]]
key = "{key}"
broker = "one"
[[accounts]]
count = 10
key = "{key}-{{:02}}"
instance = "{key}"
"""


def run() -> Iterator[Row]:
    """Measure each flow and server over some seconds, and all together."""
    with scratch() as directory, _system(directory) as (home, pid):
        _wait(lambda: {f"execute-{key}" for key in _INSTANCES} <= _names(home).keys())
        time.sleep(_SETTLE)
        before, began = _costs(pid), time.monotonic()
        time.sleep(_WATCH)
        after, seconds = _costs(pid), time.monotonic() - began
        flows = {number: name for name, number in _names(home).items()}
    shares = {
        number: (cpu - before[number][0]) / _TICKS / seconds
        for number, (cpu, _, _) in after.items()
        if number in before
    }
    for number, share in sorted(shares.items()):
        name = flows.get(number)
        memory = after[number][1]
        yield Row(
            group=NAME,
            what=name or after[number][2],
            value=_value(share, memory),
            target="<= 1 % of a core, 150 MB" if name in flows.values() else "",
            held=share <= 0.01 and memory <= 150e6 if name in flows.values() else None,
        )
    total = sum(memory for _, memory, _ in after.values())
    yield Row(
        group=NAME,
        what=f"all {len(after)} processes",
        value=_value(sum(shares.values()), total),
        target="<= 6 % of a core, 1.2 GB",
        held=sum(shares.values()) <= 0.06 and total <= 1.2e9,
    )


def _value(share: float, memory: float) -> str:
    return f"{share:.1%} of a core, {memory / 1e6:.0f} MB"


@contextmanager
def _system(directory: Path) -> Iterator[tuple[Path, int]]:
    """Start everything with two terminals; yield its home and the supervisor's process id."""
    home, world = directory / "home", directory / "world.toml"
    world.write_text(_WORLD + "".join(_INSTANCE.format(key=key) for key in _INSTANCES))
    command = [sys.executable, "-m", "flows"]
    child = subprocess.Popen(
        [*command, "up", "--home", str(home)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(lambda: {"archive-duckdb", "trade-0"} <= _names(home).keys())
        applied = [*command, "apply", "--home", str(home), str(world)]
        _wait(lambda: subprocess.run(applied, check=False, capture_output=True).returncode == 0)
        yield home, child.pid
    finally:
        child.terminate()
        child.wait()


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _GIVE_UP
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError("the system did not come up")
        time.sleep(0.5)


def _names(home: Path) -> dict[str, int]:
    """Return the process ids of flows by name, as their run files say."""
    found = {}
    for path in (home / "run").glob("*-*.json"):
        facts = json.loads(path.read_text())
        if "metrics_port" in facts:
            found[facts["name"]] = facts["pid"]
    return found


def _costs(root: int) -> dict[int, tuple[int, int, str]]:
    """Return ticks, proportional set size in bytes and command of a process and all below it."""
    parents: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(path.name))
        if fields:
            parents.setdefault(int(fields[1]), []).append(int(path.name))
    out = {}
    waiting = [root]
    while waiting:
        number = waiting.pop()
        waiting += parents.get(number, [])
        fields = _stat(number)
        if fields:
            ticks = int(fields[11]) + int(fields[12])
            out[number] = ticks, _memory(number), _command(number)
    return out


def _stat(number: int) -> list[str]:
    """Return the fields of /proc/PID/stat behind the command; nothing if it has ended."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _memory(number: int) -> int:
    try:
        lines = Path(f"/proc/{number}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("Pss:"))


def _command(number: int) -> str:
    words = Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0")
    texts = [Path(word.decode()).name for word in words if word and not word.startswith(b"-")]
    return " ".join(texts[:2] if "python" not in texts[0] else texts[1:3])
