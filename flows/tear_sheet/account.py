"""The tear sheet of an account, from its rows and its KPIs as `rules.kpi` computes them."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

import polars as pl

from flows.tear_sheet.sheet import Figure, Group, Limit, Sheet, Value
from flows.tear_sheet.text import money, number
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Kpi
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings

_PROFIT = (pl.col("profit") + pl.col("commission") + pl.col("swap")).round(2)
# The figures at the top: id, a title that fits, whether it is a gain or a loss.
_HEADLINE = (
    ("net_profit", "Net profit", True),
    ("total_return", "Total return", True),
    ("cagr_calendar", "CAGR", True),
    ("max_drawdown", "Max drawdown", True),
    ("sharpe_ratio", "Sharpe ratio", False),
    ("sortino_ratio", "Sortino ratio", False),
    ("profit_factor", "Profit factor", False),
    ("win_rate", "Win rate", False),
)
_FRIDAY = 4


def of_account(
    inputs: Inputs,
    values: Mapping[str, Value],
    settings: Settings,
    *,
    account: str,
    currency: str = "",
    about: Sequence[str] = (),
    kpis: Sequence[Kpi] = KPIS,
) -> Sheet:
    """Return what the tear sheet of the one account in `inputs` shows.

    Args:
        inputs: rows of that account alone.
        values: its KPIs by id, a row of `rules.kpi.compute.compute`.
        settings: those that the values were computed with.
        account: its name.
        currency: of its amounts.
        about: short texts under the name: broker, strategy.
        kpis: those that are listed.

    Raises:
        ValueError: If there is no day.
    """
    if inputs.daily.is_empty():
        raise ValueError(f"{account} has no day")
    daily = inputs.daily.sort("date")
    days: list[date] = daily["date"].to_list()
    trades = inputs.trades.with_columns(p=_PROFIT).filter(pl.col("p").is_not_null())
    return Sheet(
        account=account,
        about=about,
        currency=currency,
        opened=settings.opened or _weekday_before(days[0]),
        as_of=settings.as_of or days[-1],
        headline=[
            Figure(id=id_, title=title, unit=BY_ID[id_].unit, value=values[id_], signed=signed)
            for id_, title, signed in _HEADLINE
        ],
        daily=daily,
        trades=trades,
        limits=_limits(values, currency),
        groups=_groups(values, kpis, len(days), trades.height),
        note=_note(settings),
    )


def _weekday_before(day: date) -> date:
    before = day - timedelta(days=1)
    return before - timedelta(days=max(0, before.weekday() - _FRIDAY))


def _limits(values: Mapping[str, Value], currency: str) -> list[Limit]:
    def share(id_: str) -> float | None:
        value = values[id_]
        return float(value) if isinstance(value, float | int) else None

    def left(id_: str, words: str) -> str:
        value = values[id_]
        if not isinstance(value, float | int):
            return ""
        return " ".join(filter(None, (money(value), currency, words)))

    near, over = (
        number(share(f"daily_loss_{what}_days") or 0, 0) for what in ("near_miss", "breach")
    )
    rules = (
        Limit(
            title="Daily loss today",
            used=share("daily_loss_used_today"),
            left=left("daily_loss_remaining", "left today"),
        ),
        Limit(
            title="Worst day",
            used=share("daily_loss_used_max"),
            left=f"{near} days near the limit, {over} beyond",
        ),
        Limit(
            title="Maximum loss",
            used=share("max_loss_used"),
            left=left("max_loss_remaining", "left now"),
        ),
        Limit(
            title="Profit target",
            used=share("profit_target_progress"),
            left=left("profit_target_remaining", "to go"),
            wanted=True,
        ),
    )
    return [rule for rule in rules if rule.used is not None]


def _groups(
    values: Mapping[str, Value], kpis: Sequence[Kpi], days: int, trades: int
) -> list[Group]:
    figures: dict[str, list[Figure]] = {}
    for kpi in kpis:
        small = days < kpi.least.days or trades < kpi.least.trades
        figure = Figure(
            id=kpi.id, title=kpi.title, unit=kpi.unit, value=values[kpi.id], small_sample=small
        )
        figures.setdefault(kpi.group, []).append(figure)
    return [Group(title=_title(name), figures=of) for name, of in figures.items()]


def _title(group: str) -> str:
    return group.replace("_", " ").capitalize()


def _note(settings: Settings) -> str:
    return (
        "Returns are those of days, net of deposits and withdrawals at the day's start. "
        f"A year has {settings.days_per_year:g} observations, unless calendar days are named; "
        f"the risk-free rate is {100 * settings.risk_free:g} %, the minimal acceptable return "
        f"{100 * settings.mar:g} %. A dash is a value that is not defined."
    )
