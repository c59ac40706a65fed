"""Terminals of groups: what is known stays where it is, and what is new is dealt out evenly."""

from collections import Counter
from typing import Any

from config import change, world
from config.dealing import deal, terminals

T0, T1 = 1_700_000_000_000_001, 1_700_000_999_000_002


def grouped(*instances: str, count: int = 6) -> dict[str, Any]:
    return {
        "brokers": [{"key": "alpha"}],
        "instances": [{"key": key, "broker": "alpha"} for key in instances],
        "accounts": [{"key": "acc-{}", "count": count, "instance": "alpha-*"}],
    }


def test_what_is_new_is_dealt_out_in_turn() -> None:
    assert deal("abcde", ["x", "y"], {}) == ["x", "y", "x", "y", "x"]


def test_what_is_known_stays_and_the_rest_evens_out() -> None:
    known = {"a": "x", "b": "x", "c": "y", "elsewhere": "z"}
    assert deal("abcdef", ["x", "y", "z"], known) == ["x", "x", "y", "z", "y", "z"]


def test_a_terminal_that_the_group_has_left_keeps_nobody() -> None:
    assert deal("abc", ["y", "z"], {"a": "x", "b": "y"}) == ["z", "y", "y"]


def test_a_terminal_more_moves_no_account() -> None:
    before = change.apply(world.parse(grouped("alpha-1", "alpha-2")), None, T0)
    known = terminals(before.tables)
    assert known["acc-1"] == "alpha-1"
    data = grouped("alpha-0", "alpha-1", "alpha-2", count=9)
    wanted = world.parse(data, known)
    then = change.apply(wanted, (before.version, before.tables), T1)
    assert then.counts["accounts"] == change.Counts(added=3)
    now = terminals(then.tables)
    assert {key: now[key] for key in known} == known
    assert Counter(now.values()) == {"alpha-0": 3, "alpha-1": 3, "alpha-2": 3}
    # Without what is known they all would be dealt out anew.
    anew = change.apply(world.parse(data), (before.version, before.tables), T1)
    assert anew.counts["accounts"].changed
