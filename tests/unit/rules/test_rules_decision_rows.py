"""Rows of `signal_decisions` against the same, said one row at a time."""

import json
from collections import Counter
from uuid import UUID

import numpy as np

from rules.decision_log import Decision
from rules.decision_rows import decision_rows
from schema.codes import ReasonCode
from schema.wire import ORDER, VERDICT

SIGNALS = np.array([bytes([n]) * 16 for n in (1, 2, 0)], "V16")
REASONS = [ReasonCode.NONE, ReasonCode.QUOTE_STALE, ReasonCode.EXPOSURE_PAUSED]


def decision(seed: int, verdicts: int) -> Decision:
    random = np.random.default_rng(seed)
    made, orders = np.zeros(verdicts, VERDICT), np.zeros(verdicts // 2, ORDER)
    made["signal_id"] = SIGNALS[random.integers(0, len(SIGNALS), verdicts)]
    made["account_id"] = np.frombuffer(random.bytes(16 * verdicts), "V16")
    made["reason"] = random.choice(REASONS, verdicts)
    made["legs"] = random.integers(0, 2, verdicts)
    made["entry_ms"], made["entry_seq"] = 1000 + seed, np.arange(verdicts)
    orders["signal_id"] = made["signal_id"][: len(orders)]
    return Decision(previous="0-0", events="0-0", marks={}, config=1, orders=orders, verdicts=made)


def test_each_row_tells_what_its_decision_says_of_its_signal() -> None:
    decisions = [decision(1, 12), decision(2, 1), decision(3, 40)]
    of, columns = decision_rows(decisions)
    expected = [
        (place, key)
        for place, one in enumerate(decisions)
        for key in dict.fromkeys(one.verdicts["signal_id"].tolist())
    ]
    assert list(zip(of.tolist(), columns["signal_id"].tolist(), strict=True)) == expected
    for row, (place, key) in enumerate(expected):
        verdicts, orders = decisions[place].verdicts, decisions[place].orders
        mine = [one for one in verdicts if one["signal_id"].tobytes() == key]
        assert columns["accounts"][row] == len(mine)
        assert columns["dispatched"][row] == sum(one["legs"] > 0 for one in mine)
        assert columns["orders"][row] == orders["signal_id"].tolist().count(key)
        assert columns["entry_id"][row] == f"{mine[0]['entry_ms']}-{mine[0]['entry_seq']}"
        accounts = [str(UUID(bytes=one["account_id"].tobytes())) for one in mine]
        assert json.loads(columns["account_ids"][row]) == accounts
        counted = Counter(ReasonCode(one["reason"]).name for one in mine)
        assert json.loads(columns["reasons"][row]) == counted
