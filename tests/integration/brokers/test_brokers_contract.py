"""The simulated terminal keeps the contract of the port."""

from collections.abc import Callable

import pytest

from tests.contracts.broker import CHECKS, Bench
from tests.integration.brokers.world import World


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_simulated_terminal(check: Callable[[Bench], None], world: World) -> None:
    check(world.bench())
