"""Live rows are hashes that people can read, and come back as they were."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings

from schema import arrow, redis
from schema.registry import TABLES, table
from tests.rows import rows_of

STATE = table("account_state")
LIVE = sorted(t.name for t in TABLES.values() if t.kind == "live" or t.name == "user_preferences")


def test_a_row_comes_back_from_its_hash() -> None:
    rows = arrow.batch(
        table("trade_state"),
        {
            "trade_id": [UUID(int=1), UUID(int=2)],
            "account_id": UUID(int=3),
            "strategy_id": UUID(int=4),
            "symbol": "EURUSD",
            "side": np.array([1, 2], np.uint8),
            "state": "open",
            "volume": np.array([1, 150_000_000]),
            "entry_price": np.array([0, 112_345_000]),
            "updated_at": datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
            "version": np.array([2**63, 9], np.uint64),
        },
    )
    hashes = redis.encode(table("trade_state"), rows)
    assert hashes[0]["trade_id"] == str(UUID(int=1))
    assert hashes[0]["volume"] == "0.00000001"
    assert hashes[0]["updated_at"] == "2026-01-02T03:04:05.000006+00:00"
    assert "entry_price" not in hashes[0]
    stored = [{k.encode(): v.encode() for k, v in each.items()} for each in hashes]
    stored[0][b"from_a_newer_release"] = b"?"
    assert redis.rows(table("trade_state"), stored) == rows
    row = redis.decode(table("trade_state"), stored[1])
    assert row["side"] == "sell"
    assert row["entry_price"] == Decimal("1.12345")


@pytest.mark.parametrize("name", LIVE)
def test_rows_of_any_value_come_back(name: str) -> None:
    which = table(name)

    @settings(max_examples=10, deadline=None)
    @given(rows_of(which))
    def check(rows: pa.RecordBatch) -> None:
        stored = [
            {field.encode(): text.encode() for field, text in each.items()}
            for each in redis.encode(which, rows)
        ]
        assert redis.rows(which, stored) == rows

    check()


def test_every_live_table_says_how_long_it_lives() -> None:
    assert redis.seconds(STATE) == 7 * 86_400
    assert redis.seconds(table("trade_state")) is None
    live = [each.name for each in TABLES.values() if each.kind == "live"]
    assert sorted(live) == [
        "account_state", "broker_state", "execution_state", "instance_health", "instance_metrics",
        "instance_state", "session_state", "token_store", "trade_state",
    ]  # fmt: skip
