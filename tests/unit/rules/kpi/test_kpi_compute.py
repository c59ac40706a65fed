"""Computing some KPIs computes no more than they need, and nothing else."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from rules.errors import Fatal
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.kpi import Input, Kpi, Stage
from rules.kpi.registry import KPIS
from tests.kpi_cases.case import daily, trades, weekdays

_R = [0.01, -0.02, 0.0, 0.03, -0.05, 0.02, 0.01] * 16  # more than 90 days


@pytest.fixture(scope="module")
def given() -> Inputs:
    n = len(_R)
    days = daily(
        weekdays(date(2024, 1, 1), n), r=_R, bench=[0.3 * r + 0.001 * (k % 3) for k, r in
        enumerate(_R)], flow=[0.0] * n, equity_open=[1000.0] * n,
        equity=[1000.0 * (1 + r) for r in _R], equity_low=[900.0] * n, balance=[1000.0] * n,
        balance_open=[1000.0] * n, margin_used=[10.0] * n,
    )  # fmt: skip
    noon = datetime(2024, 1, 2, 12, tzinfo=UTC)
    closed = trades(
        *({"trade_id": str(k), "profit": 10.0 * (k % 3 - 1), "lots": 1.0 + k % 2,
           "entry_time": noon + timedelta(hours=7 * k),
           "exit_time": noon + timedelta(hours=7 * k + 2 + k % 4)} for k in range(30))
    )  # fmt: skip
    return inputs(daily=days.with_columns(account=pl.lit(0)), trades=closed)


@pytest.fixture(scope="module")
def together(given: Inputs) -> pl.DataFrame:
    return compute(given)


@pytest.mark.parametrize("kpi", KPIS, ids=lambda kpi: kpi.id)
def test_a_kpi_alone_has_the_value_it_has_among_all(
    kpi: Kpi, given: Inputs, together: pl.DataFrame
) -> None:
    alone = compute(given, kpis=[kpi])

    assert_frame_equal(alone, together.select("account", kpi.id), rel_tol=1e-12, abs_tol=0)


def test_what_is_undefined_is_not_taken_for_what_is_absent(given: Inputs) -> None:
    undefined = Kpi(
        "undefined", "Undefined", "count", pl.col("p").filter(pl.col("p") > 99).max(), "max", "-",
        group="trade", input=Input.TRADES, needs=("trades.profit",), stage=Stage.TRADES, empty=7.0,
    )  # fmt: skip
    both = inputs(
        accounts=pl.DataFrame({"account": [0, 1]}),
        trades=given.trades.with_columns(account=pl.lit(0, pl.Int64)),
    )

    assert compute(both, kpis=[undefined])["undefined"].to_list() == [None, 7.0]


def test_what_hangs_on_itself_is_told() -> None:
    circular = Kpi(
        "circular", "Circular", "ratio", pl.col("circular") + 1, "x = x+1", "-",
        group="returns", input=Input.DAILY_RETURNS, needs=("daily.r",), stage=Stage.DERIVED,
    )  # fmt: skip

    with pytest.raises(Fatal, match="no order in which to compute circular"):
        compute(inputs(), kpis=[circular])
