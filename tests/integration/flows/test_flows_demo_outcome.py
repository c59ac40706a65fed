"""What a demo takes for a reason that nobody has traded an alert."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flows.demo.outcome import hindered
from schema.ids import make_id
from tests.daily_books import ANN, BOB

if TYPE_CHECKING:
    from tests.daily_stores import Stores


def test_signals_that_were_hindered_are_told_and_none_else(stores: Stores) -> None:
    answers = {
        "stale": (("rejected", "QUOTE_STALE"), ("skipped", "DIRECTION_NOT_ALLOWED")),
        "late": (("rejected", "SIGNAL_TOO_OLD"), ("expired", "ORDER_EXPIRED")),
        "lost": (("failed", "EXECUTOR_RESTARTED"), ("unresolved", "AMBIGUOUS")),
        "paused": (("rejected", "EXPOSURE_PAUSED"), ("rejected", "MAX_OPEN_TRADES")),
        "refused": (("rejected", "MAX_OPEN_TRADES"), ("skipped", "DIRECTION_NOT_ALLOWED")),
        "not answered": (("rejected", "QUOTE_STALE"), ("none", "NONE")),
        "not heard of": (("rejected", "QUOTE_STALE"),),
        "filled": (("filled", "NONE"), ("filled", "NONE")),
    }
    signals = [{"signal_id": make_id("test", signal), "subscribers": 2} for signal in answers]
    rows = [
        {
            "signal_id": make_id("test", signal),
            "account_id": who,
            "outcome": outcome,
            "reason_code": reason,
        }
        for signal, both in answers.items()
        for who, (outcome, reason) in zip((ANN, BOB), both, strict=False)
    ]
    stores.add(signal_execution_status=rows, trade_signal=signals)
    for reader in stores.readers:
        assert hindered(reader) == {
            str(make_id("test", each)) for each in ("stale", "late", "lost", "paused")
        }
