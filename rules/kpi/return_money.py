"""What an account earned in its currency, and on the money that was in it."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, ratio
from rules.kpi.internal_rate import internal_rate
from rules.kpi.kpi import ONLY_ALL, Input, Kernel, Kpi, Least, Part, Stage

_EQUITY, _EARNED = pl.col("equity"), pl.col("earned")
_NET = pl.col("_equity_end") - pl.col("_equity_start") - pl.col("_flows")
# Of an account that had nothing before its first day, its days begin with that one.
_SPAN = pl.col("at").last() - pl.when(pl.col("start").first() > 0).then(0).otherwise(
    pl.col("at").first() - 1
)
_INVESTED = pl.col("_equity_start") + pl.col("_weighted_flows")

_equity = partial(
    Kpi,
    group="returns",
    input=Input.EQUITY,
    needs=("daily.equity_open", "daily.equity", "daily.flow"),
    stage=Stage.EQUITY,
)
_derived = partial(_equity, stage=Stage.DERIVED)
_risk = partial(_equity, group="risk", needs=("daily.equity_open", "daily.equity"))

PARTS = (
    Part("_days", Stage.EQUITY, pl.len().cast(pl.Float64), empty=0.0),
    Part("_equity_start", Stage.EQUITY, pl.col("start").first()),
    Part("_equity_end", Stage.EQUITY, _EQUITY.last()),
    Part("_flows", Stage.EQUITY, pl.col("flow").sum()),
    Part(
        "_weighted_flows",
        Stage.EQUITY,
        pl.when(_SPAN > 0).then(
            (
                (pl.col("at").last() + 1) * pl.col("flow").sum()
                - (pl.col("at") * pl.col("flow")).sum()
            )
            / _SPAN
        ),
    ),
)

KPIS = (
    _equity(
        "money_weighted_return",
        "Money-weighted return",
        "ratio/yr",
        Kernel(("start", "equity", "flow", "at"), internal_rate),
        "XIRR: i with sum CF_k*(1+i)^(-(d_k-d_0)/365)=0; CF: -start equity at the opening, "
        "-flow_k at its day, +end equity",
        "no change of sign or less than 2 dates -> null; of several rates the one nearest to 0; "
        "beyond a double -> null",
        windows=ONLY_ALL,
        least=Least(days=20),
    ),
    _derived(
        "modified_dietz_return",
        "Modified Dietz return",
        "ratio",
        pl.when(_INVESTED > 0).then(_NET / _INVESTED),
        "(E_end-E_start-sum F)/(E_start+sum w_k F_k), w_k=(CD-D_k+1)/CD, flows at the start of "
        "their day; CD and D_k: calendar days from the opening to the end and to the flow; from "
        "the day before the first one, where nothing was there before",
        "denominator<=0 -> null",
    ),
    _derived(
        "net_pnl_currency",
        "Net profit by equity",
        "currency",
        _NET,
        "E_end-E_start-sum(flows), E_start before the first day's flow",
        "n=0 -> null",
    ),
    _derived(
        "avg_daily_pnl_currency",
        "Average daily profit",
        "currency/day",
        ratio(_NET, pl.col("_days")),
        "mean(E_t-E_{t-1}-F_t)",
        "n=0 -> null",
    ),
    _equity(
        "high_water_mark",
        "High-water mark",
        "currency",
        pl.max_horizontal(_EQUITY.max(), pl.col("start").first()),
        "max over t of equity at the close, the starting equity included; flows not taken out",
        "n=0 -> null",
    ),
    _risk(
        "daily_pnl_volatility_currency",
        "Volatility of the daily profit",
        "currency/day",
        deviation("earned"),
        "std(E_t-E_open_t, ddof=1)",
        "n<2 -> null",
    ),
    _risk(
        "max_daily_loss_currency",
        "Worst day in currency",
        "currency",
        _EARNED.min(),
        "min(E_t-E_open_t)",
        "n=0 -> null",
    ),
    _risk(
        "max_intraday_equity_drop",
        "Deepest fall of equity within a day",
        "ratio",
        pl.col("drop").min(),
        "min(E_low_t/E_open_t-1), E_low with floating profit",
        "n=0 or no equity_low known -> null; days opened at 0 or below are left out",
        needs=("daily.equity_open", "daily.equity_low"),
    ),
)
