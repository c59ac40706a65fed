"""A few rows of two users whose answers to the common queries are known."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from schema.registry import table
from tests.two_users import ANN, BOB, rows

if TYPE_CHECKING:
    import pyarrow as pa

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)


def _trade(number: int, user: UUID, symbol: str, profit: str, **more: Any) -> Any:
    given = {
        "trade_id": UUID(int=number), "symbol": symbol, "profit": Decimal(profit),
        "status": "executed", "backtest_id": None, "closed_at": MONDAY, "broker_trade_id": str(number),
    }  # fmt: skip
    return "trades", user, given | more


def made() -> list[tuple[str, pa.Table]]:
    """The rows, each table's in the order in which they are written."""
    new: list[tuple[str, UUID, dict[str, Any]]] = [
        ("users", ANN, {}),
        ("users", BOB, {}),
        ("accounts", ANN, {}),
        ("accounts", BOB, {}),
        ("strategies", ANN, {"updated_at": datetime(2026, 11, 3, tzinfo=UTC)}),
        ("strategies", BOB, {}),
        ("backtests", ANN, {"id": UUID(int=1), "status": "completed", "performance_metrics": {"total_return": 0.25}}),
        ("backtests", ANN, {"id": UUID(int=2), "status": "completed", "performance_metrics": {"total_return": -0.05}}),
        ("backtests", ANN, {"id": UUID(int=3), "status": "failed", "performance_metrics": {"total_return": 9}}),
        ("backtests", BOB, {"id": UUID(int=4), "status": "completed", "performance_metrics": {}}),
        _trade(1, ANN, "EURUSD", "10.5"),
        _trade(2, ANN, "EURUSD", "-4.5"),
        _trade(3, ANN, "XAUUSD", "7", closed_at=datetime(2026, 10, 1, tzinfo=UTC)),
        _trade(4, ANN, "XAUUSD", "99", closed_at=None),
        _trade(5, ANN, "XAUUSD", "99", backtest_id=UUID(int=1)),
        _trade(6, BOB, "GBPUSD", "-3"),
        ("risk_limits", ANN, {"name": "day", "limit_value": Decimal(200), "current_value": Decimal(50), "warning_percent": 80.0, "is_active": True}),
        ("risk_limits", ANN, {"id": UUID(int=7), "name": "near", "limit_value": Decimal(10), "current_value": Decimal(9), "warning_percent": 80.0, "is_active": True}),
        ("risk_limits", ANN, {"id": UUID(int=8), "name": "off", "is_active": False}),
        ("risk_limits", BOB, {"name": "over", "limit_value": Decimal(10), "current_value": Decimal(15), "is_active": True}),
        ("daily_snapshots", ANN, {"id": UUID(int=1), "zone": "UTC", "profit": Decimal("1.5")}),
        ("daily_snapshots", ANN, {"id": UUID(int=2), "zone": "UTC", "date": date(2026, 1, 1), "profit": Decimal(-2)}),
        ("daily_snapshots", ANN, {"id": UUID(int=3), "zone": "UTC", "date": date(2025, 12, 31)}),
        ("daily_snapshots", ANN, {"id": UUID(int=4), "zone": "Europe/Prague", "date": date(2026, 1, 1)}),
        ("daily_snapshots", BOB, {"id": UUID(int=5), "zone": "UTC"}),
        ("signal_execution_status", ANN, {"signal_id": UUID(int=1), "outcome": "filled", "reason_code": "NONE"}),
        ("signal_execution_status", ANN, {"signal_id": UUID(int=2), "outcome": "filled", "reason_code": "NONE"}),
        ("signal_execution_status", BOB, {"signal_id": UUID(int=1), "outcome": "skipped", "reason_code": "MAX_OPEN_TRADES"}),
        *(
            ("result_metrics", ANN, {"result_id": UUID(int=n), "received_to_done_ms": float(n), "sent_to_done_ms": 1.0})
            for n in range(1, 102)
        ),
        ("result_metrics", ANN, {"result_id": UUID(int=200), "received_to_done_ms": None}),
        ("orders", ANN, {"order_id": UUID(int=1), "symbol": "EURUSD", "slippage": Decimal("0.0003")}),
        ("orders", ANN, {"order_id": UUID(int=2), "symbol": "EURUSD", "slippage": Decimal("-0.0001")}),
        ("orders", ANN, {"order_id": UUID(int=3), "symbol": "EURUSD", "slippage": None}),
    ]  # fmt: skip
    return [(name, rows(table(name), user, **given)) for name, user, given in new]
