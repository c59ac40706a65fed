"""QuantStats on trades: on their profits, or on their share of the balance before each."""

from __future__ import annotations

import pandas as pd
import quantstats.stats as qs

from tests.kpi_reference.accounts import INITIAL
from tests.kpi_reference.case import Case
from tests.kpi_reference.reference import Reference

LIBRARY = "quantstats"


def _ruin(case: Case) -> float:
    """Return the risk of ruin by the library's function, fed with our edge and our units.

    The library computes ((1-w)/(1+w))^n with w the win rate and n the number of observations.
    A series of `wins - losses` gains and `2 * losses` losses has the edge for its win rate; the
    exponent is then set right, from n to half the balance in average losses.
    """
    wins, losses = int((case.p > 0).sum()), int((case.p < 0).sum())
    if wins <= losses:
        return 1.0  # without an edge ruin is certain; the library is not asked
    signs = pd.Series([0.01] * (wins - losses) + [-0.01] * (2 * losses))
    signs.index = pd.date_range("2000-01-01", periods=len(signs), freq="D")
    balance = INITIAL + case.p.sum()
    units = 0.5 * balance / abs(qs.avg_loss(case.p, prepare_returns=False))
    return qs.risk_of_ruin(signs, prepare_returns=False) ** (units / len(signs))


REFERENCES = [
    Reference("win_rate_excl_breakeven", "stats.win_rate", lambda c: qs.win_rate(c.trade_returns)),
    Reference("profit_factor", "stats.profit_factor", lambda c: qs.profit_factor(c.p, False)),
    Reference("payoff_ratio", "stats.payoff_ratio", lambda c: qs.payoff_ratio(c.p, False)),
    Reference("avg_win", "stats.avg_win", lambda c: qs.avg_win(c.p, prepare_returns=False)),
    Reference("avg_loss", "stats.avg_loss", lambda c: qs.avg_loss(c.p, prepare_returns=False)),
    Reference("ghpr", "stats.ghpr", lambda c: qs.ghpr(c.trade_returns)),
    Reference("cpc_index", "stats.cpc_index", lambda c: qs.cpc_index(c.p, False)),
    Reference("profit_ratio_qs", "stats.profit_ratio", lambda c: qs.profit_ratio(c.p, False)),
    Reference("kelly_fraction", "stats.kelly_criterion", lambda c: qs.kelly_criterion(c.p, False)),
    Reference("risk_of_ruin_fixed_bet", "stats.risk_of_ruin", _ruin),
    Reference(
        "max_consecutive_wins",
        "stats.consecutive_wins",
        lambda c: qs.consecutive_wins(c.p, prepare_returns=False),
    ),
    Reference(
        "max_consecutive_losses",
        "stats.consecutive_losses",
        lambda c: qs.consecutive_losses(c.p, prepare_returns=False),
    ),
]
