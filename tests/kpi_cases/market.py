"""Costs, fills, excursions, exposure and sizes of small books of trades."""

from math import sqrt

from tests.kpi_cases.case import daily
from tests.kpi_cases.trade_case import MONDAY, TradeCase, at, book, responses

_DAY = MONDAY.date()
# p: 90.5, -46.5, -1.0, 0.0
_COSTS = book(
    profit=[100.0, -40.0, 1.0, 4.0],
    commission=[-7.0, -7.0, -2.0, -4.0],
    swap=[-2.5, 0.5, 0.0, 0.0],
    lots=[1.0, 1.0, 0.2, 0.3],
    nights=[2.0, 1.0, 0.0, 0.0],
    pip_value=[10.0, 10.0, 10.0, 10.0],
    spread_pips=[0.5, 1.0, 1.5, 2.0],
    slippage_entry=[0.2, -0.4, 0.0, 0.1],
    slippage_exit=[0.1, -0.1, 0.0, 0.5],
    reason=["tp", "sl", "manual", "sl"],
)
_COMMISSION, _SWAP, _LOTS = -20.0, -2.0, 2.5
# Units x price: 1.1 for the pairs quoted in dollars, units alone of a pair in dollars.
_NOTIONALS = (110_000.0, 110_000.0, 22_000.0, 33_000.0)
# Spread, slippage and (commission+swap)/(10*lots), in pips.
_ALL_IN = (0.5 + 0.3 + 0.95, 1.0 - 0.5 + 0.65, 1.5 + 0.0 + 1.0, 2.0 + 0.6 + 4 / 3)
_FREE = book(profit=[-5.0, 5.0], lots=[0.0, 0.0])

_ORDERS = responses(
    requested_volume=[1.0, 2.0, 1.0, 1.0, 3.0, 2.0, 1.0, 1.0],
    filled_volume=[1.0, 2.0, 0.5, 0.0, 0.0, 2.0, 0.0, 0.0],
    status=["filled", "filled", "partial", "rejected", "requote", "filled", "rejected", "canceled"],
    latency_ms=[50.0, 80.0, None, 20.0, 20.0, 90.0, 40.0, 45.0],
)

# p: 58, -32, 8, -2; the stops of the first two risk 50 and 20.
_OPEN = book(
    profit=[60.0, -30.0, 10.0, 0.0],
    commission=[-2.0] * 4,
    mfe=[100.0, 10.0, 20.0, 0.0],
    mae=[-20.0, -40.0, -10.0, 0.0],
    sl_pips=[5.0, 2.0, None, None],
)
_UNKNOWN = book(profit=[60.0, -30.0])

# [0, 4), [2, 3), [3, 5), [8, 9) hours: six of nine are covered, eight are held.
_OVERLAPPING = book(profit=[1.0] * 4, entry_time=at(0, 2, 3, 8), exit_time=at(4, 3, 5, 9))
_INSTANT = book(profit=[1.0], entry_time=at(9), exit_time=at(9))
# 100,000 EUR at 1.1, 20,000 USD against yen, 30,000 GBP at 1.25; EURGBP, of which 10,000 EUR
# at 0.88 GBP with pips worth 12.5 USD: a pound is 1.25 USD; ten ounces of gold at 2000.
_PAIRS = book(
    profit=[100.0, 0.0, 0.0, 0.0, 0.0],
    symbol=["EURUSD", "USDJPY", "GBPUSD.m", "EURGBP", "XAUUSD"],
    side=[1, -1, -1, 1, 1],
    lots=[1.0, 0.2, 0.3, 0.1, 0.1],
    contract=[100_000.0, 100_000.0, 100_000.0, 100_000.0, 100.0],
    entry_price=[1.1, 150.0, 1.25, 0.88, 2000.0],
    pip_value=[10.0, 6.67, 10.0, 12.5, 10.0],
)
_SIZES = (110_000.0, 20_000.0, 37_500.0, 11_000.0, 20_000.0)

