"""What of a running system is not well, from what its parts tell."""

from typing import Any

import pytest

from flows.health import problems

NOW = 1_700_000_000.0
READY, ROUND = (
    "tradecast_trade_ready{shard=0}",
    "tradecast_trade_last_round_timestamp_seconds{shard=0}",
)
HELD, NEEDED = (f"tradecast_execute_{name}{{terminal=a}}" for name in ("leases", "partitions"))
SPOOL, KEPT = "tradecast_archive_spool_bytes{store=duckdb}", "tradecast_trade_spool_bytes{shard=0}"
DAMAGED = "tradecast_trade_spool_damaged_files{shard=0}"
SHARD = {READY: 1.0, ROUND: NOW - 1}
TURN = "tradecast_execute_last_turn_timestamp_seconds{terminal=a}"
EXECUTOR = {HELD: 5.0, NEEDED: 5.0, TURN: NOW - 1}


def part(name: str, metrics: dict[str, float] | None = None, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "state": "running", "uptime_seconds": 100.0}
    return made | {"answers": metrics is not None, "metrics": metrics or {}} | more


def system(**instead: dict[str, Any]) -> list[dict[str, Any]]:
    parts = {
        "up": part("up"),
        "valkey": part("valkey"),
        "archive-duckdb": part("archive-duckdb", {}),
        "trade-0": part("trade-0", SHARD),
        "execute-a": part("execute-a", EXECUTOR),
    }
    return list((parts | {one["name"]: one for one in instead.values()}).values())


def streams(signals: int = 0, behind: float = 0.0) -> list[dict[str, Any]]:
    return [
        {"streams": "signals", "entries": signals},
        {"streams": "results", "entries": 9, "lag_seconds_duckdb": behind},
    ]


def look(parts: list[dict[str, Any]], **more: Any) -> list[str]:
    configured = more.pop("configured", True)
    told = streams(**more)
    return problems(parts, told, configured=configured, now=NOW)


def test_a_system_at_work_is_well() -> None:
    assert look(system(), signals=3, behind=2.0) == []


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (part("trade-0", state="waiting to be started again"), "trade-0 is waiting"),
        (part("execute-b", state="not running"), "execute-b is not running"),
        (part("trade-0"), "trade-0 does not answer"),
        (part("snapshots-0"), "snapshots-0 does not answer"),
        (part("trade-0", {READY: 0.0, ROUND: 0.0}), "trade-0 decides nothing"),
        (part("trade-0", {READY: 1.0, ROUND: NOW - 40}), "trade-0 has finished no round"),
        (part("archive-duckdb", {SPOOL: 2.5e6}), "archive-duckdb keeps 2,500 kB of rows on disk"),
        (part("trade-0", {**SHARD, KEPT: 1e5}), "trade-0 keeps 100 kB of rows on disk until Redis"),
        (part("trade-0", {**SHARD, DAMAGED: 2.0}), "trade-0 has put 2 damaged files of its spool"),
        (part("execute-a", {**EXECUTOR, HELD: 3.0}), "execute-a holds 3 of 5 leases"),
        (part("execute-a", {**EXECUTOR, TURN: NOW - 40}), "execute-a has finished no turn"),
        (part("execute-a", {**EXECUTOR, TURN: 0.0, HELD: 0.0}), "execute-a has finished no turn"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_stands_still_is_named(changed: dict[str, Any], words: str) -> None:
    (found,) = look(system(changed=changed))
    assert found.startswith(words)


@pytest.mark.parametrize(
    "young",
    [
        part("trade-0", uptime_seconds=5.0),
        part("trade-0", {READY: 0.0}, uptime_seconds=5.0),
        part("execute-a", {HELD: 0.0, NEEDED: 5.0}, uptime_seconds=5.0),
    ],
)
def test_what_has_just_started_has_time(young: dict[str, Any]) -> None:
    assert look(system(young=young)) == []


def test_a_store_that_lacks_old_rows_is_behind() -> None:
    assert look(system(), behind=45.0) == ["duckdb is 45 s behind"]
    young = part("up", uptime_seconds=5.0)
    assert look(system(young=young), behind=45.0) == [], "it was down until now"


def test_a_new_system_has_nothing_to_decide_by_and_nothing_to_decide() -> None:
    parts = system(new=part("trade-0", {READY: 0.0}))
    assert look(parts, configured=False) == []
    assert len(look(parts, configured=False, signals=1)) == 1


def test_of_a_part_that_serves_no_metrics_its_process_alone_is_looked_at() -> None:
    assert look(system(silent=part("trade-0", answers=None))) == []
