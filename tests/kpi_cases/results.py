"""Eight trades, of which three lost and one came out even."""

from math import erf, exp, log, sqrt

from tests.kpi_cases.trade_case import TradeCase, at, book

_P = [100.0, -50.0, 0.0, 200.0, -100.0, -30.0, 60.0, 20.0]
EIGHT = book(profit=_P)
_WON, _LOST = 100.0 + 200.0 + 60.0 + 20.0, 50.0 + 100.0 + 30.0  # four wins, three losses
_NET = 200.0
_ONLY_WINS = book(profit=[10.0, 30.0])
_ONLY_LOSSES = book(profit=[-10.0, -30.0])
_ONE = book(profit=[10.0])
_COSTLY = book(profit=[100.0, -50.0, 5.0], commission=[-7.0] * 3, swap=[0.0, -1.0, 2.0])
_PIPS = book(profit=[1.0] * 5, pips=[12.0, -5.0, 0.0, 8.0, -15.0])
# The stops risk 10 x 10 x 1 = 100, 200, 50 and 100; the third trade has none.
_STOPS = book(
    profit=[150.0, -100.0, 40.0, 25.0, -106.0],
    sl_pips=[10.0, 20.0, None, 5.0, 10.0],
)
_R = (1.5, -0.5, 0.5, -1.06)
_R_MEAN = (1.5 - 0.5 + 0.5 - 1.06) / 4  # 0.11
_R_STD = sqrt(
    ((1.5 - 0.11) ** 2 + (-0.5 - 0.11) ** 2 + (0.5 - 0.11) ** 2 + (-1.06 - 0.11) ** 2) / 3
)
# The balance before each trade is 1000, 1100 and 1045; x is 0.1, -0.05 and 0.2.
_X = book(profit=[100.0, -55.0, 209.0])
_X_MEAN = 0.25 / 3
_X_VAR = ((0.1 - _X_MEAN) ** 2 + (-0.05 - _X_MEAN) ** 2 + (0.2 - _X_MEAN) ** 2) / 2
_PAIR = book(profit=[110.0, -90.0])  # mean 10, deviation 100*sqrt(2), balance 1020
_SEVEN_WINS = book(profit=[10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 90.0])
# Break-evens apart: + - + - - + + has five runs of 4 wins and 3 losses: n=7, P=2*4*3=24.
_Z = (7 * (5 - 0.5) - 24) / sqrt(24 * (24 - 7) / 6)
# w w l 0 w l l: runs of wins 2, 1; of losses 1, 2.
_RUNS = book(profit=[10.0, 20.0, -5.0, 0.0, 7.0, -8.0, -9.0])
# Before trade 1 nothing is earned: the high is 30, the low -40: 70 below. Trade 2 begins at 10:
# high max(30, 10+5), low 10-60: 80 below. Trade 3 begins at -20: high 30, low -25: 55 below.
_FLOATING = book(profit=[10.0, -30.0, 15.0], mfe=[30.0, 5.0, 20.0], mae=[-40.0, -60.0, -5.0])

