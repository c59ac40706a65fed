"""The watch over clients lives on, whatever becomes of one of them."""

from __future__ import annotations

import socket
import threading

import pytest

from embedded.clickhouse.watch import Watch


def notices_who_goes_away(watch: Watch) -> bool:
    """Whether it cancels for a client that goes away now."""
    cancelled = threading.Event()
    ours, theirs = socket.socketpair()
    with ours, watch.over(ours, cancelled.set):
        theirs.close()
        return cancelled.wait(5)


def test_a_connection_that_is_closed_on_our_side_ends_no_watch() -> None:
    watch = Watch()
    ours, theirs = socket.socketpair()
    with theirs, watch.over(ours, lambda: None):
        ours.close()
        assert notices_who_goes_away(watch)
    assert notices_who_goes_away(watch)


def test_a_query_that_cannot_be_cancelled_ends_no_watch(caplog: pytest.LogCaptureFixture) -> None:
    watch, asked = Watch(), threading.Event()

    def refuse() -> None:
        asked.set()
        raise RuntimeError("the engine is busy")

    ours, theirs = socket.socketpair()
    with ours, watch.over(ours, refuse):
        theirs.close()
        assert asked.wait(5)
        assert notices_who_goes_away(watch)
    assert "could not be cancelled" in caplog.text
