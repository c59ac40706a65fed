"""Rows of `signal_decisions`: what each partition decided of each signal, in columns.

A fan-out makes one decision in every partition, so these are many small groups: what they
count is counted for all of them at once.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rules.decision_log import Decision
from rules.tables import joined
from schema.codes import ReasonCode
from schema.wire import Records

Number = NDArray[np.int64]
_NAMES = {int(code): code.name for code in ReasonCode}


def decision_rows(decisions: Sequence[Decision]) -> tuple[Number, dict[str, Any]]:
    """Return one row per decision and signal, in their order.

    Returns:
        For each row the place of its decision, and the columns that are the signal's own.
    """
    verdicts, owner = _joined([one.verdicts for one in decisions])
    orders, order_owner = _joined([one.orders for one in decisions])
    keys = list(_keys(owner, verdicts))
    row_of = {key: row for row, key in enumerate(dict.fromkeys(keys))}
    rows = len(row_of)
    row = np.fromiter(map(row_of.__getitem__, keys), np.int64, len(keys))
    order_row = np.fromiter(map(row_of.__getitem__, _keys(order_owner, orders)), np.int64)
    first = np.full(rows, len(row), np.int64)
    np.minimum.at(first, row, np.arange(len(row)))
    heads = verdicts[first]
    entries = zip(heads["entry_ms"].tolist(), heads["entry_seq"].tolist(), strict=True)
    return owner[first], {
        **{n: heads[n] for n in ("signal_id", "strategy_id", "stream", "received_at")},
        "decided_at": heads["decided_at"],
        "entry_id": [f"{ms}-{seq}" for ms, seq in entries],
        "accounts": np.bincount(row, minlength=rows),
        "dispatched": np.bincount(row[verdicts["legs"] > 0], minlength=rows),
        "orders": np.bincount(order_row, minlength=rows),
        "account_ids": _accounts(row, verdicts["account_id"].tolist(), rows),
        "reasons": _reasons(row, verdicts["reason"], rows),
    }


def _joined(parts: Sequence[Records]) -> tuple[Records, Number]:
    """Return records of all parts, and the place of the part that each is of."""
    sizes = [len(part) for part in parts]
    return joined(parts), np.repeat(np.arange(len(parts)), sizes)


def _keys(owner: Number, records: Records) -> Iterable[tuple[int, bytes]]:
    return zip(owner.tolist(), records["signal_id"].tolist(), strict=True)


def _accounts(row: Number, account_ids: list[bytes], rows: int) -> list[str]:
    """Return the accounts of each row as a JSON list."""
    texts: list[list[str]] = [[] for _ in repeat(None, rows)]
    for at, account in zip(row.tolist(), account_ids, strict=True):
        digits = account.hex()
        texts[at].append(
            f'"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"'
        )
    return [f"[{','.join(each)}]" for each in texts]


def _reasons(row: Number, reasons: NDArray[np.uint8], rows: int) -> list[str]:
    """Return the number of accounts by reason of each row, as a JSON object."""
    texts: list[list[str]] = [[] for _ in repeat(None, rows)]
    found, counts = np.unique(row << 8 | reasons, return_counts=True)
    for both, count in zip(found.tolist(), counts.tolist(), strict=True):
        texts[both >> 8].append(f'"{_NAMES[both & 255]}":{count}')
    return [f"{{{','.join(each)}}}" for each in texts]
