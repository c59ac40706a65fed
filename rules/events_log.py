"""Events as they stand in the log of a partition, folded in columns over many entries."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rules.fold_deals import fold_deals
from rules.fold_marks import fold_marks
from rules.fold_reports import fold_reports
from rules.state import State
from rules.tables import joined
from rules.touched import Touched, version_of
from schema.wire import DEAL, MARK, REPORT, Records, decode

EventEntry = tuple[int, str, Mapping[bytes, bytes]]
"""Partition, id and fields of an entry of `{p}:events`."""


def _gather(
    entries: Sequence[EventEntry], field: bytes, dtype: np.dtype[np.void]
) -> tuple[Records, NDArray[np.int32], NDArray[np.int64]]:
    parts, partitions, versions, sizes = [], [], [], []
    for partition, entry_id, fields in entries:
        data = fields.get(field)
        if data:
            ms, _, seq = entry_id.partition("-")
            parts.append(decode(data, dtype))
            partitions.append(partition)
            versions.append(version_of(int(ms), int(seq)))
            sizes.append(len(parts[-1]))
    if not parts:
        return np.zeros(0, dtype), np.zeros(0, np.int32), np.zeros(0, np.int64)
    records = joined(parts)
    return (
        records,
        np.repeat(np.array(partitions, np.int32), sizes),
        np.repeat(np.array(versions, np.int64), sizes),
    )


def fold_entries(state: State, entries: Sequence[EventEntry]) -> Touched:
    """Fold entries of one or more partitions, those of one partition in the order of the log.

    What comes of them, versions too, does not depend on how the log was cut: of an account that
    is in several entries one is folded after the other. Accounts know nothing of each other.

    Raises:
        ValueError: If an entry is damaged.
    """
    touched = Touched()
    for together in _rounds(entries):
        reports, _, versions = _gather(together, b"reports", REPORT)
        touched.add(fold_reports(state, reports, versions))
        deals, partitions, versions = _gather(together, b"deals", DEAL)
        touched.add(fold_deals(state, deals, partitions, versions))
    marks, partitions, versions = _gather(entries, b"marks", MARK)
    touched.add(fold_marks(state, marks, partitions, versions))
    return touched


def _rounds(entries: Sequence[EventEntry]) -> list[list[EventEntry]]:
    """Split entries so that no account has reports or deals in two entries of one round."""
    rounds: list[list[EventEntry]] = []
    following: dict[bytes, int] = {}  # account -> its next round
    for entry in entries:
        accounts = _accounts(entry[2])
        turn = max((following.get(account, 0) for account in accounts), default=0)
        following.update(dict.fromkeys(accounts, turn + 1))
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(entry)
    return rounds


def _accounts(fields: Mapping[bytes, bytes]) -> set[bytes]:
    found: set[bytes] = set()
    for field, dtype in ((b"reports", REPORT), (b"deals", DEAL)):
        if data := fields.get(field):
            found.update(decode(data, dtype)["account_id"].tolist())
    return found
