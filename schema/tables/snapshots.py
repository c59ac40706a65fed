"""One row per account and day: money for the heatmap and the prop firm's day, and KPIs."""

from schema.table import Check, Column, Index, Owner, Table
from schema.tables.common import (
    ACCOUNT_ID,
    FACT_STORES,
    OF_ACCOUNT,
    VERSION_COLUMN,
    at,
    optional,
)
from schema.tables.control import DATABASES
from schema.tables.risk import AETHERIS
from schema.types import (
    BOOL,
    DATE,
    INT,
    JSON,
    MONEY,
    RATIO,
    TEXT,
    UUID,
    VOLUME,
    LogicalType,
    label,
)

MONEY_UNIT = "account currency"


def _money(name: str, description: str) -> Column:
    return Column(name, MONEY, description, unit=MONEY_UNIT, default=0)


def _count(name: str, description: str, kind: LogicalType = INT) -> Column:
    return Column(name, kind, description, default=0)


_DAY = (
    ACCOUNT_ID,
    optional("user_id", UUID, "Owner of the account."),
    Column("date", DATE, "The day, in the zone."),
    Column("zone", label(64), "IANA time zone of the day: UTC, or the account's or firm's."),
)

# Later than the version in old databases too.
_MARKED = (
    optional("floating", MONEY, "Equity less balance at the end; none without marks.", MONEY_UNIT),
    optional("max_drawdown", RATIO, "Deepest fall below the day's peak, as a share; <= 0."),
    _money("fee", "Fees and charges; negative is paid."),
    _money("unexplained", "Change of the balance that no deal or trade explains."),
    _count("operations", "Balance operations, credits and charges."),
    _count("marks", "Minutes with a mark of balance and equity."),
    at("marked_at", "Last mark up to the end; none: it was never marked.", nullable=True),
)

DAILY_SNAPSHOTS = Table(
    name="daily_snapshots",
    layer=AETHERIS,
    purpose="What each day brought each account, in one row.",
    columns=(
        Column("id", UUID, "Made from account, date and zone."),
        *_DAY,
        at("day_start", "First moment of the day, in UTC."),
        at("day_end", "First moment of the next day, in UTC."),
        Column("currency", label(10), "Account currency."),
        _money("balance_open", "Balance at the start, after the day's flow."),
        _money("balance", "Balance at the end."),
        _money("equity_open", "Equity at the start, after the day's flow."),
        _money("equity", "Equity at the end."),
        optional("equity_low", MONEY, "Lowest equity marked; none without marks.", MONEY_UNIT),
        optional("equity_high", MONEY, "Highest equity marked; none without marks.", MONEY_UNIT),
        _money("flow", "Deposits and credit less withdrawals, counted at the start."),
        optional("daily_return", RATIO, "equity / equity_open - 1; none where that is undefined."),
        optional("benchmark_return", RATIO, "The benchmark's return of the day."),
        _money("profit", "Profit realised, after costs."),
        _money("gross_profit", "Sum of the trades that won, after costs."),
        _money("gross_loss", "Sum of the trades that lost, after costs; not positive."),
        _money("commission", "Commission; negative is paid."),
        _money("swap", "Swap; negative is paid."),
        _count("trades", "Trades closed."),
        _count("wins", "Of them, with a profit."),
        _count("losses", "Of them, with a loss."),
        _count("opened", "Trades opened."),
        Column("volume", VOLUME, "Volume closed.", unit="lots", default=0),
        optional("best_trade", MONEY, "Best trade, after costs.", MONEY_UNIT),
        optional("worst_trade", MONEY, "Worst trade, after costs.", MONEY_UNIT),
        optional("margin_used", MONEY, "Most margin marked; none without marks.", MONEY_UNIT),
        _count("open_positions", "Positions open at the end."),
        _money("peak_equity", "Highest equity ever, up to the end."),
        optional("daily_loss", MONEY, "Reference less equity_low; not negative.", MONEY_UNIT),
        optional("daily_loss_reference", MONEY, "What the firm's loss counts from.", MONEY_UNIT),
        optional("daily_loss_limit", MONEY, "Most loss of the day that is allowed.", MONEY_UNIT),
        optional("drawdown", MONEY, "Most fall below the firm's reference.", MONEY_UNIT),
        optional("drawdown_limit", MONEY, "Most fall that is allowed.", MONEY_UNIT),
        _count("soft_breaches", "Rules that were neared."),
        _count("hard_breaches", "Rules that were broken."),
        Column("is_final", BOOL, "Whether the day was over when it was built.", default=False),
        at("created_at", "When it was built."),
        VERSION_COLUMN,
        *_MARKED,
    ),
    key=("id",),
    order_by=("account_id", "zone", "date", "id"),
    time="date",
    span="year",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    unique=(("account_id", "date", "zone"),),
    checks=(
        Check("equity_ordered", "equity_low <= equity_high"),
        Check("wins_and_losses", "wins >= 0 AND losses >= 0 AND wins + losses <= trades"),
        Check("day_ordered", "day_start < day_end"),
    ),
    indices=(Index(("account_id", "date"), newest_first=True),),
    owner=Owner("account_id", of="account"),
)

