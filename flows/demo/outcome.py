"""What came of a demo: counted from the stores, and printed as one table or one JSON object."""

from __future__ import annotations

import json
import math
import urllib.request
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from prometheus_client.parser import text_string_to_metric_families

from flows import audit
from flows.stores import values
from schema.codes import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from flows.stores import Store, StoreName

# Checks that count tickets and records beyond the one that there should be.
_TOO_MANY = ("leg_with_two_tickets", "magic_with_two_tickets", "entry_recorded_twice")
_ENTRIES = "trade_signal", "signal_rejection", "signal_resend"
# Why nobody trades a good alert where processes are killed, or the machine is slow for its load:
# something was too old, new exposure waited for room, or an order was lost before the broker.
_HINDRANCES = (
    ReasonCode.SIGNAL_TOO_OLD,
    ReasonCode.BALANCE_STALE,
    ReasonCode.QUOTE_STALE,
    ReasonCode.RATE_STALE,
    ReasonCode.EXPOSURE_PAUSED,
    ReasonCode.ORDER_EXPIRED,
    ReasonCode.EXECUTOR_RESTARTED,
    ReasonCode.AMBIGUOUS,
    ReasonCode.JOURNAL_LOST,
    ReasonCode.NO_LEASE,
    ReasonCode.EARLIER_UNRESOLVED,
)


