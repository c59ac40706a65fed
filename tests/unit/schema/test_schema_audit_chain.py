"""A chain of seals names what was changed, removed, moved or put in."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schema import audit_chain
from schema.audit_chain import Breach, Head

T0 = datetime(2026, 11, 21, tzinfo=UTC)
NOW = T0 + timedelta(days=1)


def row(number: int) -> dict[str, Any]:
    return {
        "id": UUID(int=number), "user_id": None, "actor": "ann", "action": "update",
        "resource_type": "users", "resource_id": "7", "old_values": None,
        "new_values": '{"a":1}', "ip_address": None, "user_agent": None,
        "created_at": T0 + timedelta(minutes=number), "version": 1,
    }  # fmt: skip


@pytest.fixture
def rows() -> list[dict[str, Any]]:
    return [row(number) for number in range(10)]


@pytest.fixture
def seals(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Three seals over three rows each; the tenth row has none."""
    made: list[dict[str, Any]] = []
    for number in range(3):
        some = rows[3 * number : 3 * number + 3]
        made.append(audit_chain.seal(made[-1] if made else None, some, some[-1]["created_at"], NOW))
    return made


def breaches(
    seals: Any, rows: Any, *heads: Head, now: datetime = NOW
) -> list[tuple[str, str, str]]:
    rows = sorted(rows, key=lambda each: (each["created_at"], each["id"]))
    found = audit_chain.verify(seals, rows, heads, now).breaches
    return [(each.table, each.name[-2:], each.what) for each in found]


def test_what_was_not_touched_holds(rows: Any, seals: Any) -> None:
    found = audit_chain.verify(seals, rows, [Head(2, seals[1]["hash"])], NOW)
    assert (found.breaches, found.seals, found.rows, found.unsealed) == ([], 3, 9, 1)
    assert found.head == Head(3, seals[2]["hash"])
    # What a driver makes of a row does not matter, nor that its user has gone.
    told = [each | {"id": str(each["id"]), "user_id": "x", "version": "1"} for each in rows]
    spelled = [
        each | {"digests": json.dumps(json.loads(each["digests"]), indent=3)} for each in seals
    ]
    assert breaches(spelled, told) == []


@pytest.mark.parametrize("name", [n for n in audit_chain.HASHED if n not in {"id", "created_at"}])
def test_a_changed_row_is_named(name: str, rows: Any, seals: Any) -> None:
    rows[4][name] = "x"
    assert breaches(seals, rows) == [("audit_log", "04", "the row was changed under seal 2")]


def test_a_removed_row_is_named(rows: Any, seals: Any) -> None:
    del rows[4]
    assert breaches(seals, rows) == [
        ("audit_log", "04", "the row was removed, or moved in time, under seal 2")
    ]


def test_a_row_that_was_put_in_is_named(rows: Any, seals: Any) -> None:
    late = row(77) | {"created_at": rows[4]["created_at"] + timedelta(seconds=1)}
    assert breaches(seals, [*rows, late]) == [
        ("audit_log", "4d", "the row was put in under seal 2")
    ]


def test_rows_that_changed_places_are_named(rows: Any, seals: Any) -> None:
    rows[3]["created_at"], rows[5]["created_at"] = rows[5]["created_at"], rows[3]["created_at"]
    assert breaches(seals, rows) == [
        ("audit_log", "05", "the row was changed under seal 2"),
        ("audit_log", "03", "the row was changed under seal 2"),
    ]
    rows[0]["created_at"] = rows[8]["created_at"]
    assert {each[:2] for each in breaches(seals, rows)} == {
        ("audit_log", n) for n in ("00", "03", "05")
    }


def test_a_removed_seal_is_named(rows: Any, seals: Any) -> None:
    removed = ("audit_seals", "2", "the seal was removed")
    assert breaches([seals[0], seals[2]], rows) == [removed]
    assert breaches(seals[1:], rows) == [("audit_seals", "1", "the seal was removed")]
    # The end can be cut off, unless it was noted elsewhere.
    head = Head(3, seals[2]["hash"])
    assert breaches(seals[:2], rows) == []
    assert breaches(seals[:2], rows, head) == [
        ("audit_seals", "3", "the seal was removed from the end")
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("hash", "0" * 64), ("previous_hash", "1" * 64), ("row_count", 4), ("sealed_at", T0),
     ("sealed_until", T0 + timedelta(minutes=5, seconds=1)), ("first_id", UUID(int=9))],
)  # fmt: skip
def test_a_changed_seal_is_named(name: str, value: Any, rows: Any, seals: Any) -> None:
    seals[1][name] = value
    assert ("audit_seals", "2", "the seal was changed") in breaches(seals, rows)


def test_a_chain_made_anew_is_not_the_one_that_was_noted(rows: Any, seals: Any) -> None:
    before = copy.deepcopy(seals)
    rows[1]["actor"] = "bob"
    anew: list[dict[str, Any]] = []
    for each in before:
        some = [r for r in rows if each["sealed_after"] < r["created_at"] <= each["sealed_until"]]
        some = rows[:3] if not anew else some
        anew.append(audit_chain.seal(anew[-1] if anew else None, some, each["sealed_until"], NOW))
    assert breaches(anew, rows) == []
    noted = Head(1, before[0]["hash"])
    assert breaches(anew, rows, noted) == [
        ("audit_seals", "1", "it is not the seal that was noted elsewhere")
    ]
    assert breaches([before[0], *anew[1:]], rows)[:1] == [
        ("audit_log", "01", "the row was changed under seal 1")
    ]
    assert ("audit_seals", "2", "it does not follow the seal before it") in breaches(
        [before[0], *anew[1:]], rows
    )


def test_rows_that_are_old_enough_may_go_with_all_of_their_seal(rows: Any, seals: Any) -> None:
    later = T0 + timedelta(days=1100)
    assert breaches(seals, rows[3:], now=later) == []
    assert audit_chain.verify(seals, rows[3:], [], later).expired == 1
    assert len(breaches(seals, rows[3:])) == 3
    assert breaches(seals, rows[2:], now=later) == [
        ("audit_log", "00", "the row was removed, or moved in time, under seal 1"),
        ("audit_log", "01", "the row was removed, or moved in time, under seal 1"),
    ]


def test_nothing_is_no_breach() -> None:
    found = audit_chain.verify([], [], [], NOW)
    assert (found.breaches, found.head) == ([], None)
    assert audit_chain.verify([], [], [Head(1, "0" * 64)], NOW).breaches == [
        Breach("audit_seals", "1", "the seal was removed from the end")
    ]
