"""A page's console blocks: the commands, and what a terminal shows when they are run."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
WIDTH = 80
# In the page, where a reader's home would stand.
HOME = "/home/you/.tradecast"


@dataclass
class Command:
    """One line behind a dollar sign, and the output that the page shows below it."""

    text: str
    shown: list[str] = field(default_factory=list)


def commands(page: str) -> list[Command]:
    """All commands of a page, in order."""
    found: list[Command] = []
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Command(line[2:]))
            else:
                found[-1].shown.append(line)
    return found


def run(text: str, home: Path, directory: Path) -> str:
    """Run a shell line as on a terminal, and return what it showed.

    Args:
        text: the line; `tradecast` is this installation.
        home: of the system.
        directory: where it runs.
    """
    env = {
        **os.environ,
        "TRADECAST_HOME": str(home),
        "PYTHONPATH": str(REPOSITORY),
        "COLUMNS": str(WIDTH),
        "TERM": "xterm",
    }
    ours = f'tradecast() {{ "{sys.executable}" -m flows "$@"; }}\n'
    child, terminal = pty.openpty()
    with subprocess.Popen(
        ["bash", "-c", ours + text],
        stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal, env=env, cwd=directory,
    ):  # fmt: skip
        os.close(terminal)
        shown = b""
        while piece := _read(child):
            shown += piece
    os.close(child)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    return plain.replace("\r\n", "\n").replace(str(home), HOME)


def _read(child: int) -> bytes:
    try:
        return os.read(child, 65536)
    except OSError:  # the other end is closed
        return b""


def same_shape(one: str, other: str) -> bool:
    """Whether two outputs differ in numbers and widths alone."""
    return _shape(one) == _shape(other)


def _shape(text: str) -> list[str]:
    lines = (re.sub(r"[0-9]+([.,:-][0-9]+)*", "0", line).strip() for line in text.splitlines())
    return [re.sub(r"(?<=[━─ ])[━─ ]+|[━─]", "", line) for line in lines if line]
