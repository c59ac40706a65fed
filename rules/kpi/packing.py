"""The state of accounts as text that a store keeps: a row per account.

Statistics are 8 bytes each in the order of the layout, null being NaN; dates, times and counts
are whole numbers that a double holds. Groups and values that took history are JSON.
"""

from __future__ import annotations

import json
import math
from base64 import b64decode, b64encode
from functools import cache

import numpy as np
import polars as pl

from rules.kpi.inputs import inputs
from rules.kpi.kpi import Stage
from rules.kpi.layout import KEPT, OPENED
from rules.kpi.settings import Settings
from rules.kpi.state import State, no_accounts
from rules.kpi.trade_groups import GROUPED
from rules.kpi.update import OTHER_ENTRIES, from_history

# Rows of these do not say on which day they came to be known.
BOOKS = ("orders", "emotion_logs", "armor_breaches")
_PAST, _SEEN = "past", "seen"
_WORD = np.dtype("<f8")


def packed(state: State, past: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Return account, numbers and more.

    Args:
        state: of accounts.
        past: `account` and what `OTHER_ENTRIES` come to.
        seen: `account` and the greatest version of its rows in each of `BOOKS`.
    """
    frames = [rows.select(pl.all().name.suffix(f" {n}")) for n, rows in enumerate(_frames(state))]
    flat = pl.concat(frames, how="horizontal")
    matrix = flat.select(pl.all().to_physical().cast(pl.Float64).fill_null(math.nan))
    rows = np.ascontiguousarray(matrix.to_numpy(), _WORD)
    texts = [b64encode(row.tobytes()).decode() for row in rows]
    more = state.accounts.select("account")
    for stage, label in GROUPED.items():
        members = (
            state.groups[stage]
            .group_by("account")
            .agg(pl.struct(label, "trades", "wins", "pnl").alias(stage.value))
        )
        numbered = more.with_row_index("place").cast({"place": pl.UInt32})
        more = numbered.join(
            members, left_on="place", right_on="account", how="left", maintain_order="left"
        ).drop("place")
    plain = [_plain(name, kind) for name, kind in _past_types().items()]
    values = past.with_columns(pl.struct(plain).alias(_PAST))
    more = more.join(
        values.select("account", _PAST), on="account", how="left", maintain_order="left"
    )
    known = seen.select("account", pl.struct(BOOKS).alias(_SEEN))
    more = more.join(known, on="account", how="left", maintain_order="left")
    told = more.select(pl.struct(pl.exclude("account")).struct.json_encode()).to_series()
    return state.accounts.select("account").with_columns(
        numbers=pl.Series(texts, dtype=pl.String), more=told
    )


def unpacked(rows: pl.DataFrame) -> tuple[State, pl.DataFrame, pl.DataFrame]:
    """Return what was packed: the state, `past` and `seen`.

    Args:
        rows: account, numbers and more, sorted by account.
    """
    blank = no_accounts()
    names = [each.schema for each in _frames(blank)]
    width = sum(map(len, names))
    words = b"".join(b64decode(each) for each in rows["numbers"])
    matrix = np.frombuffer(words, _WORD).reshape(rows.height, width)
    at, frames = 0, []
    for schema in names:
        columns = [
            _typed(pl.Series(name, matrix[:, at + place]), kind)
            for place, (name, kind) in enumerate(schema.items())
        ]
        at += len(schema)
        frames.append(pl.DataFrame(columns))
    accounts, *rest = frames
    kept = dict(zip(KEPT, rest, strict=False))
    still = dict(zip(OPENED, rest[len(KEPT) :], strict=True))
    more = rows.select("account", pl.col("more").str.json_decode(_more_type())).unnest("more")
    groups = {stage: _group(more, stage, label) for stage, label in GROUPED.items()}
    past = more.select("account", _PAST).unnest(_PAST)
    past = past.select(
        "account", *(pl.col(name).cast(kind) for name, kind in _past_types().items())
    )
    seen = more.select("account", _SEEN).unnest(_SEEN)
    return State(rows.select("account").hstack(accounts), kept, still, groups), past, seen


def sound(numbers: str, more: str) -> bool:
    """Say whether texts are those of a state of the present layout."""
    width = sum(len(each.schema) for each in _frames(no_accounts()))
    try:
        told = json.loads(more)
        return (
            len(b64decode(numbers, validate=True)) == width * _WORD.itemsize
            and {
                *(stage.value for stage in GROUPED),
                *(_PAST, _SEEN),
            }
            <= told.keys()
        )
    except (ValueError, AttributeError):
        return False


def _frames(state: State) -> list[pl.DataFrame]:
    """Return all frames that have a row per account, in the order in which they are kept."""
    begun = state.accounts.select("opened", "initial")
    return [begun, *(state.kept[s] for s in KEPT), *(state.still[s] for s in OPENED)]


def _typed(values: pl.Series, kind: pl.DataType) -> pl.Series:
    known = values.fill_nan(None)
    return known if kind == pl.Float64 else known.cast(pl.Int64).cast(kind)


def _plain(name: str, kind: pl.DataType) -> pl.Expr:
    return pl.col(name).cast(pl.Int32) if kind == pl.Date else pl.col(name)


@cache
def _past_types() -> dict[str, pl.DataType]:
    found = from_history(inputs(), Settings(), OTHER_ENTRIES).drop("account").schema
    return dict(found)


def _more_type() -> pl.Struct:
    kinds = {name: pl.Int32() if kind == pl.Date else kind for name, kind in _past_types().items()}
    groups = {stage.value: pl.List(_group_type(stage, label)) for stage, label in GROUPED.items()}
    seen = pl.Struct(dict.fromkeys(BOOKS, pl.UInt64()))
    return pl.Struct({**groups, _PAST: pl.Struct(kinds), _SEEN: seen})


def _group_type(stage: Stage, label: str) -> pl.Struct:
    return pl.Struct(no_accounts().groups[stage].select(label, "trades", "wins", "pnl").schema)


def _group(more: pl.DataFrame, stage: Stage, label: str) -> pl.DataFrame:
    blank = no_accounts().groups[stage]
    rows = more.with_row_index("place").select(
        pl.col("place").alias("account").cast(pl.UInt32), pl.col(stage.value)
    )
    rows = rows.explode(stage.value).drop_nulls(stage.value).unnest(stage.value)
    return (
        rows.select(blank.columns).cast(blank.schema).with_columns(pl.col("account").set_sorted())
    )
