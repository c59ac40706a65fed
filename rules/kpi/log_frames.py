"""The frames of orders' executions, of what traders wrote about trades, and of breaches."""

from collections.abc import Callable, Mapping

import polars as pl

from rules.kpi.kpi import Stage
from rules.kpi.prepare import Frames

# Seeds of the trading journal name these; any other emotion is neither.
NEGATIVE = ("fear", "greed", "fomo", "revenge")
POSITIVE = ("calm", "confident")


def executions(frames: Frames) -> pl.DataFrame:
    """Return order responses in the order given, with latency and slippage of those that filled."""
    filled = pl.col("status").is_in(["filled", "partial"])
    return frames.inputs.executions.with_columns(
        latency_filled=pl.when(filled).then("latency_ms"),
        slippage_filled=pl.when(filled).then("slippage_pips"),
    )


def emotions(frames: Frames) -> pl.DataFrame:
    """Return the logs with p of their trade, null for a trade that is not among the closed.

    p_negative, p_positive: p where the emotion is one, once for each trade.
    """
    results = frames[Stage.TRADES].select("account", "trade_id", "p").with_row_index("trade")
    logs = frames.inputs.emotions.join(
        results, on=["account", "trade_id"], how="left", maintain_order="left"
    )
    negative, positive = (pl.col("emotion").is_in(names) for names in (NEGATIVE, POSITIVE))
    return logs.with_columns(
        negative=negative, p_negative=_once(negative), p_positive=_once(positive)
    )


def _once(condition: pl.Expr) -> pl.Expr:
    trade = pl.when(condition).then("trade")
    return pl.when(trade.is_not_null() & trade.is_first_distinct()).then("p")


def emotion_names(frames: Frames) -> pl.DataFrame:
    """Return the mean of p per account and emotion, alphabetical."""
    logs = frames[Stage.EMOTIONS].filter(pl.all_horizontal(pl.col("emotion", "p").is_not_null()))
    return (
        logs.group_by("account", "emotion").agg(mean=pl.col("p").mean()).sort("account", "emotion")
    )


def breaches(frames: Frames) -> pl.DataFrame:
    """Return the breaches by date."""
    return frames.inputs.breaches.sort("account", "date", maintain_order=True)


BUILDERS: Mapping[Stage, Callable[[Frames], pl.DataFrame]] = {
    Stage.EXECUTIONS: executions,
    Stage.EMOTIONS: emotions,
    Stage.EMOTION_NAMES: emotion_names,
    Stage.BREACHES: breaches,
}
