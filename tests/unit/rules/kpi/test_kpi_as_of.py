"""What came after the day that values are of is in none of them; orders and weekends by day."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from rules.daily.kpi_inputs import accounts_of, kpi_inputs
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.kpi import Window
from rules.kpi.prepare import up_to_as_of
from rules.kpi.settings import Settings
from rules.kpi.windows import within
from schema import polars as registry
from schema.registry import table
from tests.daily_books import account, frame, order
from tests.kpi_cases.trade_case import MONDAY, at, book, logs, responses

_TUESDAY = (MONDAY + timedelta(days=1)).date()
_OF_TUESDAY = Settings(as_of=_TUESDAY)


def _three_days() -> Inputs:
    """Return a trade, an order and a log on each of three days, the last of another kind."""
    tables = {
        "trades": book(profit=[1.0, 2.0, -900.0]),
        "executions": responses(
            status=["filled", "filled", "rejected"],
            sent_at=at(9, 33, 57),
            latency_ms=[1.0, 2.0, 9.0],
        ),
        "emotions": logs(emotion=["calm", "calm", "revenge"], intensity=[1.0, 1.0, 5.0]),
    }
    return inputs(**{name: rows.with_columns(account=pl.lit(0)) for name, rows in tables.items()})


def test_orders_and_logs_of_later_days_are_in_no_value() -> None:
    row = compute(_three_days(), _OF_TUESDAY).row(0, named=True)

    assert (row["fill_rate"], row["max_latency_ms"], row["trade_count"]) == (1.0, 2.0, 2)
    assert (row["negative_emotion_ratio"], row["tilt_index"]) == (0.0, 0.0)


def test_an_order_that_does_not_say_when_it_was_sent_is_in_every_value() -> None:
    given = _three_days()
    untold = inputs(
        trades=given.trades, executions=given.executions.with_columns(sent_at=pl.lit(None))
    )

    assert compute(untold, _OF_TUESDAY)["fill_rate"].to_list() == [pytest.approx(2 / 3)]


def test_an_order_belongs_to_the_day_in_the_accounts_zone() -> None:
    given = inputs(
        executions=responses(status=["filled"], sent_at=at(23)).with_columns(account=pl.lit(0))
    )

    def filled(zone: str) -> Any:
        return compute(given, Settings(as_of=MONDAY.date(), zone=zone))["fill_rate"].item()

    assert (filled("UTC"), filled("Europe/Athens")) == (1.0, None)


@pytest.mark.parametrize("cut", [up_to_as_of, lambda i, s: within(i, Window.ALL, s)])
def test_rows_that_are_shown_are_those_that_values_are_of(cut: Any) -> None:
    kept = cut(_three_days(), _OF_TUESDAY)

    heights = {name: rows.height for name, rows in kept.tables.items()}
    assert heights == {"daily": 0, "trades": 2, "executions": 2, "emotions": 2, "breaches": 0}
    assert kept.trades["account"].to_list() == [0, 0]
    assert compute(kept, _OF_TUESDAY).equals(compute(_three_days(), _OF_TUESDAY))


def _orders(*rows: dict[str, Any]) -> dict[str, Any]:
    names = ("trades", "emotion_logs", "armor_breaches", "daily_snapshots")
    none = {name: pl.DataFrame(schema=registry.schema(table(name))) for name in names}
    who = accounts_of(frame("accounts", account()), date(2024, 3, 4))
    given = kpi_inputs(
        who, days=none["daily_snapshots"], trades=none["trades"], orders=frame("orders", *rows),
        emotions=none["emotion_logs"], breaches=none["armor_breaches"],
    )  # fmt: skip
    return compute(given).row(0, named=True)


def _sent(first: int, count: int, outcome: str, **more: Any) -> list[dict[str, Any]]:
    made = (order(first + n, "2024-03-04 09:00", outcome, 50) for n in range(count))
    return [each | more for each in made]


def test_what_failed_is_an_order_that_was_not_filled() -> None:
    row = _orders(
        *_sent(0, 5, "filled", filled_volume=Decimal(1)), *_sent(10, 5, "refused"),
        *_sent(20, 4, "failed"), *_sent(30, 3, "expired"), *_sent(40, 3, "unresolved"),
    )  # fmt: skip

    assert (row["fill_rate"], row["rejection_rate"]) == (0.25, 0.25)
    assert row["volume_fill_ratio"] == pytest.approx(0.25)


def test_a_changed_stop_and_a_cancelled_order_fill_nothing() -> None:
    row = _orders(
        *_sent(0, 1, "filled"), *_sent(10, 1, "refused", kind="close"),
        *_sent(20, 9, "done", kind="modify"), *_sent(30, 9, "done", kind="cancel"),
    )  # fmt: skip

    assert (row["fill_rate"], row["rejection_rate"]) == (0.5, 0.5)


def _held(entered: float, exited: float, zone: str) -> Any:
    trades = book(profit=[1.0], entry_time=at(entered), exit_time=at(exited))
    given = inputs(trades=trades.with_columns(account=pl.lit(0)))
    return compute(given, Settings(zone=zone))["weekend_hold_count"].item()


_ZONES = ("UTC", "Asia/Tokyo", "Australia/Sydney", "America/New_York")


@pytest.mark.parametrize("zone", _ZONES)
def test_a_friday_afternoon_is_no_weekend_in_any_zone(zone: str) -> None:
    assert _held(4 * 24 + 14, 4 * 24 + 16, zone) == 0  # 23:00 to 01:00 in Tokyo


@pytest.mark.parametrize("zone", _ZONES)
def test_from_friday_evening_to_monday_is_a_weekend_in_every_zone(zone: str) -> None:
    assert _held(4 * 24 + 20, 7 * 24 + 8, zone) == 1  # entered on Saturday in Tokyo
