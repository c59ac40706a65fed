"""The short form of the soak: seventeen days of a few signals."""

from pathlib import Path

from tests.soak.run import PLATEAU, Soak, settled
from tests.soak.sizes import Sizes


def test_nothing_grows_once_a_week_has_passed(tmp_path: Path) -> None:
    with Soak(tmp_path, accounts=20, ticks=1, unfollowed=1) as soak:
        days = list(soak.days(PLATEAU + 6))
    assert settled(days, PLATEAU) == {}
    assert days[-1]["redis identities"] > 0
    assert 0 < days[-1]["executor outcomes"] <= 9 * 40


def test_a_leak_is_found() -> None:
    days: list[Sizes] = [{"steady": 100 + n % 3, "leak": 100 * n} for n in range(17)]
    assert settled(days, PLATEAU) == {"leak": (1300, 1600)}
