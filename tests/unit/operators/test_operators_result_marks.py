"""Each minute of an account has its row, however the log is cut between two writes."""

from collections import defaultdict
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from operators.result_rows import changed
from rules.events_log import fold_entries
from rules.state import State
from rules.touched import Touched
from schema.wire import MARK, UNITS, encode

START = 1_800_000_000_000_000
MINUTE = 60_000_000
NAMES: Any = SimpleNamespace()
ONE, TWO = bytes(15) + b"\1", bytes(15) + b"\2"
Range = tuple[int, int, int]  # lowest and highest equity, and the last


def entry(at: int, marks: list[tuple[bytes, int]]) -> tuple[int, str, dict[bytes, bytes]]:
    rows = np.zeros(len(marks), MARK)
    rows["account_id"] = [account for account, _ in marks]
    for name in ("equity", "equity_low", "equity_high"):
        rows[name] = [equity * UNITS for _, equity in marks]
    rows["marked_at"], rows["currency"] = at, b"USD"
    return 0, f"{at // 1000}-0", {b"marks": encode(rows)}


def told(entries: list[Any], cuts: list[int], writes: list[bool]) -> dict[tuple[bytes, int], Range]:
    """What is stored when entries are folded in pieces, and rows are written behind some."""
    state, waiting = State(), Touched()
    stored: dict[tuple[bytes, int], tuple[int, Range]] = {}
    edges = [0, *sorted(cuts), len(entries)]
    for number, (start, end) in enumerate(pairwise(edges)):
        waiting.add(fold_entries(state, entries[start:end]))
        if not writes[number % len(writes)] and end < len(entries):
            continue
        for tables in changed(state, NAMES, waiting, []).values():
            for row in tables["account_marks"].to_pylist():
                key = (row["account_id"], int(row["minute"].timestamp()))
                columns = ("equity_low", "equity_high", "equity")
                low, high, last = (int(row[name]) for name in columns)
                before, _ = stored.get(key, (0, (0, 0, 0)))
                if row["version"] >= before:
                    stored[key] = (row["version"], (low, high, last))
        waiting = Touched()
    return {key: value for key, (_, value) in stored.items()}


def ranges(moments: list[tuple[int, list[tuple[bytes, int]]]]) -> dict[tuple[bytes, int], Range]:
    seen: defaultdict[tuple[bytes, int], list[int]] = defaultdict(list)
    for at, marks in moments:
        for account, equity in marks:
            seen[account, at // MINUTE * 60].append(equity)
    return {key: (min(values), max(values), values[-1]) for key, values in seen.items()}


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_every_minute_is_written_with_its_range(data: st.DataObject) -> None:
    steps = st.lists(st.integers(1, 90), min_size=1, max_size=12)
    at, moments = START, []
    for seconds in data.draw(steps):
        at += seconds * 1_000_000
        chosen = data.draw(st.lists(st.sampled_from([ONE, TWO]), min_size=1, unique=True))
        moments.append((at, [(account, data.draw(st.integers(1, 99))) for account in chosen]))
    entries = [entry(*moment) for moment in moments]
    cuts = data.draw(st.lists(st.integers(0, len(entries)), max_size=5))
    writes = data.draw(st.lists(st.booleans(), min_size=1, max_size=4))
    assert told(entries, cuts, writes) == ranges(moments)
