"""Snapshots, trimming under them, and the expiry of what nobody claims."""

from typing import Any
from uuid import UUID

from schema import keys
from schema.enums import LegKind, Outcome
from schema.wire import REPORT, decode
from sinks.claims import Claims
from sinks.live_state import GRACE_SECONDS
from tests.integration.trade.desk import Desk, partition_of, wait

OWNER, INSTANCE = UUID(int=1), UUID(int=2)


def trim(desk: Desk) -> None:
    """Run the flow until every partition has stored a snapshot and was trimmed under it."""
    desk.end()
    snapshots = [keys.snapshot(p) for p in range(64)]
    before: Any = desk.client.mget(snapshots)

    def renewed() -> bool:
        now: Any = desk.client.mget(snapshots)
        return all(new not in (None, old) for new, old in zip(now, before, strict=True))

    desk.start(snapshot_seconds=1)
    wait(renewed)
    desk.end()


def finish(desk: Desk, orders: list[Any]) -> None:
    for ticket, order in enumerate(orders, 1):
        desk.report(partition_of(desk, order), order, Outcome.FILLED, ticket)


def decisions_with_orders(desk: Desk) -> int:
    return sum(1 for _, decision in desk.decisions() if len(decision.orders))


def test_a_finished_decision_goes_and_its_trades_are_still_known(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    first = decisions_with_orders(desk)
    opened = {o["order_id"].tobytes() for o in desk.orders()}
    finish(desk, desk.orders())
    wait(lambda: len(desk.rows("trades")) >= 5)
    trim(desk)
    assert first > 0
    assert decisions_with_orders(desk) == 0
    events = sum(desk.client.xlen(keys.events(p)) for p in range(64))
    assert events <= 5  # the last entry under each snapshot
    desk.start()
    desk.market()
    desk.send(action="close", signal_id="s2")
    wait(lambda: len(desk.orders()) == 5)
    closes = desk.orders()
    assert {int(o["kind"]) for o in closes} == {LegKind.CLOSE}
    assert {o["position"].tobytes() for o in closes} == opened


def test_a_decision_with_an_open_order_stays(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    finish(desk, desk.orders()[:4])
    wait(lambda: len(desk.rows("trades")) >= 4)
    left = desk.orders()[4]["order_id"].tobytes()
    trim(desk)
    assert left in {o["order_id"].tobytes() for o in desk.orders()}


def test_claims_go_with_their_decisions_and_not_before(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    orders = desk.orders()
    for order in orders:
        key = keys.claims(partition_of(desk, order))
        desk.client.hset(key, order["order_id"].tobytes(), f"{OWNER.hex}:1")
    finish(desk, orders[:4])
    wait(lambda: len(desk.rows("trades")) >= 4)
    kept = {
        o["order_id"].tobytes()
        for o in orders
        if partition_of(desk, o) == partition_of(desk, orders[4])
    }
    trim(desk)
    held: set[bytes] = set()
    for partition in range(64):
        fields: Any = desk.client.hkeys(keys.claims(partition))
        held.update(fields)
    assert orders[4]["order_id"].tobytes() in held
    assert held <= kept


def test_a_signal_stays_until_both_its_row_and_its_decisions_are_safe(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.rows("trade_signal")) == 1)
    desk.send(action="buy", signal_id="s2")
    wait(lambda: len(desk.rows("trade_signal")) == 2)
    trim(desk)  # every partition has a decision behind both
    desk.start(snapshot_seconds=1)
    desk.settle()
    desk.end()
    assert desk.client.xlen(keys.signals(0)) == 2, "no store has their rows"
    for store in ("duckdb", "clickhouse"):
        desk.client.set(keys.stored(keys.signal_results(0), store), "9999999999999-0")
    desk.start(snapshot_seconds=1)
    wait(lambda: desk.client.xlen(keys.signals(0)) == 1)


def test_an_order_that_nobody_claims_expires(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1", fired_at=desk.ago(58))
    wait(lambda: len(desk.orders()) == 5)
    claimed = desk.orders()[0]
    partition = partition_of(desk, claimed)
    claims = Claims(desk.client)
    term = claims.acquire([partition], INSTANCE, OWNER)[partition]
    entry = next(
        entry_id.decode()
        for entry_id, fields in desk.client.xrange(keys.decisions(partition))
        if claimed["order_id"].tobytes() in fields.get(b"orders", b"")
    )
    claims.claim(partition, INSTANCE, OWNER, term, [(claimed["order_id"].tobytes(), entry)])

    def expired() -> set[bytes]:
        return {
            report["order_id"].tobytes()
            for p in range(64)
            for _, fields in desk.client.xrange(keys.events(p))
            if b"reports" in fields
            for report in decode(fields[b"reports"], REPORT)
            if report["outcome"] == Outcome.EXPIRED
        }

    wait(lambda: len(expired()) == 4)
    assert claimed["order_id"].tobytes() not in expired()
    wait(lambda: sum(r["outcome"] == "expired" for r in desk.rows("signal_execution_status")) == 4)


def test_live_state_shows_trades_accounts_and_executions(desk: Desk) -> None:
    desk.send(action="buy", signal_id="s1")
    wait(lambda: len(desk.orders()) == 5)
    order = desk.orders()[0]
    partition = partition_of(desk, order)
    desk.report(partition, order, Outcome.FILLED)
    trade = keys.state(partition, "trade_state", UUID(bytes=order["order_id"].tobytes()))
    execution = keys.state(partition, "execution_state", UUID(bytes=order["order_id"].tobytes()))
    wait(lambda: desk.client.hget(trade, "state") == b"open")
    shown: Any = desk.client.hgetall(trade)
    assert (shown[b"side"], shown[b"volume"]) == (b"buy", b"0.10000000")
    assert desk.client.ttl(trade) == -1, "it stays as long as the trade is open"
    wait(lambda: desk.client.hget(execution, "outcome") == b"filled")
    wait(lambda: 0 < int(desk.client.ttl(execution)) <= GRACE_SECONDS)  # type: ignore[arg-type]
    desk.send(action="close", signal_id="s2")
    wait(lambda: any(o["kind"] == LegKind.CLOSE for o in desk.orders()))
