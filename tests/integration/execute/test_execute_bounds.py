"""What an executor remembers goes in the end, and nothing is sent again for that."""

import numpy as np

from rules.journal import DAY, RETENTION
from schema.enums import OrderState, Outcome
from schema.wire import REPORT
from sinks.claims import Claims
from tests.integration.execute.bench import ACCOUNT, NOW, Bench, order

ONE, TWO = ((number).to_bytes(16, "big") for number in (1, 2))


def expire(bench: Bench, key: bytes) -> None:
    """Close an order as a shard does that expires it."""
    report = np.zeros(1, REPORT)
    report["order_id"], report["account_id"] = np.void(key), np.void(ACCOUNT)
    report["state"], report["outcome"] = OrderState.FINAL, Outcome.EXPIRED
    assert Claims(bench.client).close(3, report).closed.all()


def known(bench: Bench) -> set[bytes]:
    """Orders that anything in the executor's memory names."""
    memory = bench.executor.memory
    legs = {key for pair in memory.legs.values() for key in pair}
    named = {*memory.outcomes, *memory.tickets, *memory.tokens.values(), *legs}
    return named | set(memory.strangers) | set(bench.journal.known)


def test_orders_that_others_closed_are_forgotten(bench: Bench) -> None:
    legs = [order(n, legs=2, leg=n, after=n > 1, signal_id=ONE) for n in (1, 2)]
    bench.decide(np.concatenate(legs))
    expire(bench, ONE)
    expire(bench, TWO)
    bench.work()
    bench.work()  # the second leg ends because the first has failed
    bench.executor.forget(NOW)
    assert known(bench) == {ONE, TWO}
    bench.executor.forget(NOW + RETENTION)
    assert known(bench) == {ONE, TWO}
    bench.executor.forget(NOW + RETENTION + 1)
    assert known(bench) == set()
    bench.reconnect()
    bench.restart()  # all decisions are read again
    bench.work(NOW + RETENTION + 2)
    assert bench.terminal.sent == []


def test_legs_that_ended_a_while_apart_are_forgotten(bench: Bench) -> None:
    legs = [order(n, legs=2, leg=n, after=n > 1, signal_id=ONE) for n in (1, 2)]
    bench.decide(np.concatenate(legs))
    bench.work()
    bench.work(NOW + DAY)
    assert len(bench.terminal.sent) == 2
    bench.terminal.orders.clear()  # their positions are closed
    bench.executor.forget(NOW + RETENTION + 1)
    bench.executor.forget(NOW + RETENTION + DAY + 1)
    bench.executor.forget(NOW + 2 * RETENTION + DAY + 2)
    assert known(bench) == set()


def test_an_order_that_nobody_looks_for_is_forgotten_and_never_sent_again(bench: Bench) -> None:
    bench.terminal.lose_answers = True
    bench.decide(order(1))
    bench.work()
    assert bench.terminal.sent == [ONE]
    bench.terminal.orders.clear()  # the broker knows nothing of it
    bench.look(NOW + 2_000_000)
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
    bench.executor.forget(NOW + 3 * RETENTION)
    assert ONE in bench.journal.known, "it is still looked for"
    bench.look(NOW + RETENTION + DAY)
    bench.executor.forget(NOW + 2 * RETENTION)
    assert ONE in bench.journal.known
    bench.executor.forget(NOW + 2 * RETENTION + DAY)
    assert known(bench) == set()
    later = NOW + 2 * RETENTION + 2 * DAY
    bench.executor.read(3, *bench.entries[0])
    bench.work(later)
    bench.look(later)
    bench.restart()
    bench.work(later)
    assert bench.terminal.sent == [ONE]
    assert bench.reports()[-1]["outcome"] == Outcome.UNRESOLVED
