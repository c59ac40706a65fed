"""What traders wrote about their trades, and what those trades brought."""

from functools import partial

import polars as pl

from rules.kpi.expressions import correlation, ratio
from rules.kpi.kpi import Input, Kpi, Least, Part, Stage
from rules.kpi.trade_currencies import FINEST
from rules.kpi.trade_expressions import of_extreme, share

_KPI = partial(Kpi, group="behaviour", input=Input.EMOTION_LOGS, needs=("emotions.emotion",))
_DERIVED = partial(_KPI, stage=Stage.DERIVED)
_EMOTIONS = partial(_KPI, stage=Stage.EMOTIONS)
_EMOTION_NAMES = partial(_KPI, stage=Stage.EMOTION_NAMES)

_LARGE = Least(trades=30)
_WITH_P = (
    "emotions.emotion",
    "emotions.trade_id",
    "trades.profit",
    "trades.commission",
    "trades.swap",
)
_NEGATIVE = pl.col("negative")
_FOLLOWED = pl.col("followed_plan")
_P = pl.col("p")

PARTS: tuple[Part, ...] = (
    Part(
        "_logged_trades",
        Stage.EMOTIONS,
        pl.col("trade_id").filter(_P.is_not_null()).n_unique(),
        empty=0,
    ),
)

KPIS: tuple[Kpi, ...] = (
    _DERIVED(
        "emotion_logged_ratio",
        "Trades with a log",
        "ratio",
        ratio(pl.col("_logged_trades"), pl.col("trade_count")),
        formula="distinct trades with a log / N",
        edges="0 trades -> null",
        needs=("emotions.trade_id", "trades.trade_id"),
    ),
    _EMOTIONS(
        "negative_emotion_ratio",
        "Logs of a negative emotion",
        "ratio",
        share(_NEGATIVE),
        formula="share of logs in {fear,greed,fomo,revenge}",
        edges="0 logs -> null",
        least=_LARGE,
    ),
    _EMOTIONS(
        "negative_emotion_pnl",
        "Result of trades with a negative emotion",
        "currency",
        pl.col("p_negative").sum().round(FINEST),
        formula="sum(p) of trades logged with a negative emotion",
        edges="0; a trade logged twice counts once",
        needs=_WITH_P,
        empty=0.0,
    ),
    _EMOTIONS(
        "positive_emotion_pnl",
        "Result of trades with a positive emotion",
        "currency",
        pl.col("p_positive").sum().round(FINEST),
        formula="sum(p) of trades logged calm/confident",
        edges="0; a trade logged twice counts once",
        needs=_WITH_P,
        empty=0.0,
    ),
    _EMOTION_NAMES(
        "best_emotion",
        "Best emotion",
        "text",
        of_extreme("emotion", pl.col("mean").max(), by="mean"),
        formula="emotion with max mean(p); ties alphabetical",
        edges="0 logs -> null",
        needs=_WITH_P,
        least=_LARGE,
    ),
    _EMOTION_NAMES(
        "worst_emotion",
        "Worst emotion",
        "text",
        of_extreme("emotion", pl.col("mean").min(), by="mean"),
        formula="emotion with min mean(p)",
        edges="0 logs -> null; ties alphabetical",
        needs=_WITH_P,
        least=_LARGE,
    ),
    _EMOTIONS(
        "plan_adherence_ratio",
        "Trades that followed the plan",
        "ratio",
        share(_FOLLOWED),
        formula="share of logs with followed_plan",
        edges="0 logs -> null",
        needs=("emotions.followed_plan",),
        least=_LARGE,
    ),
    _EMOTIONS(
        "plan_deviation_cost",
        "Gain from following the plan",
        "currency/trade",
        _P.filter(_FOLLOWED).mean() - _P.filter(~_FOLLOWED).mean(),
        formula="mean(p | followed_plan) - mean(p | not followed)",
        edges="either side empty -> null",
        needs=(
            "emotions.followed_plan",
            "emotions.trade_id",
            "trades.profit",
            "trades.commission",
            "trades.swap",
        ),
        least=_LARGE,
    ),
    _EMOTIONS(
        "confidence_pnl_correlation",
        "Correlation of confidence and result",
        "corr",
        correlation("confidence", "p"),
        formula="corr(confidence, p)",
        edges="<2 or constant -> null",
        needs=(
            "emotions.confidence",
            "emotions.trade_id",
            "trades.profit",
            "trades.commission",
            "trades.swap",
        ),
        least=_LARGE,
    ),
    _EMOTIONS(
        "tilt_index",
        "Tilt",
        "ratio 0-1",
        ratio(pl.col("intensity").filter(_NEGATIVE).sum(), pl.col("intensity").sum()),
        formula="sum(intensity | negative)/sum(intensity)",
        edges="0 logs -> null",
        needs=("emotions.emotion", "emotions.intensity"),
        least=_LARGE,
    ),
)
