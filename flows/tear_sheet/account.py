"""The tear sheet of an account, from its rows and its KPIs as `rules.kpi` computes them."""

from collections.abc import Mapping, Sequence

from flows.tear_sheet.sheet import Figure, Group, Limit, Sheet, Value
from flows.tear_sheet.text import money, number
from rules.kpi.inputs import Inputs
from rules.kpi.kpi import Kpi
from rules.kpi.prepare import frames, net_result
from rules.kpi.registry import BY_ID, KPIS
from rules.kpi.settings import Settings

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
        inputs: rows of that account alone; what came after the day of the values is not shown.
        values: its KPIs by id, a row of `rules.kpi.compute.compute`.
        settings: those that the values were computed with.
        account: its name.
        currency: of its amounts.
        about: short texts under the name: broker, strategy.
        kpis: those that are listed.

    Raises:
        ValueError: If there is no day.
    """
    # What the KPIs were computed from, and from when to when.
    prepared = frames(inputs, settings, {})
    daily, trades = prepared.inputs.daily, prepared.inputs.trades
    if daily.is_empty():
        raise ValueError(f"{account} has no day")
    own = prepared.accounts.row(0, named=True)
    trades = trades.with_columns(p=net_result(prepared.setting("_currency", trades)))
    return Sheet(
        account=account,
        about=about,
        currency=currency,
        opened=own["_opened"],
        as_of=own["_as_of"],
        headline=[
            Figure(id=id_, title=title, unit=BY_ID[id_].unit, value=values[id_], signed=signed)
            for id_, title, signed in _HEADLINE
        ],
        daily=daily.sort("date"),
        trades=trades,
        limits=_limits(values, currency),
        groups=_groups(values, kpis, daily.height, trades.height),
        note=_note(own["_A"], own["_rf"], own["_mar"]),
    )


def _limits(values: Mapping[str, Value], currency: str) -> list[Limit]:
    """Return the rules that are stated; the KPIs of one that is not are null."""

    def share(id_: str) -> float | None:
        value = values[id_]
        return float(value) if isinstance(value, float | int) else None

    def left(id_: str, words: str) -> str:
        value = values[id_]
        if not isinstance(value, float | int):
            return ""
        return " ".join(filter(None, (money(value), currency, words)))

    def days() -> str:
        near, over = (share(f"daily_loss_{what}_days") for what in ("near_miss", "breach"))
        if near is None or over is None:
            return "of some days it is not known"
        return f"{number(near, 0)} days near the limit, {number(over, 0)} beyond"

    rules = (
        Limit(
            title="Daily loss today",
            used=share("daily_loss_used_today"),
            left=left("daily_loss_remaining", "left today"),
        ),
        Limit(
            title="Worst day",
            used=share("daily_loss_used_max"),
            left=days(),
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


def _note(days_per_year: float, risk_free: float, mar: float) -> str:
    return (
        "Returns are those of days, net of deposits and withdrawals at the day's start. "
        f"A year has {days_per_year:g} observations, unless calendar days are named; "
        f"the risk-free rate is {100 * risk_free:g} %, the minimal acceptable return "
        f"{100 * mar:g} %. A dash is a value that is not defined."
    )
