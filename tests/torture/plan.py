"""What goes wrong in a round, made from its seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from config.faults import POINTS

PARTS = (
    *("trade-0", "trade-0", "archive-duckdb", "archive-clickhouse", "clickhouse"),
    *(f"execute-{broker}-{number}" for broker in ("alpha", "beta") for number in (1, 2, 3)),
)
_BROKERS: list[dict[str, Any]] = [
    {"kind": "lose_answer"},
    {"kind": "timeout_after"},
    {"kind": "timeout_before"},
    {"kind": "disconnect"},
    {"kind": "late_history", "calls": 20},
    {"kind": "repeat", "on": "poll"},
    {"kind": "disconnect", "on": "positions"},
    {"kind": "disconnect", "on": "history"},
    {"kind": "partial", "fraction": 0.3},
    {"kind": "refuse", "retcode": 10004},  # requote
    {"kind": "refuse", "retcode": 10024},  # too many requests
]
# Points of a running system; those of migrations end before it runs.
_POINTS = sorted(name for name in POINTS if not name.startswith("migrate."))


@dataclass(frozen=True)
class Blow:
    """One thing that goes wrong: what, to which part, at which second, for how long."""

    at: float
    what: str
    part: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        rest = [self.part] if self.part else []
        rest += [f"{self.seconds:+.1f} s"] if self.seconds else []
        return f"{self.at:.1f} {' '.join([self.what, *rest])}"


@dataclass(frozen=True)
class Plan:
    """A round.

    Attributes:
        seed: of all of it.
        shards: of the trade flow.
        faults: value of TRADECAST_FAULTS.
        blows: in the order of time.
        clickhouse_down: it is away until the last alert was sent.
        brokers: what goes wrong at the terminals, by instance (see brokers.simulated.failures).
    """

    seed: int
    shards: int
    faults: str
    blows: list[Blow] = field(default_factory=list)
    clickhouse_down: bool = False
    brokers: dict[str, list[dict[str, Any]]] = field(default_factory=dict)


def make(seed: int, seconds: float, *, clock: bool, disk: bool) -> Plan:
    """Return the plan of a seed.

    Args:
        seed: whatever is random follows from it.
        seconds: time of the replay.
        clock: the clock of Valkey can be stepped here.
        disk: the home lies on a filesystem that can be filled.
    """
    rng = random.Random(seed)
    shards = rng.choice((1, 1, 2, 3))
    parts = [*PARTS, *(f"trade-{shard}" for shard in range(1, shards))]
    kinds = [
        *["kill"] * 6,
        *["pause"] * 3,
        *["reset"] * 2,
        *["stall"] * 2,
        *("kill all", "kill valkey", "restart valkey", "lock duckdb"),
        *["clock"] * (2 * clock),
        *["fill disk"] * disk,
    ]
    blows = []
    at = rng.uniform(1, 4)
    while at < seconds:
        what = rng.choice(kinds)
        part = rng.choice(parts) if what in ("kill", "pause") else ""
        length = {
            "pause": rng.choice((1.0, 4.0, 12.0)),
            "stall": rng.uniform(0.2, 4.0),
            "lock duckdb": rng.uniform(1.0, 6.0),
            "clock": rng.choice((-10.0, 10.0)),
            "fill disk": rng.uniform(2.0, 6.0),
        }.get(what, 0.0)
        blows.append(Blow(round(at, 2), what, part, round(length, 1)))
        at += rng.uniform(0.5, 5.0)
    armed = [
        f"{name}={rng.choice(('kill', 'error', f'hang:{rng.choice((1, 12))}'))}"
        f"@{rng.choice((1, 2, 5, 20))}"
        for name in rng.sample(_POINTS, 5)
    ]
    down = rng.random() < 0.15
    return Plan(seed, shards, ",".join(armed), blows, down, _brokers(rng))


def _brokers(rng: random.Random) -> dict[str, list[dict[str, Any]]]:
    """Return results that are lost, late, told twice, partial or refused, at half the terminals."""
    found = {}
    for part in rng.sample([p for p in PARTS if p.startswith("execute-")], 3):
        chosen = rng.sample(_BROKERS, 3)
        found[part.removeprefix("execute-")] = [
            {**one, "after": rng.randint(0, 60), "times": rng.randint(1, 5)} for one in chosen
        ]
    return found
