"""An account against a benchmark, on the days for which both have a return."""

from functools import partial

import polars as pl

from rules.kpi.expressions import deviation, finite, ratio, varies
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.moments import correlation, count_where, product_where, slope
from rules.kpi.special import student_cdf

_derived = partial(
    Kpi,
    group="benchmark_relative",
    input=Input.DAILY_RETURNS,
    needs=("daily.r", "daily.bench"),
    stage=Stage.DERIVED,
    least=Least(days=20),
)
_A, _ROOT = pl.col("_A"), pl.col("_A").sqrt()
_R, _B = pl.col("r"), pl.col("bench")
_PAIRS, _BETA = pl.col("_pairs"), pl.col("_beta")
_EDGES = "fewer than 2 paired days or a constant benchmark -> null"
_ALPHA = pl.col("_paired_mean") - _BETA * pl.col("_bench_mean")
_ACTIVE = pl.when(pl.col("_active_varies")).then(
    ratio(pl.col("_active_mean"), pl.col("_active_std"))
)


def _capture(side: str) -> pl.Expr:
    exponent = _A / pl.col(f"_{side}_days")
    own = finite(pl.col(f"_{side}_growth") ** exponent - 1)
    return ratio(own, finite(pl.col(f"_{side}_bench") ** exponent - 1))


def _side(side: str, sign: int) -> tuple[Part, ...]:
    return (
        Part(f"_{side}_days", Stage.PAIRED, count_where(sign, "bench")),
        Part(f"_{side}_growth", Stage.PAIRED, product_where("growth", sign, "bench")),
        Part(f"_{side}_bench", Stage.PAIRED, product_where("bench_growth", sign, "bench")),
    )


PARTS = (
    Part("_pairs", Stage.PAIRED, pl.len().cast(pl.Float64)),
    Part("_paired_mean", Stage.PAIRED, _R.mean()),
    Part("_bench_mean", Stage.PAIRED, _B.mean()),
    Part("_bench_std", Stage.PAIRED, deviation("bench")),
    Part("_bench_growth", Stage.PAIRED, pl.col("bench_growth").product()),
    Part("_active_mean", Stage.PAIRED, pl.col("active").mean()),
    Part("_active_std", Stage.PAIRED, deviation("active")),
    Part("_active_varies", Stage.PAIRED, varies("active")),
    Part("_beta", Stage.PAIRED, slope("r", "bench")),
    Part("_correlation", Stage.PAIRED, correlation("r", "bench")),
    Part("_down_beta", Stage.FALLING, slope("r", "bench")),
    *_side("rising", 1),
    *_side("falling", -1),
)

KPIS = (
    _derived("beta", "Beta", "number", _BETA, "cov(r,b)/var(b), ddof=1 both", _EDGES),
    _derived(
        "alpha_annual",
        "Alpha, compounded",
        "ratio/yr",
        pl.when(_ALPHA > -1).then(finite((1 + _ALPHA) ** _A - 1)),
        "(1+mean(r-beta*b))^A-1",
        _EDGES + "; beyond a double -> null",
    ),
    _derived(
        "alpha_annual_simple",
        "Alpha, not compounded",
        "ratio/yr",
        _ALPHA * _A,
        "(mean(r)-beta*mean(b))*A",
        _EDGES,
    ),
    _derived(
        "benchmark_correlation",
        "Correlation with the benchmark",
        "corr",
        pl.col("_correlation"),
        "Pearson corr(r,b)",
        _EDGES + "; constant returns -> null",
    ),
    _derived(
        "r_squared",
        "R squared against the benchmark",
        "ratio",
        pl.col("_correlation") ** 2,
        "corr(r,b)^2",
        _EDGES + "; constant returns -> null",
    ),
    _derived(
        "tracking_error",
        "Tracking error",
        "ratio/yr",
        pl.col("_active_std") * _ROOT,
        "std(r-b, ddof=1)*sqrt(A)",
        "fewer than 2 paired days -> null",
    ),
    _derived(
        "information_ratio",
        "Information ratio",
        "number",
        _ACTIVE * _ROOT,
        "mean(r-b)/std(r-b, ddof=1)*sqrt(A)",
        "fewer than 2 paired days or a tracking error of 0 -> null",
    ),
    _derived(
        "treynor_ratio",
        "Treynor ratio",
        "ratio",
        ratio(pl.col("cagr"), _BETA),
        "cagr/beta",
        "beta null or 0 -> null",
    ),
    _derived(
        "up_capture",
        "Up capture",
        "ratio",
        _capture("rising"),
        "annualised compounded r over days with b>0 / the same of b",
        "no such day -> null; beyond a double -> null",
    ),
    _derived(
        "down_capture",
        "Down capture",
        "ratio",
        _capture("falling"),
        "annualised compounded r over days with b<0 / the same of b",
        "no such day -> null; beyond a double -> null",
    ),
    _derived(
        "batting_average",
        "Share of days ahead of the benchmark",
        "ratio",
        (_R > _B).mean(),
        "count(r>b)/paired days",
        "no paired day -> null",
        stage=Stage.PAIRED,
    ),
    _derived(
        "excess_return",
        "Return in excess of the benchmark",
        "ratio",
        pl.col("_growth") - pl.col("_bench_growth"),
        "total_return - the benchmark's",
        "n=0 or no benchmark -> null",
    ),
    _derived(
        "m2_ratio",
        "M squared",
        "ratio/yr",
        pl.col("sharpe_ratio") * pl.col("_bench_std") * _ROOT + pl.col("_rf"),
        "sharpe_ratio*std(b, ddof=1)*sqrt(A)+rf",
        "as sharpe_ratio; fewer than 2 paired days -> null",
    ),
    _derived(
        "downside_beta",
        "Beta of the benchmark's falling days",
        "number",
        pl.col("_down_beta"),
        "cov(r,b | b<0)/var(b | b<0), ddof=1",
        "fewer than 2 such days, or all b equal -> null",
    ),
    _derived(
        "prob_outperformance",
        "Probability of outperformance",
        "probability",
        student_cdf(_ACTIVE * _PAIRS.sqrt(), _PAIRS - 1),
        "t-cdf(mean(r-b)/std(r-b, ddof=1)*sqrt(n), n-1 degrees of freedom)",
        "fewer than 2 paired days or a tracking error of 0 -> null",
    ),
)
