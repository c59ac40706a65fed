"""The tear sheet: what each section says, by accounts small enough to reckon by hand."""

import re
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from io import StringIO

import polars as pl
import pytest
from rich.console import Console

from flows.tear_sheet import terminal
from flows.tear_sheet.breakdown import by_session, by_side, by_symbol, by_weekday
from flows.tear_sheet.calendars import compounded, days, months
from flows.tear_sheet.curves import curves, drawdown
from flows.tear_sheet.drawdowns import deepest
from flows.tear_sheet.figures import headline, limits
from flows.tear_sheet.histogram import histogram
from flows.tear_sheet.page import render
from flows.tear_sheet.scale import month_ticks, ticks
from flows.tear_sheet.sheet import Figure, Group, Limit, Sheet
from flows.tear_sheet.text import duration, number, shown, tag

VOID = {"meta", "link", "br", "stop"}


class Page(HTMLParser):
    """Reads markup; knows the texts in order, and fails on an element that is not closed."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.feed(markup)
        assert not self.open

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.texts.append(data.strip())


def rows(markup: str) -> list[list[str]]:
    """Return the texts of each row of a table."""
    return [Page(f"<tr>{row}</tr>").texts for row in re.findall(r"<tr>(.*?)</tr>", markup)]


def daily(returns: list[float | None], first: date = date(2024, 1, 1)) -> pl.DataFrame:
    dates = [first + timedelta(days=i) for i in range(len(returns))]
    equity, at = [], 1000.0
    for r in returns:
        at *= 1 + (r or 0.0)
        equity.append(at)
    types = {"date": pl.Date, "r": pl.Float64, "equity": pl.Float64}
    return pl.DataFrame({"date": dates, "r": returns, "equity": equity}, schema=types)


def trades(*of: tuple[str, int, datetime, float]) -> pl.DataFrame:
    names = {
        "symbol": pl.String,
        "side": pl.Int64,
        "entry_time": pl.Datetime("us", "UTC"),
        "p": pl.Float64,
    }
    return pl.DataFrame(list(of), schema=names, orient="row")


def sheet(frame: pl.DataFrame, of: pl.DataFrame | None = None, account: str = "A & <B>") -> Sheet:
    return Sheet(
        account=account,
        about=("broker", "USD"),
        currency="USD",
        as_of=date(2024, 12, 31),
        headline=(Figure(id="cagr", title="CAGR", unit="ratio/yr", value=0.125, signed=True),),
        daily=frame,
        trades=trades() if of is None else of,
        limits=(Limit(title="Daily loss", used=0.3, left="70 USD left"),),
        groups=(Group(title="G", figures=(Figure(id="x", title="X", unit="number", value=None),)),),
        note="252 observations make a year.",
    )


AT = datetime(2024, 1, 3, 9, tzinfo=UTC)


def test_the_page_stands_alone() -> None:
    page = render(sheet(daily([0.01, -0.02, 0.0, 0.03]), trades(("EURUSD", 1, AT, 5.0))))
    read = Page(page.removeprefix("<!DOCTYPE html>"))
    assert not {"script", "link", "img", "iframe", "object"} & set(read.tags)
    assert not re.search(r"https?:|@import|src=|javascript:", page)
    assert set(re.findall(r"url\((.*?)\)", page)) == {"#fade"}


def test_names_cannot_break_the_page() -> None:
    hostile = '<script>alert("&")</script>'
    of = trades((hostile, 1, AT, 5.0))
    read = Page(render(sheet(daily([0.01, 0.02]), of, hostile)).removeprefix("<!DOCTYPE html>"))
    assert read.tags.count("script") == 0
    assert (
        read.texts.count(hostile) == 2
    )  # the heading and the symbol; the title is one with the day


def test_attributes_are_escaped() -> None:
    assert tag("th", title='"><b>') == '<th title="&quot;&gt;&lt;b&gt;"></th>'


@pytest.mark.parametrize(
    "returns",
    [[0.01], [0.0], [0.0, 0.0, 0.0], [-1.0], [0.01, 0.01], [None, 0.01, None], [-0.5, 1.5]],
)
def test_small_and_odd_histories_have_a_page(returns: list[float | None]) -> None:
    page = render(sheet(daily(returns)))
    Page(page.removeprefix("<!DOCTYPE html>"))
    assert not re.search(r"\b(nan|inf)\b", page, re.IGNORECASE)


def test_an_account_without_a_return_has_no_page() -> None:
    with pytest.raises(ValueError, match="no day with a return"):
        render(sheet(daily([None, None])))


def test_drawdown_counts_the_start_as_a_peak() -> None:
    under = drawdown(daily([-0.1, 0.1, 0.5])["r"].to_numpy())
    assert under == pytest.approx([-0.1, 0.9 * 1.1 - 1, 0.0])


def test_a_peak_that_is_regained_ends_the_drawdown() -> None:
    r = daily([-333 / 97_300, 97_300 / 96_967 - 1, 0.0])["r"].to_numpy()
    assert (1 + r).prod() < 1
    assert drawdown(r).tolist() == [pytest.approx(-333 / 97_300), 0.0, 0.0]


def test_the_curve_has_a_point_a_day_and_marks_the_deepest() -> None:
    chart = curves(daily([0.1, -0.2, 0.05, 0.5]))
    line = re.search(r'<path d="M([^"]*)" class="equity"', chart)
    assert line
    points = [tuple(map(float, point.split())) for point in line[1].split("L")]
    assert len(points) == 4
    assert [x for x, _ in points] == sorted(x for x, _ in points)
    # Equity of 1,100, 880, 924 and 1,386: a higher value is nearer to the top.
    assert sorted(range(4), key=lambda i: -points[i][1]) == [1, 2, 0, 3]
    assert "\N{MINUS SIGN}20.00 % on 2 Jan 2024" in chart


def test_flows_are_marked_by_their_direction() -> None:
    frame = daily([0.0, 0.01, 0.0]).with_columns(flow=pl.Series([0.0, 500.0, -20.5]))
    chart = curves(frame)
    assert "Deposit of 500.00 on 2 Jan 2024" in chart
    assert "Withdrawal of 20.50 on 3 Jan 2024" in chart


def test_the_benchmark_starts_where_equity_starts() -> None:
    frame = daily([0.0, 0.1]).with_columns(bench=pl.Series([0.3, 0.1]))
    chart = curves(frame)
    ends = [
        re.search(rf'<path d="M([^"]*)" class="{name}"', chart)[1]  # type: ignore[index]
        for name in ("bench", "equity")
    ]
    assert ends[0] == ends[1]


def test_months_compound_their_days_and_years_their_months() -> None:
    frame = pl.concat([daily([0.1, 0.1], date(2023, 12, 30)), daily([-0.5], date(2024, 2, 1))])
    _, first, second = rows(months(frame))
    dash, minus = "\N{EN DASH}", "\N{MINUS SIGN}"
    assert first == ["2023", *[dash] * 11, "21.0", "21.0"]
    assert second == ["2024", dash, f"{minus}50.0", *[dash] * 10, f"{minus}50.0"]


def test_a_month_of_which_no_return_is_known_has_none() -> None:
    unknown = [daily([None, None], date(2024, 2, 1)), daily([None], date(2025, 1, 1))]
    frame = pl.concat([daily([0.1, None], date(2024, 1, 1)), *unknown])
    dash = "\N{EN DASH}"
    _, first, second = rows(months(frame))
    assert first == ["2024", "10.0", *[dash] * 11, "10.0"]
    assert second == ["2025", *[dash] * 13]
    assert compounded(frame)[2024][2] is None


def test_the_terminal_has_a_dash_where_no_return_is_known_and_nothing_where_no_day_was() -> None:
    console = Console(width=120, record=True, file=StringIO())
    console.print(terminal._months({2024: {1: 0.1, 2: None, 0: 0.1}}))
    line = console.export_text().splitlines()[-1]
    assert line.split() == ["2024", "10.0", "\N{EN DASH}", "10.0"]


def test_the_calendar_has_a_cell_a_day() -> None:
    frame = daily([0.01, None, -0.03], date(2024, 12, 30))
    told = re.findall(r"<title>(.*?)</title>", days(frame))
    minus = "\N{MINUS SIGN}"
    assert told == [
        "30 Dec 2024: +1.00 %",
        "31 Dec 2024: no return",
        f"1 Jan 2025: {minus}3.00 %",
    ]


def test_drawdowns_by_depth_with_their_days() -> None:
    # Under water from the first day to the third; again on the fifth and sixth, and not yet back.
    frame = daily([-0.1, -0.1, 0.5, 0.0, -0.05, 0.01])
    minus = "\N{MINUS SIGN}"
    _, deepest_one, second = rows(deepest(frame, date(2023, 12, 29)))
    assert deepest_one == [f"{minus}19.00 %", "29 Dec 2023", "2 Jan 2024", "3 Jan 2024", "5"]
    assert second == [f"{minus}5.00 %", "4 Jan 2024", "5 Jan 2024", "not yet", "2"]
    assert rows(deepest(frame))[1][1] == "start"


def test_the_histogram_counts_each_day_that_moved_once() -> None:
    returns = [0.01, 0.01, -0.02, 0.0, 0.0, 0.005, -0.5]
    chart = histogram(daily(returns)["r"].to_numpy())
    assert sum(int(n) for n in re.findall(r"<title>(\d+) days", chart)) == 5
    assert f"mean {number(100 * sum(returns) / 7)} %" in chart


def test_sessions_begin_and_end_on_the_hour() -> None:
    hours = (0, 6, 7, 11, 12, 15, 16, 20, 21, 23)
    of = trades(*(("EURUSD", 1, datetime(2024, 1, 3, hour, 59, tzinfo=UTC), 1.0) for hour in hours))
    assert [row[1] for row in rows(by_session(of))[1:]] == ["2"] * 5


def test_a_breakdown_by_hand() -> None:
    of = trades(
        ("EURUSD", 1, AT, 30.0),
        ("EURUSD", -1, AT, -20.0),
        ("EURUSD", -1, AT, 0.0),
        ("USDJPY", 1, AT + timedelta(days=1), -4.0),
    )
    minus, dash = "\N{MINUS SIGN}", "\N{EN DASH}"
    assert rows(by_symbol(of))[1:] == [
        ["EURUSD", "3", "33 %", "1.50", "10.00"],
        ["USDJPY", "1", "0 %", "0.00", f"{minus}4.00"],
    ]
    assert rows(by_side(of))[1:] == [
        ["Long", "2", "50 %", "7.50", "26.00"],
        ["Short", "2", "0 %", "0.00", f"{minus}20.00"],
    ]
    assert [row[0] for row in rows(by_weekday(of))[1:]] == ["Wednesday", "Thursday"]
    assert rows(by_symbol(of.head(1)))[1][3] == dash


def test_many_symbols_leave_one_row_for_the_others() -> None:
    of = trades(*((f"S{i:02}", 1, AT, float(i)) for i in range(1, 21)))
    shown_rows = rows(by_symbol(of))[1:]
    assert len(shown_rows) == 12
    # The eleven that moved most are S10 to S20; the nine others made 1 + 2 + ... + 9.
    assert ["others", "9", "100 %", "\N{EN DASH}", "45.00"] in shown_rows


@pytest.mark.parametrize(
    ("used", "kind", "width"),
    [
        (0.0, "far", "0.0"),
        (0.79, "far", "79.0"),
        (0.8, "near", "80.0"),
        (1.0, "over", "100.0"),
        (1.7, "over", "100.0"),
    ],
)
def test_a_gauge_tells_how_near_the_limit_is(used: float, kind: str, width: str) -> None:
    gauge = limits([Limit(title="Maximum loss", used=used, left="")])
    assert f'class="fill {kind}" style="width:{width}%"' in gauge


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.12345, "ratio/yr", "12.35 %"),
        (-0.00001, "ratio", "0.00 %"),
        (None, "currency", "\N{EN DASH}"),
        (-1234.5, "currency", "\N{MINUS SIGN}1,234"),
        (999.994, "currency/trade", "999.99"),
        (1.23456, "number", "1.235"),
        (3.0, "number", "3.000"),
        (1234, "count", "1,234"),
        (93_784.0, "seconds", "1 d 2 h"),
        (12.5, "ms", "12.50 ms"),
        (4, "0=Mon", "Fri"),
        (9, "hour 0-23", "9:00"),
        (date(2024, 2, 5), "date", "5 Feb 2024"),
        ("EURUSD", "text", "EURUSD"),
    ],
)
def test_values_are_written_by_their_unit(
    value: float | str | date | None, unit: str, text: str
) -> None:
    assert shown(Figure(id="x", title="X", unit=unit, value=value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (61, "1 min 1 s"), (3_600, "1 h 0 min"), (86_400, "1 d 0 h")],
)
def test_durations_have_two_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_only_gains_and_losses_are_coloured() -> None:
    of = [
        Figure(id="a", title="A", unit="ratio", value=-0.1, signed=True),
        Figure(id="b", title="B", unit="ratio", value=0.5),
    ]
    assert re.findall(r"<dd([^>]*)>", headline(of)) == [' class="loss"', ""]


def test_axes_are_marked_at_round_values() -> None:
    assert ticks(0.0, 10.0, 5) == [0, 2, 4, 6, 8, 10]
    assert ticks(-0.07, 0.0, 3) == pytest.approx([-0.05, -0.025, 0.0])
    assert ticks(5.0, 5.0, 3) == [5.0]
    marks = month_ticks([date(2023, 11, 15), date(2024, 3, 2)], 10)
    assert marks == [
        (date(2023, 12, 1), "Dec"),
        (date(2024, 1, 1), "2024"),
        (date(2024, 2, 1), "Feb"),
        (date(2024, 3, 1), "Mar"),
    ]


def test_without_recorded_equity_the_curve_grows_from_a_hundred() -> None:
    frame = daily([0.0, 0.1]).with_columns(equity=pl.lit(None, dtype=pl.Float64))
    chart = curves(frame)
    assert "Growth of 100" in chart
    assert "110" in Page(chart).texts


def test_a_trade_of_unknown_entry_or_side_is_in_no_session_and_on_no_side() -> None:
    of = trades(("EURUSD", 1, AT, 5.0)).with_columns(
        entry_time=pl.lit(None, dtype=pl.Datetime), side=pl.lit(None, dtype=pl.Int64)
    )
    for table in (by_session(of), by_weekday(of), by_side(of)):
        assert Page(table).texts == ["No trades."]
    assert rows(by_symbol(of))[1][0] == "EURUSD"


def test_a_target_is_reached_and_not_used_up() -> None:
    target = Limit(title="Profit target", used=1.2, left="", wanted=True)
    unknown = Limit(title="Daily loss", used=None, left="")
    told = Page(limits([target, unknown])).texts
    assert told == ["Profit target", "120 % reached", "Daily loss", "not known"]
    assert 'class="fill done"' in limits([target])
