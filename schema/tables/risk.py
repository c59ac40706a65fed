"""Limits of risk, the rules of prop firms, and what came near or beyond them."""

from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import ACCOUNT_ID, VERSION_COLUMN, at, optional
from schema.tables.control import DATABASES, control
from schema.terms import BreachSeverity, LimitAction, LimitType, LimitUnit
from schema.types import BOOL, DATE, JSON, MONEY, RATIO, UUID, enum, label, text

AETHERIS = "AETHERIS"

RISK_LIMITS = control(
    "risk_limits",
    "What a user, or one account of theirs, may risk.",
    (
        Column("id", UUID, "The limit.", fill="id"),
        Column("user_id", UUID, "The user it binds."),
        optional("account_id", UUID, "The account it binds; none: all of the user's together."),
        Column("name", text(255), "Name for people."),
        Column("type", enum(LimitType), "What it bounds."),
        Column("limit_type", enum(LimitUnit), "Whether it is an amount or a share."),
        Column("limit_value", MONEY, "The limit.", "account currency, a count, or %"),
        Column("current_value", MONEY, "Last measured, in the same unit.", default=0, guarded=True),
        Column("is_active", BOOL, "Whether it is watched.", default=True),
        Column("action", enum(LimitAction), "What happens at it.", default="block"),
        Column("warning_percent", RATIO, "Share of it that warns.", "% of it", default=80.0),
        Column("zone", text(64), "IANA time zone of its day.", default="UTC"),
        Column("reset_time", label(8), "Start of its day, as HH:MM.", default="00:00"),
        at("measured_at", "When current_value was measured.", nullable=True),
    ),
    key="id",
    layer="FX platform",
    stores=DATABASES,
    retention="permanent",
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("account_id",), "accounts", "cascade"),
    ),
    checks=(
        Check("limit_positive", "limit_value > 0"),
        Check("warning_in_range", "warning_percent > 0 AND warning_percent <= 100"),
    ),
    indices=(Index(("type",)), Index(("is_active",))),
    owner=Owner("user_id"),
    users_write=True,
)

PROP_FIRM_TEMPLATES = control(
    "prop_firm_templates",
    "Rules of prop firms, as of a day; accounts take theirs from one.",
    (
        Column("id", UUID, "The template.", fill="id"),
        optional("user_id", UUID, "Who made it; none: it came with the system, for everybody."),
        Column("firm", text(100), "The firm."),
        Column("program", text(100), "Its program, phase and size of account.", default=""),
        Column("rules", JSON, "Its rules: limits, zone and time of the reset, and what counts."),
        Column("effective_from", DATE, "First day on which they hold."),
        optional("effective_until", DATE, "Last day on which they hold."),
        optional("source", text(255), "Where they are written."),
    ),
    key="id",
    layer=AETHERIS,
    stores=DATABASES,
    retention="permanent",
    references=(Reference(("user_id",), "users", "cascade"),),
    checks=(Check("days_ordered", "effective_until >= effective_from"),),
    indices=(Index(("firm", "effective_from"), newest_first=True), Index(("rules",), words=True)),
    owner=Owner("user_id", unowned="shared"),
    users_write=True,
)

ARMOR_BREACHES = Table(
    name="armor_breaches",
    layer=AETHERIS,
    purpose="Rules of risk and of prop firms that an account came near (soft) or broke (hard).",
    columns=(
        Column("id", UUID, "Made from account, rule and moment."),
        ACCOUNT_ID,
        optional("user_id", UUID, "Owner of the account."),
        Column("severity", enum(BreachSeverity), "Whether it was neared or broken."),
        Column("rule", label(64), "The rule."),
        optional("limit_id", UUID, "The limit of risk_limits."),
        optional("template_id", UUID, "The template of the prop firm."),
        Column("limit_value", MONEY, "The limit.", "account currency or %", nullable=True),
        Column("value", MONEY, "What was measured.", "that of the limit", nullable=True),
        optional("equity", MONEY, "Equity then.", "account currency"),
        optional("reference_equity", MONEY, "What the loss counts from.", "account currency"),
        Column("action", enum(LimitAction), "What was done.", default="warn"),
        optional("trade_id", UUID, "The trade that was refused or closed."),
        Column("details", JSON, "What else is known.", default="{}"),
        Column("date", DATE, "Day in the rule's zone."),
        Column("zone", label(64), "IANA time zone of the rule.", default="UTC"),
        at("created_at", "When it was seen."),
        at("acknowledged_at", "When the trader said to have seen it.", nullable=True),
        VERSION_COLUMN,
    ),
    key=("id",),
    order_by=("account_id", "created_at", "id"),
    time="created_at",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    indices=(Index(("account_id", "created_at"), newest_first=True), Index(("severity",))),
    owner=Owner("account_id", of="account"),
)

TABLES = (RISK_LIMITS, PROP_FIRM_TEMPLATES, ARMOR_BREACHES)
