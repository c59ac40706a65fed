"""What trading cost: commission, swap, spread and slippage."""

from functools import partial

import polars as pl

from rules.kpi.expressions import ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_expressions import complete, share, zero_without_trades

_KPI = partial(
    Kpi,
    group="cost",
    input=Input.TRADES,
    needs=("trades.commission", "trades.swap"),
)
_TRADES = partial(_KPI, stage=Stage.TRADES)
_DERIVED = partial(_KPI, stage=Stage.DERIVED)

_LARGE = Least(trades=30)
_LOTS = pl.col("total_lots")
_COSTS = pl.col("total_costs")
_PER_PIP = pl.col("pip_value") * pl.col("lots")
_ALL_IN = (
    pl.col("spread_pips") + pl.col("slip") - ratio(pl.col("commission") + pl.col("swap"), _PER_PIP)
)


def _paid(pips: str) -> pl.Expr:
    cost = 0.0 - (pl.col(pips) * _PER_PIP).sum()
    return complete(cost, pips, "pip_value", "lots")


PARTS: tuple[Part, ...] = (
    Part("_spread_cost", Stage.TRADES, _paid("spread_pips")),
    Part("_slippage_cost", Stage.TRADES, _paid("slip")),
    Part("_lot_nights", Stage.TRADES, (pl.col("lots") * pl.col("nights")).sum()),
    Part("_won_before_costs", Stage.TRADES, pl.col("profit").clip(lower_bound=0).sum()),
    Part("_profit", Stage.TRADES, pl.col("profit").sum()),
)

KPIS: tuple[Kpi, ...] = (
    _TRADES(
        "total_commission",
        "Commission",
        "currency (<=0 = paid)",
        pl.col("commission").sum(),
        formula="sum(commission)",
        edges="0",
        needs=("trades.commission",),
        empty=0.0,
    ),
    _TRADES(
        "total_swap",
        "Swap",
        "currency",
        pl.col("swap").sum(),
        formula="sum(swap); positive = received",
        edges="0",
        needs=("trades.swap",),
        empty=0.0,
    ),
    _DERIVED(
        "total_costs",
        "Commission and swap",
        "currency",
        pl.col("total_commission") + pl.col("total_swap"),
        formula="sum(commission+swap)",
        edges="0",
    ),
    _DERIVED(
        "cost_per_trade",
        "Cost per trade",
        "currency",
        ratio(_COSTS, pl.col("trade_count")),
        formula="total_costs/N",
        edges="0 trades -> null",
        least=_LARGE,
    ),
    _DERIVED(
        "cost_per_lot",
        "Cost per lot",
        "currency/lot",
        ratio(_COSTS, _LOTS),
        formula="total_costs/sum(lots)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.commission", "trades.swap", "trades.lots"),
        least=_LARGE,
    ),
    _DERIVED(
        "commission_per_lot",
        "Commission per lot",
        "currency/lot",
        ratio(pl.col("total_commission"), _LOTS),
        formula="sum(commission)/sum(lots)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.commission", "trades.lots"),
        least=_LARGE,
    ),
    _DERIVED(
        "swap_per_lot_night",
        "Swap per lot and night",
        "currency",
        ratio(pl.col("total_swap"), pl.col("_lot_nights")),
        formula="sum(swap)/sum(lots*nights)",
        edges="no overnight -> null",
        needs=("trades.swap", "trades.lots", "trades.nights"),
        least=_LARGE,
    ),
    _DERIVED(
        "cost_to_gross_profit",
        "Costs over winners before costs",
        "ratio",
        ratio(0.0 - _COSTS, pl.col("_won_before_costs")),
        formula="-total_costs/sum(profit | profit>0) (before-cost winners)",
        edges="zero denominator -> null (never inf)",
        needs=("trades.profit", "trades.commission", "trades.swap"),
        least=_LARGE,
    ),
    _DERIVED(
        "cost_bps_of_notional",
        "Costs in basis points of notional",
        "bps",
        ratio(0.0 - 1e4 * _COSTS, pl.col("_notional")),
        formula="-1e4*total_costs/sum(notional)",
        edges="zero denominator -> null (never inf)",
        needs=(
            "trades.commission",
            "trades.swap",
            "trades.lots",
            "trades.contract",
            "trades.entry_price",
            "trades.symbol",
        ),
        least=_LARGE,
    ),
    _DERIVED(
        "net_to_gross_ratio",
        "Net over gross result",
        "ratio",
        pl.when(pl.col("_profit") > 0).then(pl.col("net_profit") / pl.col("_profit")),
        formula="sum(p)/sum(profit)",
        edges="sum(profit)<=0 -> null",
        needs=("trades.profit", "trades.commission", "trades.swap"),
        least=_LARGE,
    ),
    _DERIVED(
        "spread_cost_currency",
        "Cost of the spread",
        "currency",
        zero_without_trades("_spread_cost"),
        formula="-sum(spread_pips*pip_value*lots)",
        edges="0; a trade without a spread -> null",
        needs=("trades.spread_pips", "trades.pip_value", "trades.lots"),
    ),
    _TRADES(
        "avg_spread_pips",
        "Average spread at entry",
        "pips",
        pl.col("spread_pips").mean(),
        formula="mean(spread at entry)",
        edges="0 trades -> null",
        needs=("trades.spread_pips",),
        least=_LARGE,
    ),
    _DERIVED(
        "slippage_cost_currency",
        "Cost of slippage",
        "currency",
        zero_without_trades("_slippage_cost"),
        formula=(
            "-sum((slippage_entry+slippage_exit)*pip_value*lots); positive slippage_pips = adverse"
        ),
        edges="0; a trade without its slippage -> null",
        needs=("trades.slippage_entry", "trades.slippage_exit", "trades.pip_value", "trades.lots"),
    ),
    _TRADES(
        "all_in_cost_per_trade_pips",
        "All costs per trade in pips",
        "pips",
        _ALL_IN.mean(),
        formula="mean(spread + slip_entry + slip_exit - (commission+swap)/(pip_value*lots))",
        edges="0 trades -> null",
        needs=(
            "trades.spread_pips",
            "trades.slippage_entry",
            "trades.slippage_exit",
            "trades.commission",
            "trades.swap",
            "trades.pip_value",
            "trades.lots",
        ),
        least=_LARGE,
    ),
    _TRADES(
        "trades_flipped_by_costs_ratio",
        "Winners that costs turned",
        "ratio",
        share((pl.col("profit") > 0) & (pl.col("p") <= 0)),
        formula="share with profit>0 and p<=0",
        edges="0 trades -> null",
        needs=("trades.profit", "trades.commission", "trades.swap"),
        least=_LARGE,
    ),
)
