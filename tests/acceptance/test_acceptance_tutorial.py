"""The tutorial, command by command, and what it says that a terminal shows."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.acceptance.console import HOME, REPOSITORY, commands, run, same_shape
from tests.long import long
from tests.servers import eventually

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.acceptance.console import Command

pytestmark = [long, pytest.mark.timeout(300)]
PAGE = (REPOSITORY / "docs" / "tutorial.md").read_text(encoding="utf-8")
LOOKS = ("tradecast sql", "tradecast status", "tradecast audit")


class Reader:
    """Somebody who does what the tutorial says, and compares."""

    def __init__(self, base: Path) -> None:
        self.home = base / "home"
        self.directory = base / "work"
        shutil.copytree(REPOSITORY / "docs" / "examples", self.directory / "docs" / "examples")
        self.version = 0
        self._metrics = ""

    def started(self, shown: str) -> None:
        (self._metrics,) = re.findall(r"http://\S+/metrics", shown)

    def does(self, command: Command) -> None:
        if command.text.startswith("echo"):
            # The page says to wait a moment, for prices and for a new version.
            eventually(self._is_ready, 30, what="prices and the configuration")
        expected = "\n".join(command.shown)
        if not command.text.startswith(LOOKS):
            shown = run(command.text, self.home, self.directory)
            assert same_shape(shown, expected), f"{command.text}\n{shown}"
            self.version += command.text.startswith("tradecast apply")
            return
        last = ""

        def as_shown() -> bool:
            nonlocal last
            last = run(command.text, self.home, self.directory)
            return same_shape(last, expected) and _counts(last) == _counts(expected)

        try:
            eventually(as_shown, 30, poll=0.2)
        except AssertionError:
            pytest.fail(f"{command.text}\nshows\n{last}\nand not\n{expected}")

    def _is_ready(self) -> bool:
        targets = self._get(self._metrics.replace("/metrics", "/targets"))
        texts = [self._get(f"http://{at}/metrics") for at in re.findall(r"127[0-9.:]+", targets)]
        every = "\n".join(texts)
        versions = _values(every, "tradecast_trade_config_version")
        quotes = _values(every, "tradecast_execute_newest_quote_timestamp_seconds")
        events = sum(_values(every, "tradecast_trade_events_total"))
        accounts = sum(_values(every, "tradecast_execute_accounts"))
        known = versions == [self.version] and len(quotes) == 3 and all(quotes)
        return known and accounts == 27 and events >= 3

    def _get(self, url: str) -> str:
        with urllib.request.urlopen(url, timeout=10) as answer:
            text: str = answer.read().decode()
        return text


def _values(text: str, name: str) -> list[float]:
    return [float(value) for value in re.findall(rf"^{name}{{.*}} (\S+)$", text, re.MULTILINE)]


def _counts(shown: str) -> list[str]:
    """Whole numbers that stand alone in a table, as counts do."""
    if "pid" in shown:
        return []
    return re.findall(r"│ +(\d+) │", shown)


@contextmanager
def up(reader: Reader, expected: str) -> Iterator[None]:
    log = reader.directory / "up.out"
    with log.open("wb") as out:
        child = subprocess.Popen(
            [sys.executable, "-m", "flows", "up", "--home", str(reader.home)],
            stdin=subprocess.DEVNULL, stdout=out, stderr=out,
            env={**os.environ, "TRADECAST_PARENT": str(os.getpid())},
        )  # fmt: skip
        try:
            eventually(lambda: "Ctrl-C stops it" in log.read_text(), 60, what="up")
            shown = log.read_text().replace(str(reader.home), HOME)
            assert same_shape(shown, expected), shown
            reader.started(shown)
            yield
        finally:
            child.send_signal(signal.SIGINT)
            code = child.wait(60)
    assert code == 0
    assert log.read_text().endswith("stopping\nstopped\n")


def test_the_tutorial_is_what_happens() -> None:
    make, export, start, *steps, after = commands(PAGE)
    assert [make.text, start.text] == ["make env", "tradecast up"]
    assert export.text.startswith("export PATH=")
    # This very suite runs in what `make env` made.
    assert subprocess.run(["make", "-n", "env"], cwd=REPOSITORY, check=False).returncode == 0
    # Short, as a home is: in a deep one sockets stand elsewhere, and `up` says so.
    with tempfile.TemporaryDirectory(prefix="tutorial-", dir="/tmp") as directory:
        reader = Reader(Path(directory))
        with up(reader, "\n".join(start.shown)):
            for command in steps:
                reader.does(command)
        reader.does(after)
