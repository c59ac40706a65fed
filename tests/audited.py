"""What the audit is asked about: rows of a healthy system, and breaches to plant in them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid5

import pyarrow as pa

from schema import arrow
from schema.registry import table

Rows = dict[str, list[dict[str, Any]]]
Plant = Callable[[Rows], None]

NAMESPACE = UUID(int=7)
NOW = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def name(what: str) -> UUID:
    return uuid5(NAMESPACE, what)


def healthy() -> Rows:
    """Two accounts take a signal of two legs; one resend, one rejection, one without subscriber."""
    times = {"received_at": NOW, "version": 1}
    accounts = [name("account 1"), name("account 2")]
    strategy = {"strategy_id": name("strategy")}
    common = {"strategy": "london", "symbol": "EURUSD", "action": "reverse", "stream": 0}
    first = {**strategy, **common, **times, "order_type": "market", "fired_at": NOW, "entry_row": 0}
    orders = [
        {
            **strategy,
            **times,
            "order_id": name(f"order {account} {leg}"),
            "signal_id": name("signal"),
            "account_id": account,
            "broker_id": name("broker"),
            "instance_id": name("instance"),
            "partition": 5,
            "decision_id": "1-0",
            "leg": leg,
            "legs": 2,
            "kind": "close" if leg == 1 else "open",
            "side": "buy",
            "order_type": "market",
            "symbol": "EURUSD",
            "volume": 1,
            "state": "final",
            "outcome": "filled",
            "order_ticket": 100 * number + leg,
            "magic": 1000 * number + leg,
            "fired_at": NOW,
            "decided_at": NOW,
        }
        for number, account in enumerate(accounts, 1)
        for leg in (1, 2)
    ]
    return {
        "trade_signal": [
            {**first, "signal_id": name("signal"), "entry_id": "1-0", "subscribers": 2}
            | {"outcome": "none", "config_version": 1},
            {**first, "signal_id": name("alone"), "entry_id": "2-0", "outcome": "skipped"}
            | {"reason_code": "NO_SUBSCRIBER"},
        ],
        "signal_rejection": [
            {"rejection_id": name("rejection"), "stream": 0, "entry_id": "3-0", "entry_row": 0}
            | {"reason_code": "NOT_JSON", **times}
        ],
        "signal_resend": [
            {"resend_id": name("resend"), "signal_id": name("signal"), "stream": 0}
            | {"entry_id": "4-0", "entry_row": 0, "original_entry_id": "1-0", **times}
        ],
        "signal_decisions": [
            {
                **strategy,
                **times,
                "signal_id": name("signal"),
                "partition": 5,
                "decision_id": "1-0",
                "previous_id": "0-0",
                "events_position": "0-0",
                "config_version": 1,
                "accounts": 2,
                "dispatched": 2,
                "orders": 4,
                "stream": 0,
                "entry_id": "1-0",
                "decided_at": NOW,
            }
        ],
        "signal_execution_status": [
            {
                **strategy,
                **times,
                "signal_id": name("signal"),
                "account_id": account,
                "partition": 5,
                "symbol": "EURUSD",
                "action": "reverse",
                "outcome": "filled",
                "legs": 2,
                "legs_final": 2,
                "decided_at": NOW,
            }
            for account in accounts
        ],
        "orders": orders,
        "deals": [
            {
                "account_id": order["account_id"],
                "deal_ticket": 10_000 + order["order_ticket"],
                "broker_id": name("broker"),
                "order_id": order["order_id"],
                "order_ticket": order["order_ticket"],
                "magic": order["magic"],
                "partition": 5,
                "type": "buy",
                "entry": "in" if order["kind"] == "open" else "out",
                "reason": "expert",
                "time": NOW,
                "version": 1,
            }
            for order in orders
        ],
    }


def forget(what: str, at: int = 0) -> Plant:
    return lambda rows: rows[what].__delitem__(at)


def change(what: str, at: int = 0, **values: Any) -> Plant:
    return lambda rows: rows[what][at].update(values)


def repeat(what: str, **values: Any) -> Plant:
    return lambda rows: rows[what].append({**copy.copy(rows[what][0]), **values})


def both(*plants: Plant) -> Plant:
    def plant(rows: Rows) -> None:
        for one in plants:
            one(rows)

    return plant


PLANTED: dict[str, Plant] = {
    "signal_without_decision": both(
        forget("signal_decisions"), lambda rows: rows["signal_execution_status"].clear()
    ),
    "subscriber_without_decision": change("trade_signal", subscribers=3),
    "account_without_status": forget("signal_execution_status"),
    "pair_without_outcome": change("signal_execution_status", outcome="none", legs_final=1),
    "order_without_outcome": change("orders", outcome="none", state="claimed"),
    "legs_missing": forget("orders"),
    "outcome_contradicts_legs": change("orders", outcome="refused", order_ticket=0),
    "outcome_contradicts_deals": change("orders", outcome="failed"),
    "leg_with_two_tickets": repeat("deals", deal_ticket=1, order_ticket=77, magic=0),
    "magic_with_two_tickets": repeat("deals", deal_ticket=1, order_ticket=77, order_id=None),
    "ticket_of_two_legs": change("orders", 1, order_ticket=101),
    "entry_recorded_twice": change("signal_rejection", entry_id="1-0"),
    "resend_of_unknown": change("signal_resend", signal_id=name("nobody")),
    "order_of_unknown_signal": change("orders", signal_id=name("nobody")),
    "deal_of_unknown_order": change("deals", order_id=name("nobody")),
    "deal_not_attributed": change("deals", order_id=None),
    "open_working": change("orders", outcome="none", state="working"),
    "open_unresolved": change("orders", outcome="unresolved"),
}


def among_others(rows: Rows, number: int) -> Rows:
    """Let rows have ids, entries and a partition of their own."""

    def own(column: str, value: Any) -> Any:
        if isinstance(value, UUID):
            return uuid5(value, str(number))
        if column.endswith("entry_id"):
            return f"{number}{value}"
        return number if column == "partition" else value

    return {
        what: [{column: own(column, value) for column, value in row.items()} for row in found]
        for what, found in rows.items()
    }


def ids(rows: Rows) -> set[str]:
    """Ids of all that rows are about, and of their entries."""
    cells = [cell for found in rows.values() for row in found for cell in row.items()]
    return {
        str(value) for name, value in cells if isinstance(value, UUID) or name.endswith("entry_id")
    }


def tables(rows: Rows) -> dict[str, pa.Table]:
    out = {}
    for what, found in rows.items():
        names = sorted({column for row in found for column in row})
        columns = {column: [row.get(column) for row in found] for column in names}
        for column in names:
            default = table(what).column(column).default
            columns[column] = [default if v is None else v for v in columns[column]]
        if found:
            out[what] = pa.Table.from_batches([arrow.batch(table(what), columns)])
    return out
