"""Where the result comes from: symbols, sessions of the day, weekdays, and sides."""

from html import escape

import polars as pl

from flows.tear_sheet.text import DASH, money, number, percent, tag

# Sessions by the hour of entry, UTC: name, first hour, hour after the last.
SESSIONS = (
    ("Asia 00\N{EN DASH}07", 0, 7),
    ("London 07\N{EN DASH}12", 7, 12),
    ("Overlap 12\N{EN DASH}16", 12, 16),
    ("New York 16\N{EN DASH}21", 16, 21),
    ("Late 21\N{EN DASH}24", 21, 24),
)
_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SYMBOLS = 12


def by_symbol(trades: pl.DataFrame) -> str:
    """Return the symbols, the best first; beyond a dozen, those that moved least are one row."""
    return _table("Symbol", symbols(trades))


def by_session(trades: pl.DataFrame) -> str:
    """Return the sessions of the day, by the hour of entry in UTC."""
    return _table("Session (UTC)", sessions(trades))


def symbols(trades: pl.DataFrame) -> pl.DataFrame:
    """Return `key`, `count`, `wins`, `gained`, `lost` (>= 0) and `p` of symbols, as `by_symbol`."""
    rows = _summed(trades, pl.col("symbol")).sort("p", descending=True)
    if rows.height > _SYMBOLS:
        moved = pl.col("p").abs().rank("ordinal", descending=True)
        name = pl.when(moved < _SYMBOLS).then("key").otherwise(pl.lit("others"))
        rows = _merged(rows.with_columns(key=name)).sort("p", descending=True)
    return rows.with_columns(pl.col("key").fill_null("not known"))


def sessions(trades: pl.DataFrame) -> pl.DataFrame:
    """Return the same of sessions, in the order of the day."""
    hour = pl.col("entry_time").dt.hour()
    key = pl.lit(None, dtype=pl.String)
    for name, first, after in reversed(SESSIONS):
        key = pl.when((hour >= first) & (hour < after)).then(pl.lit(name)).otherwise(key)
    return _ordered(trades, key, [name for name, _, _ in SESSIONS])


def by_weekday(trades: pl.DataFrame) -> str:
    """Return the weekdays of entry."""
    index = pl.col("entry_time").dt.weekday() - 1
    key = index.replace_strict(dict(enumerate(_WEEKDAYS)), return_dtype=pl.String)
    return _table("Weekday", _ordered(trades, key, list(_WEEKDAYS)))


def by_side(trades: pl.DataFrame) -> str:
    """Return long and short."""
    key = (
        pl.when(pl.col("side") > 0)
        .then(pl.lit("Long"))
        .when(pl.col("side") < 0)
        .then(pl.lit("Short"))
    )
    return _table("Side", _ordered(trades, key, ["Long", "Short"]))


def _ordered(trades: pl.DataFrame, key: pl.Expr, order: list[str]) -> pl.DataFrame:
    rows = _summed(trades, key)
    places = pl.DataFrame({"key": order, "place": range(len(order))})
    return rows.join(places, on="key").sort("place")


def _summed(trades: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    p = pl.col("p")
    return trades.group_by(key=key).agg(
        pl.len().alias("count"),
        wins=(p > 0).sum(),
        gained=p.filter(p > 0).sum(),
        lost=-p.filter(p < 0).sum(),
        p=p.sum(),
    )


def _merged(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("key").agg(pl.all().sum())


def _table(name: str, rows: pl.DataFrame) -> str:
    if rows.is_empty():
        return tag("p", "No trades.", class_="none")
    most = float(rows["p"].abs().to_numpy().max())
    heads = (name, "Trades", "Won", "Profit factor", "Net profit", "")
    head = "".join(tag("th", one, scope="col") for one in heads)
    body = "".join(_row(row, most) for row in rows.iter_rows(named=True))
    return tag("table", tag("thead", tag("tr", head)) + tag("tbody", body), class_="list")


def _row(row: dict[str, float], most: float) -> str:
    factor = number(row["gained"] / row["lost"]) if row["lost"] else DASH
    side = "gain" if row["p"] > 0 else "loss"
    share = 50 * abs(row["p"]) / most if most else 0.0
    start = 50 if row["p"] > 0 else 50 - share
    bar = tag("i", class_=f"fill {side}-fill", style=f"left:{start:.1f}%;width:{share:.1f}%")
    cells = (
        tag("td", number(row["count"], 0)),
        tag("td", percent(row["wins"] / row["count"], 0)),
        tag("td", factor),
        tag("td", money(row["p"]), class_=side),
        tag("td", tag("span", bar, class_="bar both")),
    )
    return tag("tr", tag("th", escape(str(row["key"])), scope="row") + "".join(cells))
