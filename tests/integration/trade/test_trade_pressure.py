"""A Redis that fills up: rows go to disk, then new exposure stops, then all of it comes back."""

from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import redis

from operators.pressure import Pressure
from schema import arrow, keys
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome
from schema.registry import table
from sinks import results as results_sink
from sinks import spooled_results
from sinks.results import ResultsWriter
from sinks.spool import Spool
from sinks.spooled_results import SpooledResults
from tests.integration.trade.desk import Desk, partition_of, wait
from tests.servers import MemoryBound

_numbers = count()


@pytest.fixture
def filled(desk: Desk, memory_bound: MemoryBound) -> Desk:
    desk.end()
    desk.start(snapshot_seconds=80_000)  # verdicts are counted in the log, so nothing may go
    memory_bound.weigh_down()
    return desk


def results(desk: Desk) -> int:
    return sum(int(desk.client.xlen(keys.results(p))) for p in range(64))


def verdicts(desk: Desk) -> list[Any]:
    return [verdict for _, decision in desk.decisions() for verdict in decision.verdicts]


def decide(desk: Desk, action: str) -> list[ReasonCode]:
    """Send a signal, and return what was said to the five accounts."""
    before = len(verdicts(desk))
    desk.market()
    desk.send(action=action, signal_id=f"{action}-{next(_numbers)}")
    wait(lambda: len(verdicts(desk)) == before + 5)
    newest = max(int(v["received_at"]) for v in verdicts(desk))
    return [ReasonCode(int(v["reason"])) for v in verdicts(desk) if v["received_at"] == newest]