CASES = (
    TradeCase("loss_rate", 3 / 8, EIGHT),
    TradeCase("loss_rate", None),
    TradeCase("breakeven_win_rate", (_LOST / 3) / (_WON / 4 + _LOST / 3), EIGHT),
    TradeCase("breakeven_win_rate", None, _ONLY_WINS),
    TradeCase("net_return_on_initial", _NET / 1000.0, EIGHT),
    TradeCase("net_return_on_initial", 0.0),
    TradeCase("profit_factor", 0.0, _ONLY_LOSSES),
    TradeCase("profit_factor", None, _ONLY_WINS),
    TradeCase("profit_factor_excl_best", (_WON - 200.0) / _LOST, EIGHT),
    TradeCase("profit_factor_excl_best", 0.0, _ONLY_LOSSES),
    TradeCase("profit_factor_excl_best", 0.0, book(profit=[0.1 + 0.2, -1.0])),
    TradeCase("win_loss_count_ratio", 4 / 3, EIGHT),
    TradeCase("win_loss_count_ratio", None, _ONLY_WINS),
    # Open for 1 h, 3 h and not at all.
    TradeCase(
        "expectancy_per_hour",
        (30.0 - 10.0 + 4.0) / 4.0,
        book(profit=[30.0, -10.0, 4.0], entry_time=at(0, 1, 9), exit_time=at(1, 4, 9)),
    ),
    TradeCase("expectancy_per_hour", None, book(profit=[4.0], entry_time=at(9), exit_time=at(9))),
    TradeCase("profit_per_lot", (30.0 - 10.0) / 0.5, book(profit=[30.0, -10.0], lots=[0.2, 0.3])),
    TradeCase("pnl_top_5_share", (90 + 60 + 50 + 40 + 30) / 300, _SEVEN_WINS),
    TradeCase("pnl_top_5_share", 1.0, EIGHT),
    TradeCase("pnl_top_5_share", None, _ONLY_LOSSES),
    TradeCase("largest_win_share", 200.0 / _WON, EIGHT),
    TradeCase("largest_win_share", None, _ONLY_LOSSES),
    TradeCase("profit_concentration_hhi", (100**2 + 200**2 + 60**2 + 20**2) / 380.0**2, EIGHT),
    TradeCase("profit_concentration_hhi", 1.0, _ONE),
    # p is 93, -58 and 0: 5 - 7 + 2 comes out even.
    TradeCase("breakeven_count", 1, _COSTLY),
    TradeCase("net_profit", 35.0, _COSTLY),
    TradeCase("profit_factor", 93.0 / 58.0, _COSTLY),
    TradeCase("profit_factor_before_costs", 105.0 / 50.0, _COSTLY),
    # 0.07 - 0.05 - 0.02 is 1e-17 in doubles, and neither a win nor a loss.
    TradeCase("win_count", 0, book(profit=[0.07], commission=[-0.05], swap=[-0.02])),
    TradeCase("total_pips", 0.0, _PIPS),
    TradeCase("expectancy_pips", 0.5, book(profit=[1.0, 1.0], pips=[3.0, -2.0])),
    TradeCase("expectancy_pips", None),
    TradeCase("avg_win_pips", (12.0 + 8.0) / 2, _PIPS),
    TradeCase("avg_loss_pips", (-5.0 - 15.0) / 2, _PIPS),
    TradeCase("avg_loss_pips", None, book(profit=[1.0], pips=[2.0])),
    TradeCase("best_trade_pips", 12.0, _PIPS),
    TradeCase("worst_trade_pips", -15.0, _PIPS),
    TradeCase("profit_factor_pips", 20.0 / 20.0, _PIPS),
    TradeCase("profit_factor_pips", None, book(profit=[1.0], pips=[2.0])),
    TradeCase("expectancy_r", _R_MEAN, _STOPS),
    TradeCase("expectancy_r", None, EIGHT),
    TradeCase("expectancy_r", 1.5, book(profit=[150.0, 9.0], sl_pips=[10.0, 0.0])),  # 0: no stop
    TradeCase("avg_r_multiple_win", (1.5 + 0.5) / 2, _STOPS),
    TradeCase("avg_r_multiple_loss", (-0.5 - 1.06) / 2, _STOPS),
    TradeCase("avg_r_multiple_loss", None, EIGHT),
    TradeCase("r_multiple_std", _R_STD, _STOPS),
    TradeCase("r_multiple_std", None, book(profit=[150.0], sl_pips=[10.0])),
    TradeCase("loss_beyond_1r_ratio", 1 / 2, _STOPS),
    TradeCase("loss_beyond_1r_ratio", None, EIGHT),
    TradeCase("sqn_r_100", sqrt(4) * _R_MEAN / _R_STD, _STOPS),
    TradeCase("sqn_r_100", None, book(profit=[150.0, 150.0], sl_pips=[10.0, 10.0])),
    TradeCase("ahpr", _X_MEAN, _X),
    TradeCase("ghpr", (1254.0 / 1000.0) ** (1 / 3) - 1, _X),
    TradeCase("ghpr", -1.0, book(profit=[-1000.0])),
    TradeCase("ahpr", None, book(profit=[-1000.0, 10.0])),  # nothing was left for the second
    TradeCase("ghpr", None, book(profit=[-1200.0, 500.0])),
    TradeCase("ghpr", None, book(profit=[-1200.0])),
    TradeCase("sharpe_mt5_trade", _X_MEAN / sqrt(_X_VAR), _X),
    TradeCase("sharpe_mt5_trade", None, _ONE),
    TradeCase("kelly_leverage", _X_MEAN / _X_VAR, _X),
    TradeCase("kelly_leverage", None, _ONE),
    TradeCase("risk_of_ruin_gaussian", exp(-2 * 10.0 * 510.0 / (2 * 100.0**2)), _PAIR),
    TradeCase("risk_of_ruin_gaussian", 1.0, _ONLY_LOSSES),
    TradeCase("risk_of_ruin_gaussian", None, _ONE),
    TradeCase("risk_of_ruin_gaussian", None, book(profit=[10.0, 10.0])),
    # Wins 4 of 7 without the even one: e=1/7; 600 of the balance of 1200 are 10 losses of 60.
    TradeCase("risk_of_ruin_fixed_bet", ((6 / 7) / (8 / 7)) ** 10, EIGHT),
    TradeCase("risk_of_ruin_fixed_bet", 1.0, _ONLY_LOSSES),
    TradeCase("risk_of_ruin_fixed_bet", 0.0, _ONLY_WINS),
    TradeCase("risk_of_ruin_fixed_bet", None),
    # Mean 3, deviation sqrt(7): t = 3*sqrt(3/7); with two degrees of freedom the probability
    # of more is 1-t/sqrt(2+t^2).
    TradeCase(
        "edge_quality_t_p_value",
        1 - 3 * sqrt(3 / 7) / sqrt(2 + 27 / 7),
        book(profit=[1.0, 2.0, 6.0]),
    ),
    TradeCase("edge_quality_t_p_value", None, book(profit=[1.0, 1.0])),
    # A win of 2 and a loss of 1, each once: the slope 2/(1+2f) - 1/(1-f) is 0 at f=1/4.
    TradeCase("optimal_f", 0.25, book(profit=[20.0, -10.0])),
    TradeCase("optimal_f", 0.0, _ONLY_LOSSES),
    TradeCase("optimal_f", 0.0, book(profit=[10.0, -10.0])),
    TradeCase("optimal_f", None, _ONLY_WINS),
    # The balance goes 1100, 1050, 1050, 1250, 1150, 1120, 1180, 1200: 130 below 1250.
    TradeCase("recovery_factor_currency", 200.0 / 130.0, EIGHT),
    TradeCase("recovery_factor_currency", None, _ONLY_WINS),
    TradeCase("max_drawdown_currency", 40.0, _ONLY_LOSSES),  # below the start
    TradeCase("max_intratrade_drawdown_currency", 80.0, _FLOATING),
    TradeCase("max_intratrade_drawdown_currency", 0.0),
    TradeCase("max_intratrade_drawdown_currency", None, EIGHT),  # no excursion is known
    # Balances 1010, 1030, 1030: about their line 1013.33, 1023.33, 1033.33 they miss by
    # -10/3, 20/3, -10/3; SSE 600/9 over N-2=1.
    TradeCase("equity_lr_std_error", sqrt(600 / 9), book(profit=[10.0, 20.0, 0.0])),
    TradeCase("equity_lr_std_error", 0.0, book(profit=[0.0, 0.0, 0.0])),
    TradeCase("equity_lr_std_error", None, _ONLY_WINS),
    TradeCase("equity_lr_correlation", None, book(profit=[0.0, 0.0, 0.0])),
    TradeCase("runs_z_score", _Z, EIGHT),
    TradeCase("runs_z_score", None, _ONLY_WINS),
    TradeCase("runs_z_score", None, book(profit=[5.0, -5.0])),  # P=n=2
    # Eight wins, then one loss: n=9, P=16, two runs: z=(9*1.5-16)/sqrt(16*7/8).
    TradeCase("runs_z_confidence", erf(2.5 / sqrt(14) / sqrt(2)), book(profit=[5.0] * 8 + [-5.0])),
    TradeCase("runs_z_confidence", None, _ONLY_WINS),
    TradeCase("avg_consecutive_wins", (2 + 1) / 2, _RUNS),
    TradeCase("avg_consecutive_losses", (1 + 2) / 2, _RUNS),
    TradeCase("avg_consecutive_losses", 0.0, _ONLY_WINS),
    TradeCase("max_consecutive_profit_currency", 30.0, _RUNS),
    TradeCase("max_consecutive_loss_currency", -17.0, _RUNS),
    TradeCase("max_consecutive_loss_currency", 0.0, _ONLY_WINS),
    TradeCase("max_consecutive_wins", 2, book(profit=[1.0, 2.0, 0.0, 3.0])),
    TradeCase("current_streak", -2, _RUNS),
    TradeCase("current_streak", 0, book(profit=[1.0, 0.0])),
    # After wins come w, l and l; after losses 0 and l.
    TradeCase("win_rate_after_win", 1 / 3, _RUNS),
    TradeCase("win_rate_after_loss", 1 / 3, EIGHT),
    TradeCase("win_rate_after_loss", None, book(profit=[5.0, -5.0])),
    TradeCase("expected_max_losing_streak", log(8) / -log(3 / 8), EIGHT),
    TradeCase("expected_max_losing_streak", None, _ONLY_LOSSES),
    TradeCase("expected_max_losing_streak", None, _ONLY_WINS),
)
