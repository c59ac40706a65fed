"""Rows of signals, as the stores get them."""

from typing import Any

import numpy as np
import pytest

from benchmarks.worlds import random_world, signals
from operators.admitted import NO_RESENDS, Admitted
from operators.signal_rows import SignalRows
from rules.intent import resolve
from rules.rejections import rejections_of
from schema import keys
from schema.enums import Action


def fraction_of(**columns: Any) -> float | None:
    """The stored fraction of one signal."""
    named = {"strategy": np.array(["s0"], object), "symbol": np.array(["EURUSD"], object)}
    made = signals(1, **named, **columns)
    admitted = Admitted(
        signals=made,
        resolved=resolve(made, np.full(1, np.nan)),
        rejections=rejections_of([]),
        resends=NO_RESENDS,
    )
    rows, stored = SignalRows(), list[Any]()
    rows.add(random_world(1).book, admitted, [0], {keys.signals(0): "1-0"})
    assert rows.write(lambda _, __, batches: not stored.append(batches["trade_signal"]))
    found: float | None = stored[0].column("fraction").to_pylist()[0]
    return found


@pytest.mark.parametrize(
    ("columns", "fraction"),
    [
        ({"action": [Action.BUY]}, None),
        ({"action": [Action.CLOSE], "fraction": [0.25]}, 0.25),
        ({"action": [Action.CLOSE_SHORT], "fraction": [0.5]}, 0.5),
        ({"action": [Action.TARGET], "position_size": [1.0], "prev_position_size": [4.0]}, 0.75),
        ({"action": [Action.TARGET], "position_size": [-1.0], "prev_position_size": [-4.0]}, 0.75),
        ({"action": [Action.TARGET], "position_size": [0.0], "prev_position_size": [4.0]}, 1.0),
        ({"action": [Action.TARGET], "position_size": [-2.0], "prev_position_size": [4.0]}, 1.0),
    ],
)
def test_a_signal_names_the_fraction_that_it_closes(
    columns: dict[str, Any], fraction: float | None
) -> None:
    assert fraction_of(**columns) == fraction
