"""The trade flow on a real Valkey: from a signal's entry to a decision, and back from events."""

from typing import Any
from uuid import UUID

import numpy as np
import redis

from config import live, rows
from rules import decision_log
from schema import keys
from schema.enums import LegKind, Outcome, Side
from schema.wire import MARK, UNITS, encode
from tests.integration.trade.desk import Desk, partition_of, wait


def test_a_signal_becomes_one_order_on_each_subscribed_account(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    orders = desk.orders()
    assert len({order["order_id"].tobytes() for order in orders}) == 5
    assert {int(order["volume"]) for order in orders} == {UNITS // 10}
    assert {int(order["side"]) for order in orders} == {Side.BUY}
    wait(lambda: len(desk.rows("signal_execution_status")) == 5)
    assert {row["outcome"] for row in desk.rows("signal_execution_status")} == {"none"}
    assert len(desk.rows("trade_signal")) == 1


def test_a_resend_and_a_bad_entry_make_no_orders(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    desk.send(action="buy", signal_id="s1")
    desk.send(action="dance", signal_id="s2")
    wait(lambda: len(desk.rows("signal_rejection")) == 1 and len(desk.rows("signal_resend")) == 1)
    assert len(desk.orders()) == 5
    assert desk.rows("signal_rejection")[0]["reason_code"] == "UNKNOWN_ACTION"


def test_a_report_finishes_the_pair_and_opens_a_trade(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    order = desk.orders()[0]
    desk.report(partition_of(desk, order), order, Outcome.FILLED)
    wait(lambda: desk.rows("trades"))
    trade_row = desk.rows("trades")[0]
    assert UUID(bytes=trade_row["trade_id"]) == UUID(bytes=order["order_id"].tobytes())
    status = [r for r in desk.rows("signal_execution_status") if r["outcome"] == "filled"]
    assert [row["account_id"] for row in status] == [order["account_id"].tobytes()]


def test_a_close_closes_what_is_open_and_in_flight_after_a_restart(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    order = desk.orders()[0]
    desk.report(partition_of(desk, order), order, Outcome.FILLED)
    wait(lambda: desk.rows("trades"))
    desk.end()
    desk.start()
    desk.send(action="close", signal_id="s2")
    wait(lambda: len(desk.orders()) == 10)
    closes = [o for o in desk.orders() if o["kind"] == LegKind.CLOSE]
    opened = {o["order_id"].tobytes() for o in desk.orders() if o["kind"] == LegKind.OPEN}
    assert {o["position"].tobytes() for o in closes} == opened
    assert all(o["whole"] for o in closes)


def test_a_reverse_closes_first_and_opens_the_other_way(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    desk.send(action="reverse", signal_id="s2")
    wait(lambda: len(desk.orders()) == 15)
    last = [o for o in desk.orders() if o["leg"] == 2]
    assert {(int(o["kind"]), int(o["side"]), int(o["after"])) for o in last} == {
        (LegKind.OPEN, Side.SELL, 1)
    }


def test_decisions_form_one_chain_for_each_partition(desk: Desk) -> None:
    for number in range(5):
        desk.send(action="buy", signal_id=f"s{number}")
    wait(lambda: len(desk.orders()) == 25)
    for partition in range(64):
        previous = "0-0"
        for entry_id, fields in desk.client.xrange(keys.decisions(partition)):
            assert decision_log.read(fields).previous == previous
            previous = entry_id.decode()


def test_each_decision_of_a_partition_has_its_row(desk: Desk) -> None:
    for number in range(5):
        desk.send(action="buy", signal_id=f"s{number}")
    wait(lambda: len(desk.orders()) == 25)
    decided = {
        (p, verdict["signal_id"].tobytes())
        for p, decision in desk.decisions()
        for verdict in decision.verdicts
    }
    wait(
        lambda: {(r["partition"], r["signal_id"]) for r in desk.rows("signal_decisions")} == decided
    )


def test_marks_reach_the_archive_rows(desk: Desk) -> None:
    mark = np.zeros(1, MARK)
    account = rows.account_id("acc-001")
    mark["account_id"] = account.bytes
    mark["balance"] = mark["equity"] = 10_000 * UNITS
    mark["equity_low"] = mark["equity_high"] = 10_000 * UNITS
    mark["currency"], mark["marked_at"] = b"USD", desk.clock.now()
    desk.client.xadd(keys.events(3), {"marks": encode(mark)})
    wait(lambda: desk.rows("account_marks"))
    assert UUID(bytes=desk.rows("account_marks")[0]["account_id"]) == account


def test_the_next_shard_writes_the_rows_that_a_stopped_one_had_not(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.rows("signal_execution_status")) == 5)
    decided = len(desk.rows("signal_decisions"))
    desk.end()
    # As if it had died between its decisions and their rows.
    desk.client.delete(*(keys.results(p) for p in range(64)))
    desk.start()
    for name, count in (
        ("orders", 5),
        ("signal_execution_status", 5),
        ("signal_decisions", decided),
    ):
        wait(lambda name=name, count=count: len(desk.rows(name)) == count)  # type: ignore[misc]


def test_the_next_shard_writes_the_signals_that_a_stopped_one_had_not(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.rows("trade_signal")) == 1)
    desk.end()
    desk.client.delete(keys.signal_results(0), keys.signal_mark(0))
    desk.start()
    wait(lambda: len(desk.rows("trade_signal")) == 1)
    assert len(desk.orders()) == 5


def test_a_flow_that_is_stopped_writes_what_it_has_decided(desk: Desk) -> None:
    for number in range(20):
        desk.send(action="buy", signal_id=f"s{number}")
        wait(lambda number=number: len(desk.orders()) == 5 * (number + 1))  # type: ignore[misc]
    desk.end()
    assert len(desk.rows("trade_signal")) == 20
    assert len({row["order_id"] for row in desk.rows("orders")}) == 100


def test_a_shard_waits_for_its_first_configuration(redis_client: redis.Redis) -> None:
    def looks() -> int:
        stats: Any = redis_client.info("commandstats")
        return int(stats.get("cmdstat_get", {"calls": 0})["calls"])

    desk, before = Desk(redis_client), looks()
    desk.start()
    desk.send(action="buy", signal_id="s1")
    try:
        wait(lambda: looks() > before + 64)  # it has folded, and asked for the version again
        assert not desk.orders()
        desk.market()
        live.publish(redis_client, desk.tables, 1)
        wait(lambda: len(desk.orders()) == 5)
    finally:
        desk.end()
