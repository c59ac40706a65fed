"""Times, days, symbols, sessions, moods and rules of small books of trades."""

from datetime import date
from math import sqrt

from tests.kpi_cases.case import daily
from tests.kpi_cases.trade_case import TradeCase, at, book, broken_rules, logs

_NEW_YORK = {"zone": "America/New_York"}
_TWO_WINS = book(profit=[1.0, 1.0])
# Held 1 h and 3 h, lost 2 h and 6 h, and 4 minutes to no effect.
_HELD = book(
    profit=[10.0, 20.0, -5.0, -5.0, 0.0],
    entry_time=at(0, 1, 2, 3, 20),
    exit_time=at(1, 4, 4, 9, 20 + 4 / 60),
)
# Monday: 30 and -10; Tuesday: -25; Wednesday: 5 and 5; Saturday: -1, counted by exits.
_DAYS = book(
    profit=[30.0, -10.0, -25.0, 5.0, 5.0, -1.0],
    entry_time=at(8, 9, 20, 49, 50, 118),
    exit_time=at(10, 11, 30, 51, 52, 121),
)
_PNL = (20.0, -25.0, 10.0, -1.0)
_PNL_STD = sqrt((19**2 + 26**2 + 9**2 + 2**2) / 3)  # about a mean of 1
# Five days of one trade, one of three: 4/3 on average; 3 is more than 4/3+2*0.8165.
_BUSY = book(profit=[1.0] * 8, exit_time=at(10, 34, 58, 82, 106, 130, 131, 132))
_CANCELLING = book(profit=[0.1, 0.2, -0.3], entry_time=at(8, 8, 8), exit_time=at(9, 10, 11))
# Entered Friday 20:00 and Friday 23:00; the first closed before midnight, the second on Saturday.
_FRIDAY = book(profit=[1.0, 1.0, 1.0], entry_time=at(116, 119, 96), exit_time=at(119, 121, 120))

_SYMBOLS = book(
    profit=[50.0, -20.0, 10.0, 40.0, -35.0, 0.0],
    symbol=["GBPUSD", "EURUSD", "EURUSD", "AUDUSD", "USDJPY", "USDJPY"],
    strategy=["b", "a", "b", None, "a", "a"],
)
_TIED = book(profit=[5.0, 5.0], symbol=["USDJPY", "AUDUSD"], strategy=["z", "y"])
# Entered at 6:59, 7:00, 11:30, 12:00, 15:59, 16:00, 20:59, 21:00 and 0:00 of the next day.
_CLOCK = book(
    profit=[1.0, -2.0, 4.0, 8.0, -16.0, 32.0, 64.0, 128.0, -5.0],
    entry_time=at(6 + 59 / 60, 7, 11.5, 12, 15 + 59 / 60, 16, 20 + 59 / 60, 21, 24),
    exit_time=at(*[30] * 9),
)

# 1: lost at 10:00 with 1 lot. 2: entered 5 minutes later with 1 lot: revenge; lost at 11:00.
# 3: entered 15 minutes later with half a lot: smaller. 4: entered 20 minutes after 3, a win.
# 5: 15 minutes after 4, which lost, with more: revenge.
_REVENGE = book(
    profit=[-10.0, -20.0, 30.0, -5.0, 7.0],
    lots=[1.0, 1.0, 0.5, 0.5, 2.0],
    entry_time=at(9, 10 + 5 / 60, 11.25, 12 + 20 / 60, 13.25),
    exit_time=at(10, 11, 12, 13, 14),
)
_EARLY = book(
    profit=[10.0, 10.0, 10.0, 10.0, -10.0, 10.0],
    tp_pips=[10.0, 10.0, 10.0, 10.0, 10.0, None],
    pips=[7.9, 8.0, 10.0, 5.0, -3.0, 1.0],
    reason=["manual", "manual", "tp", None, "manual", "manual"],
)

