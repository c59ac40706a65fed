"""One round of torture: a demo on surroundings of ours, struck by a plan, then checked."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config.faults import DIRECTORY, VARIABLE
from flows.demo.world import builtin
from tests.acceptance.running_demo import RunningDemo
from tests.torture import plan as plans
from tests.torture.chaos import Chaos
from tests.torture.check import problems
from tests.torture.surroundings import Surroundings, faketime, small_disk

if TYPE_CHECKING:
    from tests.torture.plan import Plan

_PATIENCE = 150.0


@dataclass
class Round:
    """What a round came to; it is good if there are no problems."""

    plan: Plan
    problems: list[str] = field(default_factory=list)
    result: dict[str, Any] = field(default_factory=dict)
    struck: list[str] = field(default_factory=list)


def run(
    seed: int, directory: Path, *, seconds: float, signals: int, accounts: int, keep: bool = False
) -> Round:
    """Run a round.

    Args:
        seed: of its plan and its alerts.
        directory: takes everything; empty.
        seconds: time of the replay.
        signals: alerts that are sent.
        accounts: of the demo's world.
        keep: copy what a bad round leaves to `kept` in the directory.
    """
    with small_disk(directory / "disk") as disk:
        done = Round(plans.make(seed, seconds, clock=bool(faketime()), disk=disk))
        world = directory / "disk" / "world.toml"
        world.write_text(_world(done.plan, accounts), encoding="utf-8")
        arguments = ["--signals", str(signals), "--world", str(world)]
        arguments += ["--seconds", str(seconds), "--seed", str(seed)]
        arguments += ["--patience", str(_PATIENCE)]
        _torture(done, directory, arguments, seconds)
        if keep and done.problems:
            shutil.copytree(directory / "disk", directory / "kept", symlinks=True, ignore=_special)
    return done


def _torture(done: Round, directory: Path, arguments: list[str], seconds: float) -> None:
    place, struck = directory / "disk", directory / "struck"
    struck.mkdir()
    with Surroundings(place, directory / "clock") as around:
        environment = {
            "TRADECAST__REDIS__URL": around.url,
            "TRADECAST__TRADE__SHARDS": str(done.plan.shards),
            "TRADECAST__TRADE__SNAPSHOT_SECONDS": "5",
            "TRADECAST__EXECUTE__JOURNAL_MB": "0.2",
            "TRADECAST__ARCHIVE__RETRY_MAX_S": "3",
            VARIABLE: done.plan.faults,
            DIRECTORY: str(struck),
        }
        with RunningDemo(place, arguments, environment) as demo:
            demo.wait_sending()
            chaos = Chaos(demo, around, done.plan, place)
            thread = threading.Thread(target=chaos.run)
            thread.start()
            try:
                done.result = demo.wait_end(seconds + 2 * _PATIENCE)
            except (AssertionError, subprocess.TimeoutExpired) as error:
                done.problems.append(f"the demo gave no result: {error}")
            finally:
                chaos.over()
                thread.join()
        done.struck = sorted(path.name for path in struck.iterdir())
        done.problems += chaos.errors
        if done.result:
            if done.result["code"] != 0:
                done.problems.append(f"the demo ended with {done.result['code']}: {demo.errors()}")
            done.problems += _audit(demo.home, environment)
            done.problems += problems(demo.system, demo.home)


def _world(plan: Plan, accounts: int) -> str:
    """The demo's world, with what goes wrong at the brokers of the plan."""
    text = builtin(accounts, plan.seed)
    for key, failures in plan.brokers.items():
        tables = [
            "{ " + ", ".join(f"{k} = {json.dumps(v)}" for k, v in one.items()) + " }"
            for one in failures
        ]
        head = f'(key = "{key}"\nbroker = "[a-z]+"\n)(failures = .*\n)?'
        given = f"failures = [{', '.join(tables)}]\n"
        text, found = re.subn(head, lambda match, given=given: match[1] + given, text)  # type: ignore[misc]
        assert found == 1
    return text


def _special(directory: str, names: list[str]) -> list[str]:
    """Sockets, which cannot be copied."""
    return [name for name in names if (Path(directory) / name).is_socket()]


def _audit(home: Path, environment: dict[str, str]) -> list[str]:
    command = [sys.executable, "-m", "flows", "audit", "--home", str(home)]
    environment = {**os.environ, **environment, VARIABLE: ""}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return [] if done.returncode == 0 else [f"audit: {done.stdout}{done.stderr}"]