@dataclass
class Outcome:
    """Everything that the demo says at its end; the JSON object has the same names."""

    signals: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)
    reasons: dict[str, int] = field(default_factory=dict)
    unaccounted: int = 0
    duplicates: int = 0
    latency_ms: dict[str, dict[str, float | None]] = field(default_factory=dict)
    rows: dict[str, dict[str, int]] = field(default_factory=dict)
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether laws 1 and 2 hold."""
        return not (self.unaccounted or self.duplicates or self.problems)

    def as_json(self) -> dict[str, Any]:
        """The object of `--json`."""
        named = dict(vars(self))
        named.pop("problems")
        return named


def count(outcome: Outcome, store: Store, name: StoreName) -> None:
    """Count what one store has of it."""
    rows = audit.row_counts(store, name)
    outcome.rows[name] = rows
    findings = audit.check(store, name)
    for finding in findings:
        if finding.breaks:
            outcome.problems.append(f"{name}: {finding.check}: {finding.count}")
    by_name = {finding.check: finding.count for finding in findings}
    doubled = sum(by_name[check] for check in by_name if check.startswith("duplicate_key_"))
    outcome.unaccounted = max(outcome.unaccounted, sum(by_name[one] for one in audit.UNACCOUNTED))
    outcome.duplicates = max(outcome.duplicates, doubled + sum(by_name[one] for one in _TOO_MANY))


def describe(outcome: Outcome, store: Store) -> None:
    """Fill in outcomes, reasons and the first latency, from one store."""
    outcome.orders = int(values(store, "SELECT count(*) FROM orders")[0][0])
    pairs = values(
        store,
        "SELECT outcome, reason_code, count(*) FROM signal_execution_status"
        " GROUP BY outcome, reason_code"
        " UNION ALL SELECT outcome, reason_code, count(*) FROM trade_signal"
        " WHERE outcome <> 'none' GROUP BY outcome, reason_code",
    )
    rejected = values(store, "SELECT reason_code, count(*) FROM signal_rejection GROUP BY 1")
    outcomes: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for word, reason, number in pairs:
        # A pair without an outcome has a pending order at the broker; else it is unaccounted.
        outcomes["working" if word == "none" else word] += number
        if reason not in ("NONE", "", None):
            reasons[reason] += number
    for reason, number in rejected:
        reasons[reason] += number
    outcome.outcomes = dict(outcomes.most_common())
    outcome.reasons = dict(reasons.most_common())
    found = [
        float(row[0])
        for row in values(
            store,
            "SELECT received_to_claimed_ms FROM result_metrics"
            " WHERE received_to_claimed_ms IS NOT NULL",
        )
    ]
    to_order = {"p50": _quantile(found, 0.5), "p99": _quantile(found, 0.99)}
    outcome.latency_ms = {"signal_to_order": to_order, **outcome.latency_ms}


def hindered(store: Store) -> set[str]:
    """Signals that every subscriber has answered, one of them that a hindrance was in the way."""
    words = ", ".join(f"'{code.name}'" for code in _HINDRANCES)
    rows = values(
        store,
        "SELECT CAST(answered.signal_id AS VARCHAR) FROM trade_signal AS sent JOIN ("  # noqa: S608 - words of the enum
        "SELECT signal_id, sum(CASE WHEN outcome = 'none' THEN 0 ELSE 1 END) AS answers,"
        f" sum(CASE WHEN reason_code IN ({words}) THEN 1 ELSE 0 END) AS hindrances"
        " FROM signal_execution_status GROUP BY signal_id"
        ") AS answered ON answered.signal_id = sent.signal_id"
        " WHERE answers >= subscribers AND hindrances > 0",
    )
    return {signal for (signal,) in rows}


def match_entries(outcome: Outcome, sent: Path, store: Store) -> None:
    """Compare the entries that were sent with those that are recorded."""
    with sent.open(encoding="utf-8") as lines:
        entries = [json.loads(line) for line in lines]
    wanted = {(entry["stream"], entry["entry_id"]) for entry in entries}
    recorded: dict[str, set[tuple[int, str]]] = {
        table: {
            (int(stream), entry_id)
            for stream, entry_id in values(store, f"SELECT stream, entry_id FROM {table}")  # noqa: S608
        }
        for table in _ENTRIES
    }
    accepted, rejected, resent = (recorded[table] for table in _ENTRIES)
    missing = wanted - accepted - rejected - resent
    outcome.signals = {
        "sent": len(entries),
        "accepted": len(accepted),
        "rejected": len(rejected),
        "resent": len(resent),
    }
    if missing:
        outcome.unaccounted += len(missing)
        outcome.problems.append(f"{len(missing)} of {len(wanted)} entries are not recorded")
    kinds = {(entry["stream"], entry["entry_id"]): entry["kind"] for entry in entries}
    wrong = Counter(
        kind
        for place, kind in kinds.items()
        if kind not in ("", "good", "resend") and place in accepted
    )
    outcome.problems += [
        f"{number} bad alerts ({kind}) were accepted" for kind, number in wrong.items()
    ]


def signal_to_stores(ports: Iterable[int]) -> dict[str, float | None]:
    """Quantiles of the archives' histograms, in milliseconds: those of the slower store.

    None of an archive that does not answer: what it had measured has ended with it.
    """
    slowest: dict[str, float | None] = {"p50": None, "p99": None}
    for port in ports:
        buckets = _buckets(port)
        for name, share in (("p50", 0.5), ("p99", 0.99)):
            found = _of_buckets(buckets, share)
            before = slowest[name]
            if found is not None and (before is None or found > before):
                slowest[name] = found
    return slowest


def _buckets(port: int) -> list[tuple[float, float]]:
    from flows.archive_metrics import LATENCY  # noqa: PLC0415 - the name only

    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return []
    return [
        (float(sample.labels["le"]), sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == f"{LATENCY}_bucket"
    ]


def _of_buckets(buckets: Sequence[tuple[float, float]], share: float) -> float | None:
    if not buckets or not buckets[-1][1]:
        return None
    wanted = share * buckets[-1][1]
    edge = next(edge for edge, total in buckets if total >= wanted)
    return None if math.isinf(edge) else round(edge * 1000, 1)


def _quantile(found: list[float], share: float) -> float | None:
    if not found:
        return None
    ordered = sorted(found)
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3)


def show(outcome: Outcome) -> None:
    """Print the table."""
    from rich.console import Console  # noqa: PLC0415 - takes a tenth of a second
    from rich.table import Table  # noqa: PLC0415

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(justify="right")
    table.add_column(justify="right")
    _section(table, "signals", outcome.signals)
    table.add_row("orders", f"{outcome.orders:,}")
    _section(table, "outcomes", outcome.outcomes)
    _section(table, "reasons", outcome.reasons)
    for name, latency in outcome.latency_ms.items():
        told = [f"{key} {value:g} ms" for key, value in latency.items() if value is not None]
        table.add_row(name.replace("_", " "), *told)
    if outcome.rows:
        _rows(table, outcome.rows)
    table.add_row("duplicates", str(outcome.duplicates))
    table.add_row("unaccounted", str(outcome.unaccounted))
    table.add_row("seconds", f"{outcome.seconds:.1f}")
    console = Console()
    console.print(table)
    for problem in outcome.problems:
        console.print(f"problem: {problem}", style="red", markup=False)
    console.print(
        "Nothing was lost and nothing doubled." if outcome.ok else "Laws 1 and 2 do NOT hold."
    )


def _rows(table: Any, stores: Mapping[str, Mapping[str, int]]) -> None:
    """Rows of each table, the stores side by side."""
    table.add_row("rows", *stores)
    names = dict.fromkeys(name for rows in stores.values() for name in rows)
    for name in names:
        counts = [rows.get(name, 0) for rows in stores.values()]
        if any(counts):
            table.add_row(f"  {name}", *(f"{count:,}" for count in counts))
    table.add_row("  all", *(f"{sum(rows.values()):,}" for rows in stores.values()))


def _section(table: Any, title: str, numbers: Mapping[str, int]) -> None:
    table.add_row(title, f"{sum(numbers.values()):,}" if title != "signals" else "")
    for name, number in numbers.items():
        table.add_row(f"  {name}", f"{number:,}")
