"""A short round of torture; `make torture` has the long ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.torture import plan
from tests.torture.round import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(400)


def test_a_round_of_torture_loses_and_doubles_nothing(tmp_path: Path) -> None:
    done = run(258900, tmp_path, seconds=15, signals=200, accounts=20)
    assert not done.problems, f"{done.plan}"
    assert done.result["orders"] > 0


def test_a_plan_follows_from_its_seed() -> None:
    assert plan.make(7, 30, clock=True, disk=True) == plan.make(7, 30, clock=True, disk=True)
    assert plan.make(7, 30, clock=True, disk=True) != plan.make(8, 30, clock=True, disk=True)
