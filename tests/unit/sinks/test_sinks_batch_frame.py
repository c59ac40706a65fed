"""The batching frame over a scripted store: order, spool, and nothing lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from rules.errors import Transient
from schema import arrow
from schema.registry import table
from sinks.batch import BatchFrame
from sinks.batch_parts import Flush, Rows
from sinks.retry import Backoff
from sinks.spool import Spool, SpoolDamaged
from sources.stop import Stop

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = table("system_event_log")


def entry(number: int, stream: str = "{1}:results") -> Rows:
    rows = arrow.batch(
        EVENTS,
        {
            "event_id": [number.to_bytes(16, "big")],
            "kind": "test",
            "source": "test",
            "message": [f"event {number}"],
            "created_at": datetime(2026, 11, 21, tzinfo=UTC),
            "version": [1],
        },
    )
    return Rows(stream, f"{number}-0", {EVENTS.name: rows})


@dataclass
class Store:
    """A store that fails as often as told, before or after it stored the rows."""

    failures: int = 0
    after: bool = False
    messages: list[str] = field(default_factory=list)
    writes: int = 0
    marks: dict[str, str] = field(default_factory=dict)
    on_write: Callable[[], None] = lambda: None

    def positions(self) -> dict[str, str]:
        if self.failures and not self.after:
            self.failures -= 1
            raise Transient("down")
        return dict(self.marks)

    def write(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        if self.failures and not self.after:
            self.failures -= 1
            raise Transient("down")
        self.writes += 1
        self.on_write()
        self.messages += tables[EVENTS.name].column("message").to_pylist()
        self.marks.update(positions)
        if self.failures:
            self.failures -= 1
            raise Transient("the answer was lost")

    def close(self) -> None:
        pass


class Observer:
    def stored(self, tables: Mapping[str, pa.Table], seconds: float, at: float) -> None: ...
    def flushed(self, seconds: float) -> None: ...
    def spool(self, size: int) -> None: ...
    def failed(self) -> None: ...
    def refused(self, table: str) -> None: ...


class World:
    """A frame with its clock and what it told."""

    def __init__(
        self, directory: Path, store: Store, *, rows: int = 1000, limit: int = 1 << 20
    ) -> None:
        self.now = 100.0
        self.durable: dict[str, str] = {}
        self.stop = Stop()
        self.on_sleep: Callable[[], None] = lambda: None
        self.spool = Spool(directory, limit)
        self.frame = BatchFrame(
            store,
            self.spool,
            self.spool.positions(),
            self.durable.update,
            Observer(),
            self.stop,
            Flush(rows=rows, attempts=2, backoff=Backoff(1.0, 8.0)),
            clock=lambda: self.now,
            sleep=self.sleep,
        )

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.on_sleep()


def numbers(store: Store) -> list[int]:
    return [int(message.split()[1]) for message in store.messages]


def test_rows_are_written_together_at_the_end_of_an_epoch(tmp_path: Path) -> None:
    store = Store()
    world = World(tmp_path, store)
    world.frame.add([entry(1), entry(2)])
    world.frame.add([entry(3, "{2}:results")])
    assert store.writes == 0
    assert world.durable == {}
    world.frame.epoch_end()
    assert (store.writes, numbers(store)) == (1, [1, 2, 3])
    assert world.durable == {"{1}:results": "2-0", "{2}:results": "3-0"}


def test_rows_are_written_when_there_are_enough(tmp_path: Path) -> None:
    store = Store()
    World(tmp_path, store, rows=2).frame.add([entry(1), entry(2), entry(3)])
    assert numbers(store) == [1, 2]


def test_an_entry_that_comes_again_is_passed_over(tmp_path: Path) -> None:
    store = Store()
    world = World(tmp_path, store)
    for _ in range(2):
        world.frame.add([entry(9), entry(10)])
        world.frame.epoch_end()
    assert numbers(store) == [9, 10]


def test_a_short_failure_is_repeated(tmp_path: Path) -> None:
    store = Store(failures=1)
    world = World(tmp_path, store)
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    assert numbers(store) == [1]
    assert len(world.spool) == 0


def test_a_store_that_is_down_gets_its_rows_later_in_order(tmp_path: Path) -> None:
    store = Store(failures=1000)
    world = World(tmp_path, store)
    for number in range(1, 4):
        world.frame.add([entry(number)])
        world.now += 10
        world.frame.epoch_end()
    assert (store.messages, len(world.spool)) == ([], 3)
    assert world.durable == {"{1}:results": "3-0"}
    # A new process finds the spool.
    store.failures = 0
    again = World(tmp_path, store)
    again.frame.add([entry(3), entry(4)])
    again.frame.epoch_end()
    assert numbers(store) == [1, 2, 3, 4]
    assert len(again.spool) == 0
    assert list(tmp_path.iterdir()) == []


def test_an_idle_flow_still_empties_the_spool(tmp_path: Path) -> None:
    store = Store(failures=1000)
    world = World(tmp_path, store)
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    store.failures = 0
    world.now += 60
    world.frame.epoch_end()
    assert numbers(store) == [1]


def test_while_the_store_is_down_small_batches_wait(tmp_path: Path) -> None:
    world = World(tmp_path, Store(failures=1000))
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    for number in range(2, 6):
        world.frame.add([entry(number)])
        world.frame.epoch_end()
    assert len(world.spool) == 1


def test_a_lost_answer_stores_no_row_twice(tmp_path: Path) -> None:
    store = Store(failures=1, after=True)
    world = World(tmp_path, store)
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    assert numbers(store) == [1]
    assert world.durable == {"{1}:results": "1-0"}


def test_a_full_spool_holds_the_flow_until_the_store_is_back(tmp_path: Path) -> None:
    store = Store(failures=1000)
    world = World(tmp_path, store, limit=10)
    asleep: list[float] = []

    def wake() -> None:
        asleep.append(world.now)
        assert world.durable == {}
        if len(asleep) == 20:
            store.failures = 0

    world.on_sleep = wake
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    assert numbers(store) == [1]
    assert world.durable == {"{1}:results": "1-0"}


def test_a_stop_while_nothing_takes_rows_leaves_them_unread(tmp_path: Path) -> None:
    store = Store(failures=1000)
    world = World(tmp_path, store, limit=10)
    world.stop.requested = True
    world.frame.add([entry(1)])
    world.frame.epoch_end()
    assert (store.messages, world.durable, len(world.spool)) == ([], {}, 0)


def test_a_damaged_spool_is_an_error_and_not_a_gap(tmp_path: Path) -> None:
    spool = Spool(tmp_path, 1 << 20)
    rows = {EVENTS.name: pa.Table.from_batches([entry(1).tables[EVENTS.name]])}
    spool.append(rows, {"{1}:results": "1-0"})
    assert spool.first() == (rows, {"{1}:results": "1-0"})
    file = next(tmp_path.iterdir())
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    with pytest.raises(SpoolDamaged):
        Spool(tmp_path, 1 << 20).positions()


@pytest.mark.parametrize(
    ("failures", "chance", "seconds"),
    [(1, 1.0, 0.1), (2, 1.0, 0.2), (3, 0.0, 0.2), (50, 1.0, 15.0), (50, 0.0, 7.5)],
)
def test_pauses_double_up_to_a_bound(failures: int, chance: float, seconds: float) -> None:
    assert Backoff().pause(failures, chance) == pytest.approx(seconds)


def test_newer_rows_wait_behind_a_long_spool(tmp_path: Path) -> None:
    store = Store(failures=1000)
    world = World(tmp_path, store)
    for number in range(1, 4):
        world.frame.add([entry(number)])
        world.now += 10
        world.frame.epoch_end()
    store.failures = 0
    # Each write takes so long that the spool is not emptied at once.
    world.now += 60
    store.on_write = lambda: setattr(world, "now", world.now + 1.0)
    world.frame.add([entry(4)])
    for _ in range(5):
        world.frame.epoch_end()
    assert numbers(store) == [1, 2, 3, 4]
