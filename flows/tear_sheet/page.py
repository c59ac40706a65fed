"""The page: its sections in order, with the style in it, so that the file stands alone."""

from html import escape
from importlib.resources import files

from flows.tear_sheet.breakdown import by_session, by_side, by_symbol, by_weekday
from flows.tear_sheet.calendars import days, months
from flows.tear_sheet.curves import curves
from flows.tear_sheet.drawdowns import deepest
from flows.tear_sheet.figures import groups, headline, limits
from flows.tear_sheet.histogram import histogram
from flows.tear_sheet.sheet import Sheet
from flows.tear_sheet.text import day, tag

_HEAD = (
    '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark">'
)


def render(sheet: Sheet) -> str:
    """Return the tear sheet as one HTML document without scripts or anything from elsewhere.

    Raises:
        ValueError: If there is no day with a return.
    """
    daily = sheet.daily.sort("date")
    if daily["r"].is_null().all():
        raise ValueError(f"{sheet.account} has no day with a return")
    style = files("flows.tear_sheet").joinpath("style.css").read_text("utf-8")
    known = daily["r"].drop_nulls().to_numpy()
    parts = [
        _header(sheet),
        headline(sheet.headline),
        _section("Equity", curves(daily), sheet.currency),
        _section("Returns by month", months(daily), "percent, compounded, net of flows"),
        _section("Returns by day", days(daily)),
        _pair(
            _section(
                "Distribution of days",
                histogram(known),
                "days that moved, and a normal curve",
            ),
            _section("Deepest drawdowns", deepest(daily, sheet.opened)),
        ),
    ]
    if sheet.limits:
        parts.append(_section("Room under the rules", limits(sheet.limits)))
    parts.append(
        _pair(
            _section("By symbol", by_symbol(sheet.trades), sheet.currency)
            + _section("By side", by_side(sheet.trades), sheet.currency),
            _section("By session of entry", by_session(sheet.trades), sheet.currency)
            + _section("By weekday of entry", by_weekday(sheet.trades), sheet.currency),
        )
    )
    if sheet.groups:
        parts.append(_section("All figures", groups(sheet.groups), "* the sample is small"))
    parts.append(tag("footer", tag("p", escape(sheet.note))))
    title = tag("title", f"{escape(sheet.account)}, {day(sheet.as_of)}")
    body = tag("body", tag("main", "".join(parts)))
    return f"{_HEAD}{title}<style>\n{style}</style></head>{body}</html>\n"


def _header(sheet: Sheet) -> str:
    first, last = sheet.daily["date"].min(), sheet.daily["date"].max()
    span = f"{day(first)} to {day(last)}"  # type: ignore[arg-type]
    about = "".join(tag("li", escape(text)) for text in (*sheet.about, span))
    name = tag("h1", escape(sheet.account)) + tag("ul", about)
    when = tag("p", f"as of {tag('b', day(sheet.as_of))}", class_="when")
    return tag("header", tag("div", name) + when)


def _section(title: str, content: str, aside: str = "") -> str:
    small = tag("small", escape(aside)) if aside else ""
    return tag("section", tag("h2", escape(title) + small) + content)


def _pair(left: str, right: str) -> str:
    return tag("div", tag("div", left) + tag("div", right), class_="pair")
