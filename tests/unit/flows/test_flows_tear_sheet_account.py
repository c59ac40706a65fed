"""The tear sheet of an account whose KPIs were computed: what it takes from where."""

import re
from dataclasses import replace
from datetime import date
from functools import cache

import polars as pl
import pytest

from flows.kpi_compute import evaluated
from flows.tear_sheet import breakdown
from flows.tear_sheet.account import of_account
from flows.tear_sheet.page import render
from flows.tear_sheet.sheet import Sheet
from flows.tear_sheet.text import shown
from rules.kpi.compute import compute
from rules.kpi.inputs import Inputs, inputs
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings
from tests.kpi_cases.case import daily
from tests.kpi_cases.trade_case import book
from tests.kpi_reference.accounts import SHAPES, made
from tests.kpi_reference.frames import tables

DEFAULTS = Settings()


@cache
def sheet(name: str, settings: Settings = DEFAULTS) -> Sheet:
    found = inputs(**tables([made(name)]))
    values = compute(found, settings).row(0, named=True)
    return of_account(found, values, settings, account=name, currency="USD", about=("Demo",))


@pytest.mark.parametrize("name", SHAPES)
def test_each_account_has_a_page_with_all_its_kpis(name: str) -> None:
    made_sheet = sheet(name)
    page = render(made_sheet)
    assert not re.search(r"\b(nan|inf)\b", page, re.IGNORECASE)
    assert {figure.id for group in made_sheet.groups for figure in group.figures} == set(BY_ID)
    assert len(re.findall(r'<th title="', page)) == len(KPIS)


def test_a_figure_is_the_computed_value() -> None:
    told = {figure.id: figure for figure in sheet("ordinary").headline}
    account = made("ordinary")
    net = (account.trades["profit"] + account.trades["commission"] + account.trades["swap"]).sum()
    assert told["net_profit"].value == pytest.approx(net)
    assert shown(told["win_rate"]).endswith(" %")


def test_the_conventions_that_are_told_are_those_of_the_account() -> None:
    assert "A year has 252 observations" in sheet("ordinary").note
    given = tables([made("ordinary")])
    own = {"days_per_year": 365.0, "risk_free": 0.02}
    given["accounts"] = pl.DataFrame({"account": ["ordinary"], **own})
    found = inputs(**given)
    values = compute(found, DEFAULTS).row(0, named=True)
    note = of_account(found, values, DEFAULTS, account="ordinary").note
    assert "A year has 365 observations" in note
    assert "the risk-free rate is 2 %" in note


def test_a_first_day_in_loss_has_its_peak_at_the_opening() -> None:
    # The Friday before the first day, a Monday; the KPI of the peak says the same.
    assert sheet("first_day_a_loss").opened == date(2021, 3, 12)
    assert render(sheet("first_day_a_loss")).count("<td>12 Mar 2021</td>") == 2
    stated = render(sheet("first_day_a_loss", Settings(opened=date(2021, 3, 10))))
    assert "<td>10 Mar 2021</td>" in stated


def test_limits_say_what_is_left() -> None:
    rules = Settings(daily_loss=0.05, max_loss=0.1, target=0.1)
    limits = {limit.title: limit for limit in sheet("losing", rules).limits}
    assert limits["Maximum loss"].used is not None
    assert limits["Maximum loss"].used > 1
    assert limits["Profit target"].wanted
    assert re.fullmatch(r"[\d,.]+ USD left today", limits["Daily loss today"].left)


def test_days_beyond_a_limit_are_not_counted_where_one_is_unknown() -> None:
    frames = tables([made("short")])
    known = pl.col("date") > pl.col("date").min()
    frames["daily"] = frames["daily"].with_columns(balance_open=pl.when(known).then("balance_open"))
    found, settings = inputs(**frames), Settings(daily_loss=0.05)
    values = compute(found, settings).row(0, named=True)

    limits = of_account(found, values, settings, account="a").limits

    assert {limit.title: limit.left for limit in limits}["Worst day"] == (
        "of some days it is not known"
    )


