"""What a running trade flow tells of itself moves with what it does."""

import redis

from schema.enums import Outcome
from tests.integration.trade.desk import Desk, partition_of, wait
from tests.servers import MemoryBound

STEPS = ("events", "validate", "route", "size", "guard", "dispatch", "results")


def step(desk: Desk, name: str) -> float:
    return desk.metric("step_seconds_count", step=name)


def verdicts(desk: Desk, outcome: str, reason: str) -> float:
    return desk.metric("verdicts_total", outcome=outcome, reason=reason)


def test_a_signal_moves_every_step_and_count(desk: Desk) -> None:
    desk.send(action="buy", signal_id="1")
    wait(lambda: desk.metric("signal_to_dispatch_seconds_count") == 1)
    assert desk.metric("orders_total") == 5
    order = desk.orders()[0]
    desk.report(partition_of(desk, order), order, Outcome.UNRESOLVED)
    wait(lambda: all(step(desk, name) for name in STEPS))
    wait(lambda: desk.metric("orders_unresolved") == 1)
    assert desk.metric("signals_total") == 1
    assert verdicts(desk, "none", "NONE") == 5
    assert desk.metric("orders_in_memory") == 5
    assert desk.metric("ready") == 1
    assert desk.metric("last_round_timestamp_seconds") > 1_700_000_000


def test_what_is_refused_is_counted_by_its_reason(desk: Desk) -> None:
    desk.send(action="buy", signal_id="1")
    desk.send(action="buy", signal_id="1")
    desk.send(action="jump", signal_id="2")
    desk.send(action="close", signal_id="3", symbol="GBPUSD")
    wait(lambda: desk.metric("entries_total") == 4)
    wait(lambda: verdicts(desk, "skipped", "SYMBOL_UNMAPPED") == 5)
    assert desk.metric("signal_resends_total") == 1
    assert desk.metric("signal_rejections_total", reason="UNKNOWN_ACTION") == 1


def test_a_broken_link_is_a_fold(desk: Desk, redis_client: redis.Redis) -> None:
    wait(lambda: desk.metric("recover_seconds_count") == 1)
    redis_client.client_kill_filter(_type="normal", skipme=True)
    wait(lambda: desk.metric("recover_seconds_count") == 2)
    wait(lambda: desk.metric("ready") == 1)


def test_a_redis_that_fills_up_is_seen(desk: Desk, memory_bound: MemoryBound) -> None:
    memory_bound.weigh_down()
    # Again and again, for what the server holds moves a little by itself.
    wait(lambda: (memory_bound.fill(0.76), desk.metric("results_spooling") == 1)[1])
    assert desk.metric("redis_memory_ratio") > 0.7
    desk.send(action="buy", signal_id="1")
    wait(lambda: desk.spooled() > 0)
    wait(lambda: desk.metric("spool_bytes") > 0)
    memory_bound.fill(0.95)
    wait(lambda: desk.metric("exposure_paused") == 1)
    memory_bound.restore()
    wait(lambda: desk.metric("exposure_paused") == 0)
    wait(lambda: desk.metric("spool_bytes") == 0)