def test_rows_are_spooled_at_70_percent_and_come_back(
    filled: Desk, memory_bound: MemoryBound
) -> None:
    desk = filled
    decide(desk, "buy")
    memory_bound.fill(0.76)
    wait(lambda: (decide(desk, "buy"), desk.spooled() > 0)[1])
    before = results(desk)
    assert decide(desk, "buy") == [ReasonCode.NONE] * 5
    wait(lambda: desk.spooled() > 1)
    assert results(desk) == before, "no row goes to Redis"
    memory_bound.restore()
    wait(lambda: desk.spooled() == 0)
    orders = {o["order_id"].tobytes() for o in desk.orders()}
    wait(lambda: {row["order_id"] for row in desk.rows("orders")} == orders)
    wait(lambda: len({r["signal_id"] for r in desk.rows("trade_signal")}) == len(orders) // 5)


def test_exposure_stops_at_85_percent_and_reductions_go_on(
    filled: Desk, memory_bound: MemoryBound
) -> None:
    desk = filled
    decide(desk, "buy")
    for ticket, order in enumerate(desk.orders(), 1):
        desk.report(partition_of(desk, order), order, Outcome.FILLED, ticket)
    wait(lambda: len(desk.rows("trades")) >= 5)
    memory_bound.fill(0.90)
    wait(lambda: decide(desk, "buy") == [ReasonCode.EXPOSURE_PAUSED] * 5)
    assert decide(desk, "close") == [ReasonCode.NONE] * 5
    assert [o["kind"] for o in desk.orders()].count(LegKind.CLOSE) >= 5
    memory_bound.restore()
    wait(lambda: decide(desk, "buy") == [ReasonCode.NONE] * 5)


def a_row() -> pa.RecordBatch:
    given = {
        "uuid": bytes(16),
        "text": "1-1",
        "timestamp": datetime(2026, 11, 21, tzinfo=UTC),
    }
    resend = table("signal_resend")
    kinds = {c.name: c.type.name.partition("(")[0] for c in resend.columns}
    return arrow.batch(resend, {name: [given.get(kind, 1)] for name, kind in kinds.items()})


def test_a_full_spool_says_so_and_takes_rows_again(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    room = Pressure(lambda: 0.0, spools=True, crowded=True)
    rows = a_row()
    entry = [(keys.results(3), {"signal_resend": rows})]
    spool = Spool(tmp_path, limit=4000)
    results = SpooledResults(ResultsWriter(redis_client), spool, room)
    while results.write(entry):
        assert not results.full
    assert results.full
    kept = len(spool)
    assert kept >= 1
    assert redis_client.xlen(keys.results(3)) == 0
    room.spools = room.crowded = False
    for _ in range(kept):
        results.drain()
    assert not results.full
    assert redis_client.xlen(keys.results(3)) == kept
    assert len(spool) == 0


def test_rows_that_redis_has_no_memory_for_are_spooled(
    redis_client: redis.Redis, memory_bound: MemoryBound, tmp_path: Path
) -> None:
    rows = a_row()
    spool = Spool(tmp_path, limit=1 << 20)
    writer = ResultsWriter(redis_client)
    writer.announce()
    memory_bound.leave_none()
    results = SpooledResults(writer, spool, Pressure(lambda: 0.0))
    assert results.write([(keys.results(3), {"signal_resend": rows})])
    assert len(spool) == 1


def spooled(writer: ResultsWriter, spool: Spool, rows: int = 1) -> None:
    """Put rows of one partition into a spool."""
    many = pa.Table.from_batches([a_row()] * rows).combine_chunks().to_batches()[0]
    room = Pressure(lambda: 1.0, spools=True, crowded=True)
    assert SpooledResults(writer, spool, room).write([(keys.results(3), {"signal_resend": many})])


def test_rows_go_to_redis_when_the_spool_is_full_and_there_is_room(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    """Else nothing could be trimmed, and the logs would grow instead."""
    room = Pressure(lambda: 0.8, spools=True)
    results = SpooledResults(ResultsWriter(redis_client), Spool(tmp_path, limit=10), room)
    assert results.write([(keys.results(3), {"signal_resend": a_row()})])
    assert results.write_signals(0, "5-0", {"signal_resend": a_row()})
    assert results.full, "openings are refused all the same"
    assert redis_client.xlen(keys.results(3)) == redis_client.xlen(keys.signal_results(0)) == 1


def test_a_spool_is_emptied_while_stores_keep_up_however_full_redis_is(
    redis_client: redis.Redis, tmp_path: Path
) -> None:
    """What fills it may be something else, and stay."""
    writer, spool = ResultsWriter(redis_client), Spool(tmp_path, limit=1 << 20)
    for _ in range(3):
        spooled(writer, spool)
    results = SpooledResults(writer, spool, Pressure(lambda: 0.9, spools=True, crowded=True))
    results.drain()
    results.drain()
    assert (len(spool), redis_client.xlen(keys.results(3))) == (1, 2)
    results.drain()
    assert len(spool) == 1, "no store has taken what is there"
    redis_client.xtrim(keys.results(3), maxlen=1, approximate=False)
    results.drain()
    assert len(spool) == 0


def test_a_large_file_of_the_spool_comes_back_in_small_entries(
    redis_client: redis.Redis, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, spool = ResultsWriter(redis_client), Spool(tmp_path, limit=1 << 20)
    spooled(writer, spool, rows=1000)
    monkeypatch.setattr(spooled_results, "_PIECE", 20_000)
    SpooledResults(writer, spool, Pressure(lambda: 0.0)).drain()
    schemas = arrow.read_wire_types(redis_client.hgetall(keys.WIRE_TYPES))
    found: Any = redis_client.xrange(keys.results(3))
    sizes = [
        arrow.decode(name.decode(), data, schemas)[1].num_rows
        for _, fields in found
        for name, data in fields.items()
    ]
    assert sum(sizes) == 1000
    assert 1 < max(sizes) < 400


def test_a_damaged_file_of_the_spool_ends_no_shard(
    redis_client: redis.Redis, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    writer, spool = ResultsWriter(redis_client), Spool(tmp_path, limit=1 << 20)
    spooled(writer, spool)
    spooled(writer, spool)
    first = min(tmp_path.glob("*.spool"))
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    results = SpooledResults(writer, spool, Pressure(lambda: 0.0))
    results.drain()
    assert first.with_suffix(".damaged").exists()
    assert str(first) in caplog.text
    assert results.damaged == 1
    results.drain()
    assert redis_client.xlen(keys.results(3)) == 1
    assert len(spool) == 0
    assert Spool(tmp_path, limit=1).damaged == 1, "and whoever starts next still tells"


def test_no_transaction_of_rows_is_large(
    redis_client: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(results_sink, "_AT_ONCE", 4000)
    writer = ResultsWriter(redis_client)
    writer.announce()

    def transactions() -> int:
        info: Any = redis_client.info("commandstats")
        return int(info.get("cmdstat_exec", {"calls": 0})["calls"])

    before = transactions()
    writer.write([(keys.results(p), {"signal_resend": a_row()}) for p in range(20)])
    assert sum(redis_client.xlen(keys.results(p)) for p in range(20)) == 20
    assert transactions() - before >= 3
