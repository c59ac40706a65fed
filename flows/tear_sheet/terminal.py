"""A tear sheet on a terminal: the same figures, with charts of block characters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from rich.columns import Columns
from rich.console import Group as Lines
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.tear_sheet import breakdown
from flows.tear_sheet.calendars import MONTHS, compounded
from flows.tear_sheet.curves import drawdown
from flows.tear_sheet.text import DASH, day, money, number, percent, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import polars as pl
    from rich.console import Console, RenderableType

    from flows.tear_sheet.curves import Floats
    from flows.tear_sheet.sheet import Figure, Group, Limit, Sheet

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_FULL = len(_EIGHTHS) - 1
_LEFT, _ROWS, _WIDEST = 9, 8, 100  # of a chart: room for labels, height, width
_METER, _BAR, _FAMILY = 30, 20, 46
_NEAR = 0.8


def show(sheet: Sheet, console: Console) -> None:
    """Print a tear sheet."""
    for part in _parts(sheet, console.width):
        console.print(part)


def _parts(sheet: Sheet, width: int) -> Iterator[RenderableType]:
    about = " · ".join([*sheet.about, f"as of {day(sheet.as_of)}"])
    yield Text(sheet.account, style="bold").append(f"  {about}", "not bold dim")
    yield Columns([_card(figure) for figure in sheet.headline], padding=(1, 3))
    yield _growth(sheet.daily, min(width - _LEFT - 1, _WIDEST))
    yield _months(compounded(sheet.daily))
    if sheet.trades.height:
        yield _sums("symbol", breakdown.symbols(sheet.trades))
        yield _sums("session", breakdown.sessions(sheet.trades))
    if sheet.limits:
        yield _limits(sheet.limits)
    yield Columns([_family(group) for group in sheet.groups], padding=(0, 3))
    yield Text(f"dim: the sample is small. {sheet.note}", style="dim")


def _card(figure: Figure) -> Text:
    made = Text(f"{figure.title}\n", style="dim")
    return made.append_text(_value(figure))


def _value(figure: Figure) -> Text:
    style = "dim" if figure.small_sample or figure.value is None else "not dim"
    if figure.signed and isinstance(figure.value, float) and figure.value:
        style += _tone(figure.value)
    return Text(shown(figure), style=style)


def _tone(value: float) -> str:
    return " red" if value < 0 else " green" if value > 0 else ""


def _growth(daily: pl.DataFrame, width: int) -> Lines:
    """Draw growth as an area over its lowest value, and the drawdown below it."""
    r = daily["r"].fill_null(0.0).to_numpy()
    columns = _resampled(np.concatenate([[1.0], np.cumprod(1 + r)]), width, np.mean)
    low, high = float(columns.min()), float(columns.max())
    heights = np.round((columns - low) / ((high - low) or 1.0) * _ROWS * _FULL).astype(int) + 1
    lines = [Text("growth", style="bold").append(", and below it the drawdown", "not bold dim")]
    for row in reversed(range(_ROWS)):
        label = {_ROWS - 1: high, 0: low}.get(row)
        cells = (_EIGHTHS[min(max(each - row * _FULL, 0), _FULL)] for each in heights.tolist())
        lines.append(_labelled(label and label - 1, "".join(cells), "blue"))
    depths = _resampled(np.concatenate([[0.0], drawdown(r)]), width, np.min)
    deepest = float(depths.min())
    marks = (_EIGHTHS[round(each / (deepest or 1.0) * _FULL)] for each in depths.tolist())
    lines.append(_labelled(deepest, "".join(marks), "red"))
    first, last = str(daily["date"].min()), str(daily["date"].max())
    axis = " " * _LEFT + first + last.rjust(max(len(columns) - len(first), len(last) + 1))
    return Lines(*lines, Text(axis, style="dim"), Text())


def _labelled(ratio: float | None, marks: str, style: str) -> Text:
    label = "" if ratio is None else percent(ratio, 1)
    return Text(f"{label:>{_LEFT - 1}} ", style="dim").append(marks, style=f"not dim {style}")


def _resampled(values: Floats, width: int, of: Callable[[Floats], float]) -> Floats:
    """Return one value for each column of a chart: of the days that fall into it."""
    parts = np.array_split(values, min(width, len(values)))
    return np.array([of(part) for part in parts])


def _months(found: dict[int, dict[int, float | None]]) -> Table:
    table = Table(box=None, padding=(0, 0, 0, 1), title="months, %", title_justify="left")
    table.title_style = "bold"
    for name in ("", *MONTHS, "Year"):
        table.add_column(name, justify="right", no_wrap=True)
    for year, row in found.items():
        table.add_row(str(year), *(_month(row, month) for month in (*range(1, 13), 0)))
    return table


def _month(row: dict[int, float | None], month: int) -> Text:
    """Return a cell: empty where there was no day, a dash where no return is known."""
    if month not in row:
        return Text()
    r = row[month]
    return Text(DASH) if r is None else Text(number(100 * r, 1), _tone(r).strip())


def _sums(name: str, rows: pl.DataFrame) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column(name, header_style="bold", max_width=24, no_wrap=True)
    for head in ("trades", "won", "factor", "net"):
        table.add_column(head, justify="right", header_style="dim", no_wrap=True)
    table.add_column("")
    most = float(rows["p"].abs().to_numpy().max()) or 1.0
    for row in rows.iter_rows(named=True):
        tone = _tone(row["p"]).strip()
        table.add_row(
            Text(str(row["key"])),
            number(row["count"], 0),
            percent(row["wins"] / row["count"], 0),
            number(row["gained"] / row["lost"]) if row["lost"] else DASH,
            Text(money(row["p"]), tone),
            Text("█" * round(_BAR * abs(row["p"]) / most), tone),
        )
    return Padding(table, (1, 0, 0, 0))


def _limits(rules: Sequence[Limit]) -> Padding:
    table = Table(box=None, padding=(0, 2, 0, 0))
    table.add_column("rule", header_style="bold")
    table.add_column("used", header_style="dim", min_width=_METER)
    table.add_column("", justify="right")
    table.add_column("", style="dim")
    for rule in rules:
        used = rule.used or 0.0
        tone = "red" if used >= 1 else "yellow" if used >= _NEAR else "blue"
        full = round(_METER * min(max(used, 0.0), 1.0))
        meter = Text("█" * full, "green" if rule.wanted else tone).append(
            "░" * (_METER - full), "dim"
        )
        table.add_row(Text(rule.title), meter, percent(used, 0), Text(rule.left))
    return Padding(table, (1, 0, 1, 0))


def _family(group: Group) -> Table:
    table = Table(box=None, padding=0, width=_FAMILY, title=Text(group.title, style="bold"))
    table.title_justify = "left"
    table.show_header = False
    table.add_column("", overflow="ellipsis", no_wrap=True, ratio=1)
    table.add_column("", justify="right", no_wrap=True)
    for figure in group.figures:
        table.add_row(Text(figure.title, style="dim"), _value(figure))
    return table