# Balance before: 1000, 1100, 1050, 1150. Risks 50, 55 and 21 make 5 %, 5 % and 2 %; no second TP.
_SIZED = book(
    profit=[100.0, -50.0, 100.0, 10.0],
    lots=[1.0, 0.5, 1.5, 2.0],
    sl_pips=[5.0, 11.0, 1.4, None],
    tp_pips=[10.0, None, 7.0, 30.0],
)
_SHARES = (0.05, 0.05, 0.02)
_SHARE_STD = sqrt(2 * 0.01**2 + 0.02**2) / sqrt(2)  # about 0.04
_W, _PAYOFF = 3 / 4, 70.0 / 50.0
_KELLY = _W - (1 - _W) / _PAYOFF

CASES = (
    TradeCase("total_commission", _COMMISSION, _COSTS),
    TradeCase("total_swap", _SWAP, _COSTS),
    TradeCase("total_costs", -22.0, _COSTS),
    TradeCase("total_costs", 0.0),
    TradeCase("cost_per_trade", -22.0 / 4, _COSTS),
    TradeCase("cost_per_lot", -22.0 / _LOTS, _COSTS),
    TradeCase("cost_per_lot", None, _FREE),
    TradeCase("commission_per_lot", _COMMISSION / _LOTS, _COSTS),
    TradeCase("swap_per_lot_night", _SWAP / (2 * 1.0 + 1 * 1.0), _COSTS),
    TradeCase("swap_per_lot_night", None, _FREE),
    TradeCase("cost_to_gross_profit", 22.0 / 105.0, _COSTS),
    TradeCase("cost_to_gross_profit", None, book(profit=[-1.0], commission=[-1.0])),
    TradeCase("cost_bps_of_notional", 1e4 * 22.0 / sum(_NOTIONALS), _COSTS),
    TradeCase("cost_bps_of_notional", None, _FREE),
    TradeCase("net_to_gross_ratio", 43.0 / 65.0, _COSTS),
    TradeCase("net_to_gross_ratio", None, _FREE),
    TradeCase("spread_cost_currency", -(5.0 + 10.0 + 3.0 + 6.0), _COSTS),
    TradeCase("spread_cost_currency", None, _FREE),  # nobody wrote the spread down
    TradeCase("spread_cost_currency", 0.0),
    TradeCase("avg_spread_pips", 1.25, _COSTS),
    TradeCase("slippage_cost_currency", -(3.0 - 5.0 + 0.0 + 1.8), _COSTS),
    TradeCase("all_in_cost_per_trade_pips", sum(_ALL_IN) / 4, _COSTS),
    # Of four, the third earned 1 and the fourth 4 before costs.
    TradeCase("trades_flipped_by_costs_ratio", 2 / 4, _COSTS),
    TradeCase("price_improvement_rate", 1 / 4, _COSTS),
    TradeCase("price_improvement_rate", None, _FREE),
    TradeCase("adverse_slippage_rate", 2 / 4, _COSTS),
    TradeCase("slippage_asymmetry", (0.3 + 0.6) / 0.5, _COSTS),
    TradeCase(
        "slippage_asymmetry", None, book(profit=[1.0], slippage_entry=[1.0], slippage_exit=[0.0])
    ),
    TradeCase("slippage_on_sl_pips", (-0.1 + 0.5) / 2, _COSTS),
    TradeCase("slippage_on_sl_pips", None, _FREE),
    TradeCase("sl_exit_rate", 2 / 4, _COSTS),
    TradeCase("tp_exit_rate", 1 / 4, _COSTS),
    TradeCase("manual_exit_rate", 1 / 4, _COSTS),
    TradeCase("stop_out_rate", 0.0, _COSTS),
    TradeCase("stop_out_rate", 1 / 2, book(profit=[1.0, 1.0], reason=["stop_out", None])),
    TradeCase("stop_out_rate", None),
    # 50 > 80 > 20 > 20 > 90 > 40 > 45, the one without an answer left out.
    TradeCase("latency_jitter_ms", (30 + 60 + 0 + 70 + 50 + 5) / 6, executions=_ORDERS),
    TradeCase("latency_jitter_ms", None, executions=responses(latency_ms=[50.0])),
    TradeCase("fill_rate", 3 / 8, executions=_ORDERS),
    TradeCase("fill_rate", None),
    TradeCase("volume_fill_ratio", 5.5 / 12.0, executions=_ORDERS),
    TradeCase("volume_fill_ratio", None, executions=responses(requested_volume=[0.0])),
    TradeCase("rejection_rate", 2 / 8, executions=_ORDERS),
    TradeCase("requote_rate", 1 / 8, executions=_ORDERS),
    TradeCase("partial_fill_rate", 1 / 8, executions=_ORDERS),
    TradeCase("avg_mfe", 130.0 / 4, _OPEN),
    TradeCase("avg_mfe", None, _UNKNOWN),
    TradeCase("avg_mae", -70.0 / 4, _OPEN),
    TradeCase("largest_mfe", 100.0, _OPEN),
    TradeCase("largest_mae", -40.0, _OPEN),
    TradeCase("avg_mfe_r", (100.0 / 50.0 + 10.0 / 20.0) / 2, _OPEN),
    TradeCase("avg_mae_r", (-20.0 / 50.0 - 40.0 / 20.0) / 2, _OPEN),
    TradeCase("avg_mae_r", None, _UNKNOWN),
    TradeCase("edge_ratio", 130.0 / 70.0, _OPEN),
    TradeCase("edge_ratio", None, _UNKNOWN),
    # A trade of which only one side is known belongs to neither sum.
    TradeCase("edge_ratio", 2.0, book(profit=[1.0, 1.0], mfe=[8.0, 9.0], mae=[-4.0, None])),
    TradeCase("mfe_capture_ratio", (60.0 / 100.0 + 10.0 / 20.0) / 2, _OPEN),
    # The ranges are 120, 50, 30, and none of the fourth.
    TradeCase("total_efficiency", (60 / 120 - 30 / 50 + 10 / 30) / 3, _OPEN),
    TradeCase("total_efficiency", None, book(profit=[0.0], mfe=[0.0], mae=[0.0])),
    TradeCase("entry_efficiency", (100 / 120 + 10 / 50 + 20 / 30) / 3, _OPEN),
    TradeCase("exit_efficiency", (80 / 120 + 10 / 50 + 20 / 30) / 3, _OPEN),
    TradeCase("avg_end_trade_drawdown", (-40.0 - 40.0 - 10.0 + 0.0) / 4, _OPEN),
    TradeCase("max_end_trade_drawdown", -40.0, _OPEN),
    # Winners' -20 and -10: a twentieth of the way up from -20.
    TradeCase("winners_mae_p95", -20.0 + 0.05 * 10.0, _OPEN),
    TradeCase("winners_mae_p95", None, _UNKNOWN),
    TradeCase("losers_mfe_avg", (10.0 + 0.0) / 2, _OPEN),
    TradeCase("time_in_market_ratio", 6 / 9, _OVERLAPPING),
    TradeCase("time_in_market_ratio", None, _INSTANT),
    # At 2 two are open; at 3 one exits before the next enters.
    TradeCase("max_concurrent_positions", 2, _OVERLAPPING),
    TradeCase("max_concurrent_positions", 0, _INSTANT),
    TradeCase("max_concurrent_positions", 0),
    # The exit is half a second after the entry of the next, but in the same second.
    TradeCase(
        "max_concurrent_positions",
        1,
        book(
            profit=[1.0, 1.0],
            entry_time=at(0, 1 + 0.2 / 3600),
            exit_time=at(1 + 0.7 / 3600, 2),
        ),
    ),
    TradeCase("avg_concurrent_positions", 8 / 9, _OVERLAPPING),
    TradeCase("avg_concurrent_positions", None, _INSTANT),
    TradeCase("avg_leverage_per_trade", (_SIZES[0] / 1000 + sum(_SIZES[1:]) / 1100) / 5, _PAIRS),
    TradeCase("avg_leverage_per_trade", None, book(profit=[-1000.0, 1.0])),
    TradeCase("max_leverage_per_trade", _SIZES[0] / 1000, _PAIRS),
    TradeCase("turnover_notional", 2 * sum(_SIZES), _PAIRS),
    TradeCase("turnover_notional", 0.0),
    # In euros the first two pairs are their units: 100,000 and 10,000 EUR.
    TradeCase(
        "turnover_notional",
        2 * (100_000.0 + 10_000.0),
        _PAIRS[[0, 3]],
        settings={"currency": "EUR"},
    ),
    # 20,000 USD at 150 yen, of pips of 0.01 worth 6.1 EUR: a yen is 0.0061 EUR.
    TradeCase(
        "turnover_notional",
        2 * 0.2 * 150.0 * 6.1 / 0.01,
        book(profit=[1.0], symbol=["USDJPY"], lots=[0.2], entry_price=[150.0], pip_value=[6.1]),
        settings={"currency": "EUR"},
    ),
    TradeCase(
        "turnover_to_equity",
        2 * sum(_SIZES) / 1050.0,
        _PAIRS,
        daily=daily([_DAY, _DAY.replace(day=2)], equity=[1000.0, 1100.0]),
    ),
    TradeCase("turnover_to_equity", None, _PAIRS),
    TradeCase("long_notional_share", (110_000 + 11_000 + 20_000) / sum(_SIZES), _PAIRS),
    TradeCase("long_notional_share", None, _FREE),
    TradeCase("net_directional_bias", (1.0 - 0.2 - 0.3 + 0.1 + 0.1) / 1.7, _PAIRS),
    TradeCase("net_directional_bias", None, _FREE),
    # 1, 0.5, 1.5 and 2 are 1.25 on average.
    TradeCase("lots_cv", sqrt((0.0625 + 0.5625 + 0.0625 + 0.5625) / 3) / 1.25, _SIZED),
    TradeCase("lots_cv", None, _INSTANT),
    TradeCase("max_to_median_lots", 2.0 / 1.25, _SIZED),
    TradeCase("max_to_median_lots", None, _FREE),
    TradeCase(
        "avg_risk_per_trade",
        sum(_SHARES) / 3,
        book(profit=[100.0, -50.0, 100.0, 10.0], sl_pips=[5.0, 5.5, 2.1, None]),
    ),
    TradeCase("avg_risk_per_trade", None, _UNKNOWN),
    TradeCase("max_risk_per_trade", 0.05, book(profit=[100.0, -50.0], sl_pips=[5.0, 2.2])),
    TradeCase(
        "risk_consistency_cv",
        _SHARE_STD / (sum(_SHARES) / 3),
        book(profit=[100.0, -50.0, 100.0, 10.0], sl_pips=[5.0, 5.5, 2.1, None]),
    ),
    TradeCase("risk_consistency_cv", None, book(profit=[100.0], sl_pips=[5.0])),
    TradeCase("sl_usage_rate", 3 / 4, _SIZED),
    TradeCase("sl_usage_rate", None),
    TradeCase("sl_usage_rate", 1 / 2, book(profit=[1.0, 1.0], sl_pips=[0.0, 5.0])),  # 0: none
    TradeCase("tp_usage_rate", 3 / 4, _SIZED),
    TradeCase("avg_planned_rr", (10.0 / 5.0 + 7.0 / 1.4) / 2, _SIZED),
    TradeCase("avg_planned_rr", None, _UNKNOWN),
    # Risks 50, 55 and 21: R is 2, -10/11 and 100/21; 2 and 5 were planned.
    TradeCase("realised_to_planned_rr", ((2.0 + 100 / 21) / 2) / 3.5, _SIZED),
    TradeCase("realised_to_planned_rr", None, _UNKNOWN),
    # After the loss 1.5; after the wins 0.5 and 2.
    TradeCase("lots_after_loss_ratio", 1.5 / 1.25, _SIZED),
    TradeCase("lots_after_loss_ratio", None, _INSTANT),
    TradeCase(
        "lots_per_10k_equity",
        (1.0 / 0.1 + 0.5 / 0.11 + 1.5 / 0.105 + 2.0 / 0.115) / 4,
        _SIZED,
    ),
    TradeCase(
        "kelly_utilisation",
        (50.0 / 1000 + 55.0 / 1100 + 21.0 / 1050) / 3 / _KELLY,
        _SIZED,
    ),
    TradeCase("kelly_utilisation", None, book(profit=[-9.0, 1.0], sl_pips=[5.0, 5.0])),
)
