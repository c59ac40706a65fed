"""Faults strike where, how and as often as they were told to."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from config.faults import DIRECTORY, POINTS, VARIABLE, Fault, Faults, FaultStruck, parse
from rules.errors import Fatal


def test_a_list_of_faults_is_read() -> None:
    assert parse("execute.sending=kill@3, trade.rows=hang:2.5,archive.rows=error") == {
        "execute.sending": Fault("kill", 0.0, 3),
        "trade.rows": Fault("hang", 2.5, 1),
        "archive.rows": Fault("error", 0.0, 1),
    }
    assert parse("") == {}


@pytest.mark.parametrize(
    "text", ["nowhere=kill", "trade.rows", "trade.rows=explode", "trade.rows=kill@x"]
)
def test_a_fault_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(Fatal, match=VARIABLE):
        parse(text)


def test_an_error_strikes_once_at_its_pass() -> None:
    faults = Faults({"trade.rows": Fault("error", at=2)})
    faults.passed("trade.rows", FaultStruck)
    with pytest.raises(ConnectionError, match=r"trade\.rows"):
        faults.passed("trade.rows", ConnectionError)
    faults.passed("trade.rows", FaultStruck)


def test_a_directory_keeps_what_has_struck(tmp_path: Path) -> None:
    armed = {"trade.rows": Fault("error")}
    with pytest.raises(FaultStruck):
        Faults(armed, tmp_path).passed("trade.rows", FaultStruck)
    Faults(armed, tmp_path).passed("trade.rows", FaultStruck)
    assert [path.name for path in tmp_path.iterdir()] == ["trade.rows"]


def test_kill_ends_the_process_at_the_point(tmp_path: Path) -> None:
    program = "from config import faults; faults.point('trade.rows'); print('on')"
    environment = {VARIABLE: "trade.rows=kill", DIRECTORY: str(tmp_path)}
    command = [sys.executable, "-c", program]
    first = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (first.returncode, first.stdout) == (-signal.SIGKILL, b"")
    second = subprocess.run(command, env=environment, capture_output=True, check=False)
    assert (second.returncode, second.stdout) == (0, b"on\n")


def test_every_point_of_the_code_is_in_the_list_and_the_other_way_round() -> None:
    root = Path(__file__).parents[3]
    code = "\n".join(
        path.read_text(encoding="utf-8")
        for package in ("operators", "sinks", "flows")
        for path in (root / package).rglob("*.py")
    )
    assert {name for name in POINTS if f'faults.point("{name}"' in code} == set(POINTS)
    assert code.count("faults.point(") == sum(code.count(f'faults.point("{n}"') for n in POINTS)
