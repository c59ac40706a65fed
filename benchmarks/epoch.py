"""What an epoch of Bytewax costs: the same rounds through as many steps as the trade flow has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.run import cli_main
from bytewax.testing import TestingSource

from benchmarks.measure import Row, p50, timed
from flows.process import EPOCH_SECONDS
from flows.trade import LastStep
from rules.rounds import Round

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "epoch"
_ROUNDS = 2000
_STEPS = 6
_REPEAT = 5


def run() -> Iterator[Row]:
    """Measure rounds within one epoch, and an epoch for each round."""
    seconds = {
        each: p50([timed(lambda each=each: _run(each)) for _ in range(_REPEAT)])  # type: ignore[misc]
        for each in (timedelta(seconds=60), timedelta(0))
    }
    within, alone = (took / _ROUNDS for took in seconds.values())
    epoch = max(0.0, alone - within)
    yield Row(
        group=NAME,
        what=f"a round through {_STEPS} steps and a sink that do nothing",
        value=f"{within * 1e6:.0f} us",
    )
    yield Row(
        group=NAME,
        what="an epoch more",
        value=f"{epoch * 1e6:.0f} us, {epoch / EPOCH_SECONDS:.2%} of a core at the flows' pace",
        ratio=f"{epoch / within:.1f}x",
        against="an empty round",
    )


def _run(epoch: timedelta) -> None:
    flow = Dataflow("rounds")
    stream = op.input("rounds", flow, TestingSource([Round(now=0)] * _ROUNDS, batch_size=1))
    for number in range(_STEPS):
        stream = op.map(f"step{number}", stream, _same)
    op.output("last", stream, LastStep(_same))
    main: Any = cli_main  # without types
    main(flow, workers_per_process=1, epoch_interval=epoch)


def _same(turn: Round) -> Round:
    return turn