KPI_SNAPSHOTS = Table(
    name="kpi_snapshots",
    layer=AETHERIS,
    purpose="What the KPIs of each account rest on, as of each day, over each window.",
    columns=(
        Column("id", UUID, "Made from account, date, zone and window."),
        *_DAY,
        Column("kpi_window", label(16), "Days it looks back: all, year, 30d, ..."),
        Column("kpis", JSON, "Further values; the KPIs are in kpi_values.", default="{}"),
        _count("days", "Days with a return in the window."),
        _count("trades", "Trades closed in the window."),
        Column("is_small_sample", BOOL, "Under 20 days or 30 trades: noise.", default=False),
        Column("is_ruined", BOOL, "Whether a day lost everything.", default=False),
        Column("parameters", JSON, "Rates and conventions it was made with.", default="{}"),
        at("created_at", "When it was built."),
        VERSION_COLUMN,
    ),
    key=("id",),
    order_by=("account_id", "kpi_window", "date", "id"),
    time="date",
    span="year",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    unique=(("account_id", "date", "zone", "kpi_window"),),
    checks=(Check("sample_not_negative", "days >= 0 AND trades >= 0"),),
    indices=(
        Index(("account_id", "kpi_window", "date"), newest_first=True),
        Index(("kpis",), words=True),
    ),
    owner=Owner("account_id", of="account"),
)

KPI_VALUES = Table(
    name="kpi_values",
    layer=AETHERIS,
    purpose="The value of each KPI of each account, as of each day, over each window.",
    columns=(
        Column("kpi", label(64), "Id of the KPI."),
        Column("kpi_group", label(32), "Family of the KPI."),
        Column("kpi_window", label(16), "Days it looks back: all, year, 30d, ..."),
        Column("zone", label(64), "IANA time zone of the day."),
        ACCOUNT_ID,
        Column("date", DATE, "The day, in the zone."),
        optional("value", RATIO, "Its value; none: undefined, or a text.", "that of the KPI"),
        optional("text", label(64), "Its value where that is a name or a day."),
        VERSION_COLUMN,
    ),
    key=("kpi", "kpi_window", "zone", "account_id", "date"),
    time="date",
    stores=FACT_STORES,
    kind="history",
    retention="permanent",
    owner=OF_ACCOUNT,
)

KPI_STATES = Table(
    name="kpi_states",
    layer=AETHERIS,
    purpose="What is kept of each account, so that a day is added to its KPIs over all time.",
    columns=(
        ACCOUNT_ID,
        Column("zone", label(64), "IANA time zone of the day."),
        Column("date", DATE, "The last day that is in it."),
        Column(
            "formulas", label(16), "Which formulas and rules of a firm it was made for: their hash."
        ),
        Column("numbers", TEXT, "Statistics of days and trades: 8 bytes each, in base64."),
        Column("more", JSON, "Its groups, values that need history, and what they rest on."),
        VERSION_COLUMN,
    ),
    key=("account_id", "zone", "date"),
    time="date",
    stores=FACT_STORES,
    kind="history",
    retention="7 days",
    ttl_days=7,
    owner=OF_ACCOUNT,
    note="Without it KPIs are computed from all of an account's history, and it is made again.",
)

TABLES = (DAILY_SNAPSHOTS, KPI_SNAPSHOTS, KPI_VALUES, KPI_STATES)
