"""Every KPI, part and frame, collected from the modules of the families."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi import (
    behaviour,
    benchmark,
    breakdowns,
    costs,
    daily_frames,
    daily_parts,
    day_activity,
    distribution,
    downside,
    drawdown,
    drawdown_ratios,
    emotions,
    entry_frames,
    excursions,
    exposure,
    log_frames,
    order_responses,
    period_frames,
    position_sizing,
    prop_firm,
    return_money,
    return_periods,
    returns,
    risk,
    sharpe,
    slippage,
    streaks,
    tail_risk,
    trade_balance,
    trade_betting,
    trade_calendar,
    trade_distribution,
    trade_edge,
    trade_frames,
    trade_groups,
    trade_results,
    trade_rules,
    trade_sides,
    trade_times,
    trade_units,
)
from rules.kpi.kpi import Kpi, Part, Stage
from rules.kpi.prepare import Frames

_FAMILIES = (
    benchmark,
    daily_parts,
    day_activity,
    distribution,
    downside,
    drawdown,
    drawdown_ratios,
    prop_firm,
    return_money,
    return_periods,
    returns,
    risk,
    sharpe,
    tail_risk,
    trade_results,
    trade_edge,
    trade_distribution,
    trade_sides,
    trade_units,
    trade_balance,
    trade_betting,
    streaks,
    trade_times,
    trade_calendar,
    costs,
    slippage,
    order_responses,
    excursions,
    exposure,
    position_sizing,
    breakdowns,
    behaviour,
    emotions,
    trade_rules,
)
_PREPARING = (daily_frames, period_frames, trade_frames, trade_groups, entry_frames, log_frames)

GROUPS = (
    "returns",
    "risk",
    "risk_adjusted",
    "drawdown",
    "tail_risk",
    "distribution",
    "benchmark_relative",
    "trade",
    "streak",
    "time",
    "cost",
    "execution",
    "excursion",
    "exposure",
    "position_sizing",
    "breakdown",
    "behaviour",
    "prop_firm",
)
KPIS: tuple[Kpi, ...] = tuple(
    sorted(
        (kpi for family in _FAMILIES for kpi in family.KPIS),
        key=lambda kpi: GROUPS.index(kpi.group),
    )
)
PARTS: tuple[Part, ...] = tuple(part for family in _FAMILIES for part in family.PARTS)
BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    stage: builder for module in _PREPARING for stage, builder in module.BUILDERS.items()
}
READS: Mapping[Stage, tuple[Stage, frozenset[str]]] = {
    **daily_frames.READS,
    **period_frames.READS,
}
BY_ID: Mapping[str, Kpi] = {kpi.id: kpi for kpi in KPIS}

ENTRIES: Mapping[str, Kpi | Part] = {
    **{kpi.name: kpi for kpi in KPIS},
    **{part.name: part for part in PARTS},
}

if len(ENTRIES) != len(KPIS) + len(PARTS):
    raise ValueError("two KPIs or parts have one name")
