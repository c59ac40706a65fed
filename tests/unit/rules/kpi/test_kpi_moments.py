"""A kernel comes to what the expression beside it comes to, from which days are added to it."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.kpi.kpi import Kernel
from rules.kpi.moments import (
    autocorrelation,
    correlation,
    count_where,
    gains,
    losses,
    product_where,
    slope,
    spread,
)
from rules.kpi.rectangles import starts_of

_WHOLE: dict[str, Kernel] = {
    "autocorrelation": autocorrelation("x", "before"),
    "correlation": correlation("x", "y"),
    "slope": slope("x", "y"),
    "products above": product_where("x", 1, "y"),
    "products below": product_where("x", -1, "y"),
    "rows above": count_where(1, "y"),
    "rows below": count_where(-1, "y"),
}
_WITH_NULLS: dict[str, Kernel] = {
    "gains": gains("x"),
    "squares of gains": gains("x", 2),
    "losses": losses("x"),
    "squares of losses": losses("x", 2),
    "spread": spread("x", "y"),
    "spread of one": spread("x", "x"),
}
_KERNELS = _WHOLE | _WITH_NULLS
_VALUES = st.sampled_from([-2.0, -0.5, 0.0, 0.1, 0.3, 3.0])
_NUMBERS = st.lists(st.tuples(st.none() | _VALUES, _VALUES), min_size=1, max_size=6)


def _rows(accounts: list[list[tuple[float | None, float]]], nothing: float | None) -> pl.DataFrame:
    named = [(place, x, y) for place, rows in enumerate(accounts) for x, y in rows]
    frame = pl.DataFrame(
        named, schema={"account": pl.UInt32, "x": pl.Float64, "y": pl.Float64}, orient="row"
    )
    if nothing is not None:
        frame = frame.with_columns(pl.col("x").fill_null(nothing))
    return frame.with_columns(before=pl.col("x").shift(1).over("account"))


@pytest.mark.parametrize("name", _KERNELS)
@settings(max_examples=30, deadline=None)
@given(accounts=st.lists(_NUMBERS, min_size=1, max_size=4))
def test_a_kernel_and_its_expression_say_the_same(
    name: str, accounts: list[list[tuple[float | None, float]]]
) -> None:
    kernel = _KERNELS[name]
    rows = _rows(accounts, None if name in _WITH_NULLS else 0.2)
    assert kernel.expression is not None

    columns = [rows[each].fill_null(np.nan).to_numpy() for each in kernel.columns]
    fast = kernel.function(starts_of(rows), *columns)
    slow = rows.group_by("account", maintain_order=True).agg(value=kernel.expression)["value"]

    assert fast == pytest.approx(slow.fill_null(np.nan).to_numpy(), abs=1e-12, nan_ok=True)
