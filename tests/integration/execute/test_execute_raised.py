"""Whatever a terminal raises while it is asked, an order is not sent twice."""

from collections.abc import Callable

import numpy as np
import pytest

from operators.claiming import claim
from operators.sending import send
from rules.errors import Ambiguous, Fatal, Rejected, TradecastError
from rules.journal_records import ATTEMPT
from schema.broker import REQUEST
from schema.codes import ReasonCode
from schema.enums import Outcome
from schema.wire import Records
from tests.integration.execute.bench import NOW, Bench, order

ONE = (1).to_bytes(16, "big")
LATER = NOW + 10_000_000


def acts_and_raises(bench: Bench, error: Exception) -> Callable[[Records], Records]:
    """Have the terminal execute what it is asked, and raise instead of answering."""
    submit = bench.terminal.submit

    def broken(requests: Records) -> Records:
        submit(requests)
        raise error

    bench.terminal.submit = broken  # type: ignore[method-assign]
    return submit


@pytest.mark.parametrize("error", [Ambiguous, Rejected, TradecastError, OSError, ValueError])
def test_what_raised_was_perhaps_executed_and_is_looked_for(
    bench: Bench, error: type[Exception]
) -> None:
    submit = acts_and_raises(bench, error("the answer could not be read"))
    bench.decide(order(1))
    bench.work()
    assert [(r["outcome"], r["reason"]) for r in bench.reports()] == [
        (Outcome.UNRESOLVED, ReasonCode.AMBIGUOUS)
    ]
    bench.terminal.submit = submit  # type: ignore[method-assign]
    bench.work(LATER)
    bench.look(LATER)
    assert bench.terminal.sent == [ONE]
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


@pytest.mark.parametrize("restarts", [False, True])
def test_what_is_fatal_stops_and_nothing_of_it_is_sent_again(bench: Bench, restarts: bool) -> None:
    submit = acts_and_raises(bench, Fatal("the terminal is another account's"))
    bench.decide(order(1))
    with pytest.raises(Fatal):
        bench.work()
    bench.terminal.submit = submit  # type: ignore[method-assign]
    if restarts:
        bench.restart()
    bench.reconnect()
    bench.work(LATER)
    assert bench.terminal.sent == [ONE]
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    bench.look(LATER)
    assert bench.reports()[-1]["outcome"] == Outcome.FILLED


@pytest.mark.parametrize("held", [False, True])
@pytest.mark.parametrize("renewed", [False, True])
def test_what_the_journal_may_have_sent_is_watched_whoever_has_the_claim(
    bench: Bench, renewed: bool, held: bool
) -> None:
    bench.decide(order(1))
    (item,) = claim(bench.executor, NOW)
    if held:  # it had waited for another order
        bench.executor.hold(item, ReasonCode.EARLIER_UNRESOLVED, NOW)
    attempt, request = np.zeros(1, ATTEMPT), np.zeros(1, REQUEST)
    attempt["order_id"] = request["order_id"] = np.void(ONE)
    attempt["partition"], attempt["attempt"] = item.partition, 1
    bench.journal.sending(attempt, order(1), request)
    if renewed:  # another term
        bench.executor.release()
        bench.executor.lease()
    assert ONE in bench.executor.waiting
    send(bench.executor, claim(bench.executor, LATER))
    assert bench.terminal.sent == []
    assert (ONE in bench.executor.waiting, ONE in bench.executor.watched) == (False, True)
    bench.look(LATER)
    bench.look(LATER + 10_000_000)
    waited = [ReasonCode.EARLIER_UNRESOLVED] if held else []
    assert [r["reason"] for r in bench.reports()] == [*waited, ReasonCode.AMBIGUOUS]
