"""The tear sheet of an account whose KPIs were computed: what it takes from where."""

import re
from datetime import date
from functools import cache

import polars as pl
import pytest

from flows.tear_sheet.account import of_account
from flows.tear_sheet.page import render
from flows.tear_sheet.sheet import Sheet
from flows.tear_sheet.text import shown
from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings
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


def test_a_first_day_in_loss_has_its_peak_at_the_opening() -> None:
    # The Friday before the first day, a Monday; the KPI of the peak says the same.
    assert sheet("first_day_a_loss").opened == date(2021, 3, 12)
    assert render(sheet("first_day_a_loss")).count("<td>12 Mar 2021</td>") == 2
    stated = render(sheet("first_day_a_loss", Settings(opened=date(2021, 3, 10))))
    assert "<td>10 Mar 2021</td>" in stated


def test_limits_say_what_is_left() -> None:
    limits = {limit.title: limit for limit in sheet("losing").limits}
    assert limits["Maximum loss"].used is not None
    assert limits["Maximum loss"].used > 1
    assert limits["Profit target"].wanted
    assert re.fullmatch(r"[\d,.]+ USD left today", limits["Daily loss today"].left)


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
