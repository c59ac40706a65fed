"""The reference page of KPIs, from the registry."""

from __future__ import annotations

from itertools import groupby

from flows.kpi_compute import least, nightly
from rules.kpi.kpi import EVERY_WINDOW, Kpi
from rules.kpi.registry import KPIS

_INTRO = """\
# Key performance indicators

`tradecast kpi compute` computes them from files, `tradecast kpi show ID` tells what is written
here of one. What all of them have in common:

- `r_t` is a day's simple return net of flows, which come at the day's start:
  `r_t = E_t/(E_{t-1}+F_t)-1`. A day without trades counts as 0; a day without a row is missing.
- `A` is the number of observations in a year, 252 unless set, and stored with the value. Standard
  deviations, variances and covariances are of a sample (ddof 1), quantiles are linear (type 7).
  A rate per year becomes one per day as `(1+rf)^(1/A)-1`.
- The equity curve begins with `W_0 = 1`: a loss on the first day is a drawdown. Ratios are
  fractions (0.12 is 12 %); drawdowns and values at risk have the sign of a return, what is called
  a magnitude (>=0) has not.
- Trades are in the order of (exit time, id). `p` is profit, commission and swap, rounded to the
  decimals of its currency (two, unless it is known to have others: JPY none, BTC eight) before its
  sign is asked for; a trade with `p = 0` has neither won nor lost. `B_i` is the balance before
  trade i, with what was paid in and out before it where that is known; a relative drawdown of
  balances leaves that out again. `R_i` is `p_i` in units of what its stop would have lost.
- What is undefined is null: never infinity, NaN or a number that stands for it.
- "From" is the sample from which a value says something; below it, it is shown with a warning.
  A KPI means something for all windows (all, year, quarter, month, 90d, 30d, 7d) unless a note
  says for which.
- "Each night" says what an update over all time reads: the day alone, which is added to
  [what is kept of the account](../explanation/snapshots.md), or its history.

What is done about rows that cannot be true, such as a trade closed before it opened, is said in
[how to compute KPIs](../howto/kpis.md).

This page is generated from the code; do not edit it.
"""
_HEAD = """
| KPI | unit | formula | where there is no value | rests on | from | each night |
| --- | --- | --- | --- | --- | --- | --- |
"""


def kpis_page() -> str:
    """Return the page as Markdown."""
    sections = [_INTRO]
    for group, kpis in groupby(KPIS, key=lambda kpi: kpi.group):
        rows = [_row(kpi) for kpi in kpis]
        title = group.replace("_", " ").capitalize()
        sections.append(f"\n## {title}\n{_HEAD}{''.join(rows)}")
    return "".join(sections)


def _row(kpi: Kpi) -> str:
    windows = "" if kpi.windows == EVERY_WINDOW else f"; windows: {', '.join(kpi.windows)}"
    cells = (
        f"`{kpi.id}` {kpi.title}",
        kpi.unit,
        f"`{kpi.formula}`",
        (kpi.edges + windows).replace("<", "&lt;").replace("*", "\\*"),
        ", ".join(f"`{column}`" for column in kpi.needs),
        least(kpi),
        nightly(kpi),
    )
    # A bar ends a cell, in code too.
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"
