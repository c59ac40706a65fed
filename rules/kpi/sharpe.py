"""Return per unit of volatility: Sharpe's ratio, what it is worth, and its relatives."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, finite, ratio, varies
from rules.kpi.kpi import ONLY_ALL, Input, Kpi, Least, Part, Stage, Window
from rules.kpi.special import Z_95, normal_cdf

_derived = partial(
    Kpi,
    group="risk_adjusted",
    input=Input.DAILY_RETURNS,
    needs=("daily.r",),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_N, _ROOT, _SR = pl.col("_n"), pl.col("_A").sqrt(), pl.col("_sharpe_day")
# Variance of the estimate, by the skewness and kurtosis of the returns.
_DOUBT = 1 - pl.col("_skew_4") * _SR + (pl.col("_kurtosis_4") + 2) / 4 * _SR**2


def _sharpe(mean: str, deviation_: str, known: str) -> pl.Expr:
    return pl.when(pl.col(known)).then(ratio(pl.col(mean), pl.col(deviation_)))


PARTS = (
    Part("_sharpe_day", Stage.DERIVED, _sharpe("_excess_mean", "_std", "_varies")),
    Part("_excess_mean_30", Stage.LAST_30, pl.col("excess").mean()),
    Part("_excess_mean_90", Stage.LAST_90, pl.col("excess").mean()),
    Part("_varies_30", Stage.LAST_30, varies("r")),
    Part("_varies_90", Stage.LAST_90, varies("r")),
    Part("_months_mean", Stage.MONTHS, pl.col("ret").mean()),
    Part("_months_vary", Stage.MONTHS, varies("ret")),
    # Both moments are known from 4 observations on, of which two differ.
    Part("_skew_4", Stage.DERIVED, pl.when(pl.col("_known_4")).then(pl.col("_skew"))),
    Part("_kurtosis_4", Stage.DERIVED, pl.when(pl.col("_known_4")).then(pl.col("_kurtosis"))),
    Part("_known_4", Stage.DERIVED, (_N >= 4) & pl.col("_varies")),
    # Deviation of the path from one of even growth, for the variability-weighted return.
    Part("_uneven", Stage.DAILY, deviation("uneven")),
)


def _lately(count: int) -> Kpi:
    recent = _sharpe(f"_excess_mean_{count}", f"_std_{count}", f"_varies_{count}")
    return _derived(
        f"sharpe_{count}d",
        f"Sharpe ratio of the last {count} observations",
        "number",
        pl.when(count <= _N).then(recent * _ROOT),
        f"sharpe_ratio of the last {count} observations",
        f"fewer than {count} observations, or all equal -> null",
        windows=ONLY_ALL,
    )


KPIS = (
    _derived(
        "sharpe_ratio",
        "Sharpe ratio",
        "number",
        _SR * _ROOT,
        "mean(r-rf_d)/std(r-rf_d, ddof=1)*sqrt(A), rf_d=(1+rf)^(1/A)-1",
        "n<2 or max(r)==min(r) -> null",
    ),
    _lately(30),
    _lately(90),
    _derived(
        "sharpe_monthly",
        "Sharpe ratio of months",
        "number",
        _sharpe("_months_mean", "_std_months", "_months_vary") * 12**0.5,
        "mean(returns of calendar months)/std(likewise, ddof=1)*sqrt(12)",
        "less than 2 months, or all equal -> null",
        needs=("daily.date", "daily.r"),
        windows=(Window.ALL, Window.YEAR),
        least=Least(days=252),
    ),
    _derived(
        "smart_sharpe",
        "Smart Sharpe ratio",
        "number",
        _SR * _ROOT / pl.col("autocorrelation_penalty"),
        "sharpe_ratio/autocorrelation_penalty",
        "as sharpe_ratio",
    ),
    _derived(
        "probabilistic_sharpe_ratio",
        "Probabilistic Sharpe ratio",
        "probability",
        normal_cdf(pl.when(_DOUBT > 0).then(_SR * (_N - 1).sqrt() / _DOUBT.sqrt())),
        "Phi(SR*sqrt(n-1)/sqrt(1-g*SR+(k-1)/4*SR^2)), SR per day, g, k unbiased, normal k=3",
        "n<4, no variance, or a variance of the estimate<=0 -> null",
    ),
    _derived(
        "min_track_record_length",
        "Least length of track record",
        "days",
        pl.when(_SR > 0).then(finite(1 + _DOUBT * (Z_95 / _SR) ** 2)),
        "1+(1-g*SR+(k-1)/4*SR^2)*(z_0.95/SR)^2: days until PSR(0) is 95 %",
        "n<4, no variance or SR<=0 -> null",
    ),
    _derived(
        "sharpe_t_stat",
        "t-statistic of the mean return",
        "number",
        pl.when(pl.col("_varies")).then(ratio(pl.col("_mean"), pl.col("_std")) * _N.sqrt()),
        "mean(r)/(std(r, ddof=1)/sqrt(n))",
        "n<2 or max(r)==min(r) -> null",
    ),
    _derived(
        "adjusted_sharpe_ratio",
        "Adjusted Sharpe ratio",
        "number",
        _SR * (1 + pl.col("_skew_4") / 6 * _SR - pl.col("_kurtosis_4") / 24 * _SR**2),
        "Pezier and White: SR*(1+g/6*SR-(k-3)/24*SR^2), SR per day, g and k unbiased",
        "n<4 or no variance -> null",
    ),
    _derived(
        "risk_return_ratio",
        "Mean return per volatility",
        "number",
        pl.when(pl.col("_varies")).then(ratio(pl.col("_mean"), pl.col("_std"))),
        "mean(r)/std(r, ddof=1), not annualised",
        "n<2 or max(r)==min(r) -> null",
    ),
    _derived(
        "sqn_daily_100",
        "System quality number of days",
        "number",
        pl.when(pl.col("_varies")).then(
            ratio(pl.col("_mean"), pl.col("_std")) * _N.clip(upper_bound=100.0).sqrt()
        ),
        "Tharp: sqrt(min(n,100))*mean(r)/std(r, ddof=1)",
        "n<2 or max(r)==min(r) -> null",
    ),
    _derived(
        "variability_weighted_return",
        "Variability-weighted return",
        "percent",
        pl.when(pl.col("_ruined") == 0).then(
            finite(100 * ((pl.col("_log_mean") * pl.col("_A")).exp() - 1))
            * (1 - (finite(pl.col("_uneven")) / 0.20) ** 2)
        ),
        "100*(exp(mean(ln(1+r))*A)-1)*(1-(s/0.20)^2), s=std(W_t/exp(mean(ln(1+r))*t)-1, ddof=1), "
        "t=1..n",
        "n<2 or any r_t<=-1 -> null",
    ),
)
