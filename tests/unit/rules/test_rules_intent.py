"""What signals ask for."""

import dataclasses
import json
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from rules.intent import resolve
from rules.signals import Signals
from rules.validation import validate

_PLAIN = st.lists(
    st.one_of(
        st.sampled_from(
            ["buy", "sell", "reverse", "cancel", "close", "close_long", "close_short"]
        ).map(lambda action: {"action": action}),
        st.sampled_from(["close", "close_long", "close_short"]).flatmap(
            lambda action: st.floats(0.01, 1).map(
                lambda part: {"action": action, "fraction": round(part, 4)}
            )
        ),
        st.floats(0.01, 9).map(lambda lots: {"action": "buy", "volume": round(lots, 2)}),
        st.just({"action": "modify", "stop_loss": 1.05}),
    ),
    min_size=1,
    max_size=12,
)
_TARGET = {"action": "target", "position_size": 2, "prev_position": "long", "prev_position_size": 1}


def _signals(bodies: list[dict[str, Any]]) -> Signals:
    entries = []
    for number, body in enumerate(bodies):
        whole = {"strategy": "s", "symbol": "EURUSD", "signal_id": f"n{number}", **body}
        entries.append(
            ("signals:0", f"1700000000000-{number}", {b"json": json.dumps(whole).encode()})
        )
    found = validate(entries)
    assert not len(found.rejections), found.rejections.message
    return found.signals


@given(_PLAIN)
def test_signals_ask_for_the_same_beside_a_target_and_without_one(
    bodies: list[dict[str, Any]],
) -> None:
    count = len(bodies)
    alone = resolve(_signals(bodies), np.full(count, np.nan))
    beside = resolve(_signals([*bodies, _TARGET]), np.full(count + 1, np.nan))
    for field in dataclasses.fields(alone.intents):
        found, expected = (getattr(r.intents, field.name) for r in (alone, beside))
        np.testing.assert_array_equal(found, expected[:count], err_msg=field.name)
        assert found.dtype == expected.dtype, field.name
    assert not alone.reason.any()
    assert not alone.missed_alert.any()
