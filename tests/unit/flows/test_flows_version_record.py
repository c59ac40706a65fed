"""Whoever keeps a system running never waits until ClickHouse was told of its configuration."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from flows.version_record import AGAIN_SECONDS, VersionRecord
from rules.errors import Transient
from tests.servers import eventually

if TYPE_CHECKING:
    import pytest


def test_a_store_that_hangs_keeps_nobody_waiting() -> None:
    asked, answer = threading.Semaphore(0), threading.Semaphore(0)

    def hangs() -> None:
        asked.release()
        assert answer.acquire(timeout=10)

    record = VersionRecord(hangs)
    record.look(1, 0.0)
    assert asked.acquire(timeout=10)
    record.look(1, 2 * AGAIN_SECONDS)  # it returns, and nobody asks a second time
    assert not asked.acquire(blocking=False)
    answer.release()
    answer.release()

    def told() -> bool:
        record.look(2, 4 * AGAIN_SECONDS)
        return asked.acquire(blocking=False)

    eventually(told, what="a version that came meanwhile")


def test_a_version_is_told_once() -> None:
    told: list[str] = []
    record = VersionRecord(lambda: told.append("told"))
    for version, calls in ((None, 0), (1, 1), (1, 1), (2, 2)):
        record.look(version, len(told) * AGAIN_SECONDS)
        eventually(lambda calls=calls: len(told) == calls)
        eventually(lambda: not _works())


def test_what_fails_is_tried_again_a_while_later(caplog: pytest.LogCaptureFixture) -> None:
    errors: list[Exception | None] = [Transient("it is down"), KeyError("a fault of ours"), None]
    tried: list[Exception | None] = []

    def fails() -> None:
        tried.append(error := errors.pop(0))
        if error is not None:
            raise error

    record = VersionRecord(fails)
    for number in range(3):
        record.look(1, number * AGAIN_SECONDS)
        eventually(lambda number=number: len(tried) == number + 1)
        eventually(lambda: not _works())
        record.look(1, (number + 0.9) * AGAIN_SECONDS)
        assert not _works()
    assert not errors
    record.look(1, 9 * AGAIN_SECONDS)
    assert len(tried) == 3
    assert "cannot tell ClickHouse of the configuration yet: it is down" in caplog.text
    assert "a fault of ours" in caplog.text


def _works() -> bool:
    return any(thread.name == "version record" for thread in threading.enumerate())