def test_an_account_without_rules_has_no_room_under_any() -> None:
    assert sheet("losing").limits == []
    assert "Room under the rules" not in render(sheet("losing"))
    only = sheet("losing", Settings(max_loss=0.1)).limits
    assert [limit.title for limit in only] == ["Maximum loss"]


def test_small_samples_are_marked_and_long_ones_are_not() -> None:
    def marked(name: str) -> set[str]:
        groups = sheet(name).groups
        return {figure.id for group in groups for figure in group.figures if figure.small_sample}

    assert "sharpe_ratio" in marked("short")
    assert "sharpe_ratio" not in marked("ordinary")


def test_an_account_without_days_has_no_sheet() -> None:
    found = inputs(accounts=pl.DataFrame({"account": ["a"]}))
    values = compute(found).row(0, named=True)
    with pytest.raises(ValueError, match="a has no day"):
        of_account(found, values, Settings(), account="a")


def _of_two_days(**trades: list[object]) -> Inputs:
    """Return an account with days from January 1 to 3 and a trade on each of the first two."""
    days = daily([date(2024, 1, n) for n in (1, 2, 3)], r=[0.01, -0.09, 0.02])
    tables = {"daily": days, "trades": book(profit=[100.0, -900.0], **trades)}
    return inputs(**{name: rows.with_columns(account=pl.lit(0)) for name, rows in tables.items()})


@pytest.mark.parametrize("stated", ["settings", "accounts"])
def test_what_came_after_the_day_of_the_values_is_not_shown(stated: str) -> None:
    first = date(2024, 1, 1)
    found = _of_two_days()
    settings = Settings(as_of=first) if stated == "settings" else Settings()
    if stated == "accounts":
        found = replace(found, accounts=pl.DataFrame({"account": [0], "as_of": [first]}))
    values = compute(found, settings).row(0, named=True)

    shown_ = of_account(found, values, settings, account="a")

    assert shown_.as_of == first
    assert shown_.daily["date"].to_list() == [first]
    assert breakdown.symbols(shown_.trades)["p"].to_list() == [100.0]
    assert shown_.headline[0].value == 100.0


def test_an_account_that_begins_after_the_day_of_the_values_has_no_sheet() -> None:
    settings = Settings(as_of=date(2023, 12, 29))
    values = compute(_of_two_days(), settings).row(0, named=True)
    with pytest.raises(ValueError, match="a has no day"):
        of_account(_of_two_days(), values, settings, account="a")


def test_what_was_computed_is_what_was_looked_at() -> None:
    found = evaluated(_of_two_days(), Settings(as_of=date(2024, 1, 1)), "all")

    assert (found.inputs.daily.height, found.inputs.trades.height) == (1, 1)
    assert found.values["net_profit"] == 100.0


def test_a_trade_without_stated_costs_is_shown_as_it_is_counted() -> None:
    found = evaluated(_of_two_days(commission=[-1.0, None], swap=[None, None]), Settings(), "all")
    shown_ = of_account(found.inputs, found.values, found.settings, account="a")

    assert breakdown.symbols(shown_.trades)["p"].to_list() == [found.values["net_profit"]]
    assert found.values["net_profit"] == -801.0


def test_a_window_begins_where_its_values_do() -> None:
    days = [date(2024, 3, 28), date(2024, 3, 31), date(2024, 4, 1), date(2024, 4, 10)]
    rows = daily(days, r=[0.0, 0.0, -0.01, 0.03]).with_columns(account=pl.lit(0))
    found = evaluated(inputs(daily=rows), Settings(), "month")

    shown_ = of_account(found.inputs, found.values, found.settings, account="a")

    # Of April, whose opening is the last day before: a Sunday, and so not the weekday before.
    assert shown_.opened == date(2024, 3, 31) == found.values["max_drawdown_peak_date"]
    assert "<td>31 Mar 2024</td>" in render(shown_)