_MOODS_TRADES = book(profit=[10.0, -20.0, 30.0, 40.0, -50.0])
_MOODS = logs(
    trade_id=["0", "1", "1", "2", "3", "7"],
    emotion=["calm", "fear", "greed", "confident", "calm", "fomo"],
    intensity=[1.0, 5.0, 4.0, 2.0, 3.0, 5.0],
    followed_plan=[True, False, False, True, None, True],
    confidence=[8.0, 2.0, 2.0, 9.0, 9.0, 1.0],
)
# Confidence and result of the five logs whose trade is known: (8, 10), (2, -20) twice, (9, 30)
# and (9, 40); their means are 6 and 8.
_COV = 2 * 2 + 2 * (-4) * (-28) + 3 * 22 + 3 * 32
_CORR = _COV / sqrt((4 + 16 + 16 + 9 + 9) * (4 + 2 * 784 + 484 + 1024))

_BREACHES = broken_rules(
    (date(2024, 1, 10), "news", "soft"),
    (date(2024, 1, 4), "daily_loss", "hard"),
    (date(2024, 1, 6), "news", "soft"),
)
_WEEKS = daily([date(2024, 1, 2), date(2024, 1, 19)], r=[0.0, 0.0])  # opened on Monday, January 1

CASES = (
    TradeCase("avg_holding_time_winners", (1 + 3) / 2 * 3600.0, _HELD),
    TradeCase("avg_holding_time_winners", None, book(profit=[-1.0])),
    TradeCase("holding_time_ratio_loss_win", 4 / 2, _HELD),
    TradeCase("holding_time_ratio_loss_win", None, _TWO_WINS),
    TradeCase("disposition_ratio", 4 / 2, _HELD),
    TradeCase("disposition_ratio", None, _TWO_WINS),
    TradeCase("scalp_ratio", 1 / 5, _HELD),
    TradeCase("scalp_ratio", None),
    TradeCase("active_days", 4, _DAYS),
    TradeCase("active_days", 0),
    TradeCase("trades_per_active_day", 6 / 4, _DAYS),
    TradeCase("trades_per_active_day", None),
    TradeCase("trades_per_week", 6 / ((121 - 8) / 168), _DAYS),
    TradeCase("trades_per_week", None, book(profit=[1.0], entry_time=at(9), exit_time=at(9))),
    TradeCase("winning_trading_days_ratio", 2 / 4, _DAYS),
    TradeCase("winning_trading_days_ratio", None),
    # 0.1+0.2-0.3 is 5.6e-17 in doubles, and no winning day.
    TradeCase("winning_trading_days_ratio", 0.0, _CANCELLING),
    TradeCase("days_since_last_trade", 19 - 6, _DAYS, daily=_WEEKS),
    TradeCase("days_since_last_trade", None, daily=_WEEKS),
    # The third is held from Monday 20:00 to Tuesday 6:00; the last from Friday 22:00 to Saturday.
    TradeCase("overnight_trades_ratio", 2 / 6, _DAYS),
    # In New York the last is from Friday 17:00 to 20:00, the third from Monday 15:00 to Tuesday.
    TradeCase("overnight_trades_ratio", 1 / 6, _DAYS, settings=_NEW_YORK),
    TradeCase("overnight_trades_ratio", None),
    # Only the one from 23:00 to 1:00 was open at midnight and after; one exits at midnight.
    TradeCase("weekend_hold_ratio", 1 / 3, _FRIDAY),
    TradeCase("weekend_hold_count", 1, _FRIDAY),
    TradeCase("weekend_hold_count", 0, _FRIDAY, settings=_NEW_YORK),
    TradeCase("weekend_hold_count", 1, book(profit=[1.0], entry_time=at(0), exit_time=at(400))),
    TradeCase("weekend_hold_count", 0),
    TradeCase("avg_time_between_trades", (118 - 8) / 5 * 3600.0, _DAYS),
    TradeCase("avg_time_between_trades", None, book(profit=[1.0])),
    TradeCase("best_hour", 21, _CLOCK),
    TradeCase("worst_hour", 15, _CLOCK),
    TradeCase("best_hour", 8, _TIED.with_columns(entry_time=_CANCELLING["entry_time"][:2])),
    TradeCase("worst_hour", 3, book(profit=[1.0, 1.0], entry_time=at(5, 3))),  # the earliest
    TradeCase("worst_hour", None),
    TradeCase("best_weekday", 0, _CLOCK),
    TradeCase("worst_weekday", 1, _CLOCK),
    TradeCase("worst_weekday", 0, _TWO_WINS),
    TradeCase("best_weekday", None),
    TradeCase("symbol_count", 4, _SYMBOLS),
    TradeCase("best_symbol", "GBPUSD", _SYMBOLS),
    TradeCase("worst_symbol", "USDJPY", _SYMBOLS),
    TradeCase("best_symbol", "AUDUSD", _TIED),
    TradeCase("worst_symbol", "AUDUSD", _TIED),
    TradeCase("best_symbol", None),
    # 0.1+0.2 is more than 0.3 in doubles, and as much in cents.
    TradeCase(
        "best_symbol",
        "AUDUSD",
        book(profit=[0.1, 0.2, 0.3], symbol=["USDJPY", "USDJPY", "AUDUSD"]),
    ),
    TradeCase("most_traded_symbol_share", 2 / 6, _SYMBOLS),
    TradeCase("most_traded_symbol_share", None),
    TradeCase("symbol_hhi", (2 * 4 + 2 * 1) / 36, _SYMBOLS),
    # GBPUSD 50, EURUSD -10, AUDUSD 40, USDJPY -35.
    TradeCase("profitable_symbols_ratio", 2 / 4, _SYMBOLS),
    TradeCase("top_symbol_profit_share", 50 / 90, _SYMBOLS),
    TradeCase("top_symbol_profit_share", None, book(profit=[-1.0])),
    # a -55, b 60; one trade is of no strategy.
    TradeCase("strategy_count", 2, _SYMBOLS),
    TradeCase("best_strategy", "b", _SYMBOLS),
    TradeCase("worst_strategy", "a", _SYMBOLS),
    TradeCase("worst_strategy", "y", _TIED),
    TradeCase("strategy_hhi", (3**2 + 2**2) / 5**2, _SYMBOLS),
    TradeCase("strategy_hhi", None, book(profit=[1.0], strategy=[None])),
    TradeCase("asia_net_profit", 1.0 - 5.0, _CLOCK),
    TradeCase("asia_win_rate", 1 / 2, _CLOCK),
    TradeCase("london_net_profit", -2.0 + 4.0, _CLOCK),
    TradeCase("london_win_rate", 1 / 2, _CLOCK),
    TradeCase("overlap_net_profit", 8.0 - 16.0, _CLOCK),
    TradeCase("overlap_win_rate", 1 / 2, _CLOCK),
    TradeCase("new_york_net_profit", 32.0 + 64.0, _CLOCK),
    TradeCase("new_york_win_rate", 2 / 2, _CLOCK),
    TradeCase("new_york_win_rate", None, _TWO_WINS),
    TradeCase("new_york_net_profit", 0.0, _TWO_WINS),
    # 6, 7, 11, 12, 15, 16, 20, 21 and 0 o'clock; 7, 15 and 0 lost.
    TradeCase("profitable_hours_ratio", 6 / 9, _CLOCK),
    TradeCase("profitable_hours_ratio", None),
    TradeCase("revenge_trade_ratio", 2 / 4, _REVENGE),
    TradeCase("revenge_trade_ratio", None, book(profit=[-1.0])),
    TradeCase("revenge_trade_pnl", -20.0 + 7.0, _REVENGE),
    TradeCase("revenge_trade_pnl", 0.0, book(profit=[-1.0])),
    # A trade that exits in the second of its entry is none before itself.
    TradeCase("revenge_trade_ratio", None, book(profit=[-1.0], entry_time=at(9), exit_time=at(9))),
    # 5, 15 and 15 minutes.
    TradeCase("median_reentry_after_loss_s", 900.0, _REVENGE),
    TradeCase("median_reentry_after_loss_s", None, _TWO_WINS),
    TradeCase("overtrading_days_ratio", 1 / 6, _BUSY),
    TradeCase("overtrading_days_ratio", None, book(profit=[1.0])),
    TradeCase("consistency_score", 1 - 20 / 30, _DAYS),
    TradeCase("consistency_score", None, book(profit=[-1.0])),
    TradeCase("daily_pnl_consistency", 1.0 / _PNL_STD, _DAYS),
    TradeCase("daily_pnl_consistency", None, _TWO_WINS),
    # Tuesday lost: Wednesday brought 10.
    TradeCase("after_loss_day_pnl", 10.0, _DAYS),
    TradeCase("after_loss_day_pnl", None, _TWO_WINS),
    # Of four winners with a target, 7.9 and 5 pips are less than 8.
    TradeCase("early_exit_ratio", 2 / 4, _EARLY),
    TradeCase("early_exit_ratio", None, _TWO_WINS),
    TradeCase("emotion_logged_ratio", 4 / 5, _MOODS_TRADES, emotions=_MOODS),
    TradeCase("emotion_logged_ratio", 0.0, _MOODS_TRADES),
    TradeCase("emotion_logged_ratio", None, emotions=_MOODS),
    TradeCase("negative_emotion_ratio", 3 / 6, _MOODS_TRADES, emotions=_MOODS),
    TradeCase("negative_emotion_ratio", None, _MOODS_TRADES),
    # Trade 1 was logged with fear and greed; trade 7 is not among the closed.
    TradeCase("negative_emotion_pnl", -20.0, _MOODS_TRADES, emotions=_MOODS),
    TradeCase("negative_emotion_pnl", 0.0, _MOODS_TRADES),
    TradeCase("positive_emotion_pnl", 10.0 + 30.0 + 40.0, _MOODS_TRADES, emotions=_MOODS),
    # calm 25, confident 30, fear and greed -20.
    TradeCase("best_emotion", "confident", _MOODS_TRADES, emotions=_MOODS),
    TradeCase("worst_emotion", "fear", _MOODS_TRADES, emotions=_MOODS),
    TradeCase("worst_emotion", None, _MOODS_TRADES),
    TradeCase("plan_adherence_ratio", 3 / 5, _MOODS_TRADES, emotions=_MOODS),
    TradeCase("plan_adherence_ratio", None, _MOODS_TRADES),
    TradeCase(
        "plan_deviation_cost", (10 + 30) / 2 - (-20 - 20) / 2, _MOODS_TRADES, emotions=_MOODS
    ),
    TradeCase("plan_deviation_cost", None, _MOODS_TRADES, emotions=logs(followed_plan=[True])),
    TradeCase("confidence_pnl_correlation", _CORR, _MOODS_TRADES, emotions=_MOODS),
    TradeCase(
        "confidence_pnl_correlation", None, _MOODS_TRADES, emotions=logs(confidence=[5.0, 5.0])
    ),
    TradeCase("tilt_index", (5 + 4 + 5) / 20, _MOODS_TRADES, emotions=_MOODS),
    TradeCase("tilt_index", None, _MOODS_TRADES),
    TradeCase("min_trading_days_progress", 2 / 4, _TWO_WINS),
    TradeCase("min_trading_days_progress", 1.0, _BUSY),
    TradeCase("min_trading_days_progress", 0.0),
    # 0.5 % of 1000 are 5: 20 and 10 count.
    TradeCase("profitable_days_count", 2, _DAYS),
    TradeCase("profitable_days_count", 1, book(profit=[4.99, 5.0])),
    TradeCase("profitable_days_count", 0),
    TradeCase("best_day_profit_share", 20 / 4, _DAYS),
    TradeCase("best_day_profit_share", None, book(profit=[5.0, -5.0])),
    TradeCase("consistency_rule_gap", 20.0 / 0.4 - 4.0, _DAYS),
    TradeCase("consistency_rule_gap", 0.0, book(profit=[4.0, 4.0, 4.0])),
    TradeCase("consistency_rule_gap", None),
    TradeCase("breach_count", 3, breaches=_BREACHES),
    TradeCase("breach_count", 0),
    TradeCase("hard_breach_count", 1, breaches=_BREACHES),
    TradeCase("distinct_rules_breached", 2, breaches=_BREACHES),
    TradeCase("days_since_last_breach", 19 - 10, breaches=_BREACHES, daily=_WEEKS),
    TradeCase("days_since_last_breach", None, daily=_WEEKS),
    TradeCase("days_to_first_breach", 4 - 1, breaches=_BREACHES, daily=_WEEKS),
    TradeCase("days_to_first_breach", None, daily=_WEEKS),
    TradeCase("breaches_per_100_trades", 100 * 3 / 5, _MOODS_TRADES, breaches=_BREACHES),
    TradeCase("breaches_per_100_trades", None, breaches=_BREACHES),
)
