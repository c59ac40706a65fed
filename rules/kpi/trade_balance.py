"""The balance from trade to trade: growth per trade, its line and its drawdowns."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio, varies
from rules.kpi.kpi import Input, Kernel, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import complete, solvent, zero_without_trades
from rules.kpi.trade_kernels import line_error

_KPI = partial(
    Kpi,
    input=Input.TRADES,
    needs=("trades.profit", "trades.commission", "trades.swap"),
)
_LINE = partial(_KPI, group="returns", stage=Stage.TRADES)
_PER_TRADE = partial(_KPI, group="trade", stage=Stage.TRADES)
_DRAWDOWN = partial(_KPI, group="drawdown", stage=Stage.TRADES)
_FLOATING_DRAWDOWN = partial(_KPI, group="drawdown", stage=Stage.DERIVED)
_RECOVERY = partial(_KPI, group="risk_adjusted", stage=Stage.DERIVED)

_LARGE = Least(trades=30)


def _line_correlation() -> pl.Expr:
    known = (pl.len() >= 3) & varies("after")
    return pl.when(known).then(pl.corr("i", "after"))


def _intratrade_drawdown() -> pl.Expr:
    """Return the deepest fall from the highest floating profit so far, trades one by one."""
    closed = pl.col("earned") - pl.col("p")
    fall = pl.col("highest") - closed - pl.col("mae")
    return complete(fall.max().clip(lower_bound=0), "mfe", "mae")


def _geometric_mean() -> pl.Expr:
    left = pl.col("scaled").last() / pl.col("scaled_before").first()
    whole = (left >= 0) & (pl.col("settled").min() >= 0)
    return solvent(pl.when(whole).then(left.pow(1 / pl.len()) - 1))


PARTS: tuple[Part, ...] = (Part("_intratrade_drawdown", Stage.TRADES, _intratrade_drawdown()),)

KPIS: tuple[Kpi, ...] = (
    _LINE(
        "equity_lr_correlation",
        "Correlation of the balance with a line",
        "corr",
        _line_correlation(),
        formula="Pearson corr(trade index i, balance after trade i)",
        edges="N<3 or constant -> null",
        least=_LARGE,
    ),
    _LINE(
        "equity_lr_std_error",
        "Standard error about the balance line",
        "currency",
        Kernel(("after",), line_error),
        formula="sqrt(SSE/(N-2)) of OLS balance on i",
        edges="N<3 -> null",
        least=_LARGE,
    ),
    _PER_TRADE(
        "ahpr",
        "Arithmetic mean return per trade",
        "ratio/trade",
        solvent(pl.col("x").mean()),
        formula="mean(p_i/B_i), B_i=balance before trade i",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
        least=_LARGE,
    ),
    _PER_TRADE(
        "ghpr",
        "Geometric mean return per trade",
        "ratio/trade",
        _geometric_mean(),
        formula="prod(1+p_i/B_i)^(1/N)-1 = (B_N/B_0)^(1/N)-1",
        edges=(
            "0 trades -> null; a balance of zero or below before a trade, or below zero "
            "after one -> null"
        ),
        least=_LARGE,
    ),
    _PER_TRADE(
        "best_trade_return",
        "Best return of a trade",
        "ratio",
        solvent(pl.col("x").max()),
        formula="max(p_i/B_i)",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
    ),
    _PER_TRADE(
        "worst_trade_return",
        "Worst return of a trade",
        "ratio",
        solvent(pl.col("x").min()),
        formula="min(p_i/B_i)",
        edges="0 trades -> null; a balance of zero or below before a trade -> null",
    ),
    _DRAWDOWN(
        "max_drawdown_currency",
        "Maximum drawdown of the balance",
        "currency (>=0)",
        (pl.col("peak") - pl.col("after")).max().round(FINEST),
        formula=(
            "max over i of (running max of balance incl. start) - balance_i, closed "
            "trades by exit time"
        ),
        edges="0 trades -> 0",
        empty=0.0,
    ),
    _DRAWDOWN(
        "max_drawdown_balance_relative",
        "Maximum relative drawdown of the balance",
        "ratio (>=0)",
        (1 - ratio(pl.col("scaled"), pl.col("level"))).max(),
        formula="max over i of 1-balance_i/running max balance",
        edges="0 trades -> 0",
        empty=0.0,
    ),
    _DRAWDOWN(
        "absolute_drawdown_currency",
        "Drawdown below the initial balance",
        "currency (>=0)",
        (0.0 - pl.col("earned").min()).clip(lower_bound=0).round(FINEST),
        formula="max(0, initial deposit - min balance)",
        edges="0 trades -> 0",
        empty=0.0,
    ),
    _FLOATING_DRAWDOWN(
        "max_intratrade_drawdown_currency",
        "Maximum drawdown with floating profit",
        "currency (>=0)",
        zero_without_trades("_intratrade_drawdown"),
        formula="sequential: H=max(H,cum+MFE_i); dd=min(dd,cum+MAE_i-H); cum+=p_i",
        edges="0 trades -> 0; a trade without MFE or MAE -> null",
        needs=("trades.profit", "trades.commission", "trades.swap", "trades.mfe", "trades.mae"),
    ),
    _RECOVERY(
        "recovery_factor_currency",
        "Recovery factor of closed trades",
        "number",
        ratio(pl.col("net_profit"), pl.col("max_drawdown_currency")),
        formula="net_profit/max_drawdown_currency (closed-trade balance)",
        edges="no drawdown -> null",
        least=_LARGE,
    ),
)
