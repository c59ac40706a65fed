"""One bad row in a batch stops no store: the others are stored, and it is told."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from schema import arrow, keys
from schema.ids import make_id
from schema.registry import table
from sinks.duckdb.client import open_or_connect
from sinks.results import ResultsWriter
from sinks.sifting import sift
from tests.integration.sinks.archives import Archive, stored_everywhere
from tests.rows import some_rows
from tests.servers import ClickHouseServer, ValkeyServer, eventually

if TYPE_CHECKING:
    from pathlib import Path

    import redis

TRADES = table("trades")
NOW = datetime.now(UTC)
KEYS = [make_id("trade", str(n)).bytes for n in range(4)]


def replaced(rows: pa.RecordBatch, name: str, values: Any) -> pa.RecordBatch:
    at = rows.schema.get_field_index(name)
    return rows.set_column(
        at, rows.schema.field(name), pa.array(values, rows.schema.field(name).type)
    )


def batch() -> pa.RecordBatch:
    """Four trades; the second has an infinite figure, the third a word that there is not."""
    rows = some_rows(TRADES, 1).take(pa.array([0, 0, 0, 0]))
    words = rows.column("status").to_pylist()
    rows = replaced(rows, TRADES.key[0], KEYS)
    rows = replaced(rows, TRADES.time or "", [NOW] * 4)  # no TTL yet
    rows = replaced(rows, "pips", [1.0, float("inf"), 2.0, float("nan")])
    return replaced(rows, "status", [words[0], words[0], "sold", words[0]])


def test_the_same_rows_make_the_same_events() -> None:
    tables = {TRADES.name: pa.Table.from_batches([batch()])}
    first, refused = sift(tables, {"s": "5-0"})
    again, _ = sift(tables, {"s": "5-0"})
    assert first["trades"].num_rows == 1
    assert first == again
    assert [each.row for each in refused] == [1, 2, 3]
    events = first["system_event_log"].to_pylist()
    assert {event["kind"] for event in events} == {"row_refused"}
    assert len({event["event_id"] for event in events}) == 3
    details = json.loads(events[0]["details"])
    assert (details["table"], details["column"]) == ("trades", "pips")
    assert details["row"]["pips"] == "inf"
    assert bytes.fromhex(details["row"][TRADES.key[0]].replace("-", "")) == KEYS[1]
    assert set(details["row"]) == set(TRADES.names)
    # Good rows pass as they are, not even copied.
    good = {"system_event_log": first["system_event_log"]}
    kept, none = sift(good, {})
    assert none == []
    assert kept["system_event_log"] is good["system_event_log"]


@pytest.mark.parametrize("store", ["duckdb", "clickhouse"])
def test_the_rest_of_a_batch_is_stored(
    store: str,
    valkey: ValkeyServer,
    redis_client: redis.Redis,
    migrated_clickhouse: ClickHouseServer,
    tmp_path: Path,
) -> None:
    url = f"{migrated_clickhouse.url}/default"
    archive = Archive(store, valkey.unix_url, tmp_path, url)
    try:
        archive.start()
        writer = ResultsWriter(redis_client)
        for partition in range(4):
            bad = batch() if partition == 1 else replaced(batch(), "pips", [1.0] * 4)
            bad = (
                bad
                if partition == 1
                else replaced(bad, "status", [bad.column("status")[0].as_py()] * 4)
            )
            writer.write([(keys.results(partition), {"trades": bad})])
        eventually(lambda: stored_everywhere(redis_client, store), what="all is stored")
        assert archive.stop() == 0
        queries = (
            "SELECT count(*) AS n FROM trades",
            "SELECT message FROM system_event_log ORDER BY message",
        )
        if store == "duckdb":
            with open_or_connect(archive.home / "d.sock", archive.home / "duckdb") as reader:
                trades, events = (reader.query(query).read_all().to_pylist() for query in queries)
        else:
            with migrated_clickhouse.client() as client:
                trades, events = (client.query_arrow(query).to_pylist() for query in queries)
        assert trades == [{"n": 4}]  # the key is the same in every partition
        messages = [event["message"] for event in events]
        assert [message.partition(" is refused")[0] for message in messages] == [
            "table trades, column pips: inf",
            "table trades, column pips: nan",
            "table trades, column status: 'sold'",
        ]
    finally:
        archive.close()


def test_the_schema_of_a_batch_is_kept() -> None:
    sifted, _ = sift({"trades": pa.Table.from_batches([batch()])}, {})
    assert sifted["trades"].schema == arrow.schema(TRADES)
