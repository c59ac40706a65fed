"""Sessions of users on Redis, and how they want their screen."""

from schema.table import Column, Owner, Reference, Table
from schema.tables.common import VERSION_COLUMN, at, optional
from schema.tables.control import CONFIGURATION, CREATED_AT, record
from schema.terms import ChartType, SessionStatus, Theme, TokenKind
from schema.types import ADDRESS, BOOL, JSON, UUID, enum, label, text

_WEEK = 7 * 86_400

SESSION_STATE = Table(
    name="session_state",
    layer=CONFIGURATION,
    purpose="Who is logged in, from where.",
    columns=(
        Column("session_id", UUID, "The session."),
        Column("user_id", UUID, "The user."),
        Column("ip_address", ADDRESS, "Where it came from."),
        at("last_active", "When it last asked for something."),
        Column("device_fingerprint", text(255), "Hash of the device.", default=""),
        Column("status", enum(SessionStatus), "Whether it still holds.", default="active"),
        CREATED_AT,
        at("updated_at", "When it last changed."),
        VERSION_COLUMN,
    ),
    key=("session_id",),
    stores=frozenset({"redis"}),
    kind="live",
    retention="7 days",
    live_seconds=_WEEK,
)

TOKEN_STORE = Table(
    name="token_store",
    layer="7 security",
    purpose="Hashes of the tokens that sessions and programs bear.",
    columns=(
        Column("session_id", UUID, "The session."),
        Column("user_id", UUID, "The user."),
        Column("kind", enum(TokenKind), "What it lets its bearer do.", default="session"),
        Column("token_hash", text(64), "SHA-256 of the token, in hex; never the token."),
        Column("provider", label(50), "Who issued it; empty: this system.", default=""),
        Column("scopes", JSON, "What it permits, as a list.", default="[]"),
        Column("state", JSON, "State of the session.", default="{}"),
        at("issued_at", "When it was issued."),
        at("expires_at", "When it ends."),
        at("refreshed_at", "When it was last renewed.", nullable=True),
        VERSION_COLUMN,
    ),
    key=("session_id",),
    stores=frozenset({"redis"}),
    kind="live",
    retention="session",
    live_seconds=_WEEK,
    note="Its writer shortens its life to `expires_at`; a week is the longest.",
)

USER_PREFERENCES = record(
    "user_preferences",
    "How a user wants the screen, and what is asked before a trade.",
    (
        Column("user_id", UUID, "The user."),
        Column("theme", enum(Theme), "Colours.", default="dark"),
        Column("chart_type", enum(ChartType), "How prices are drawn.", default="candle"),
        Column("notifications_enabled", BOOL, "Whether messages are sent.", default=True),
        Column("language", label(5), "Language, as en or de-CH.", default="en"),
        Column("auto_close_trades", BOOL, "Whether trades close at a limit.", default=False),
        Column("trade_confirmation", BOOL, "Whether a trade is asked for twice.", default=True),
        optional("zone", text(64), "IANA time zone that times are shown in."),
    ),
    key="user_id",
    layer=CONFIGURATION,
    stores=frozenset({"redis", "duckdb"}),
    retention="redis: session; duckdb: permanent",
    references=(Reference(("user_id",), "users", "cascade"),),
    owner=Owner("user_id"),
    users_write=True,
)

TABLES = (SESSION_STATE, TOKEN_STORE, USER_PREFERENCES)
