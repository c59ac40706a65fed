"""What traders feel and say, when they trade, and what the market hints at."""

from schema.table import Check, Column, Index, Owner, Reference, Table
from schema.tables.common import VERSION_COLUMN, at, optional
from schema.tables.control import DATABASES, record
from schema.tables.risk import AETHERIS
from schema.terms import Emotion
from schema.types import BOOL, INT, JSON, MONEY, PRICE, RATIO, TEXT, UUID, enum, label, text

_USER = Column("user_id", UUID, "The trader.")
_OF_USER = (Reference(("user_id",), "users", "cascade"),)

EMOTION_LOGS = record(
    "emotion_logs",
    "What a trader felt, about a trade or in general.",
    (
        Column("id", UUID, "The entry.", fill="id"),
        _USER,
        optional("account_id", UUID, "The account of the trade."),
        optional("trade_id", UUID, "The trade; none: in general."),
        optional("session_id", UUID, "The trading session."),
        Column("emotion", enum(Emotion), "What was felt."),
        optional("intensity", INT, "How strongly, 1 to 5."),
        optional("confidence", INT, "Confidence in the trade, 1 to 10."),
        optional("followed_plan", BOOL, "Whether the trade was planned."),
        Column("note", TEXT, "In the trader's words.", default=""),
        at("felt_at", "When it was felt; none: when it was written.", nullable=True),
    ),
    key="id",
    layer=AETHERIS,
    references=_OF_USER,
    checks=(
        Check("intensity_in_range", "intensity >= 1 AND intensity <= 5"),
        Check("confidence_in_range", "confidence >= 1 AND confidence <= 10"),
    ),
    indices=(Index(("user_id", "created_at"), newest_first=True), Index(("trade_id",))),
    owner=Owner("user_id"),
    users_write=True,
)

VOCAL_NOTES = record(
    "vocal_notes",
    "Spoken notes: where the audio is, and how stressed the voice was.",
    (
        Column("id", UUID, "The note.", fill="id"),
        _USER,
        optional("trade_id", UUID, "The trade it is about."),
        optional("session_id", UUID, "The trading session."),
        optional("audio_uri", TEXT, "Where the recording is; it is not kept here."),
        optional("audio_sha256", text(64), "SHA-256 of the recording, in hex."),
        optional("duration_seconds", RATIO, "Length.", "s"),
        optional("transcript", TEXT, "What was said."),
        optional("language", label(5), "Language, as en or de-CH."),
        optional("vss_score", RATIO, "Vocal stress score, 0 to 100."),
        Column("vss_timeline", JSON, "List of {timestamp, score}.", default="[]"),
        at("recorded_at", "When it was spoken.", nullable=True),
    ),
    key="id",
    layer=AETHERIS,
    references=_OF_USER,
    checks=(
        Check("vss_score_in_range", "vss_score >= 0 AND vss_score <= 100"),
        Check("duration_not_negative", "duration_seconds >= 0"),
    ),
    indices=(
        Index(("user_id", "created_at"), newest_first=True),
        Index(("vss_timeline",), words=True),
    ),
    owner=Owner("user_id"),
    users_write=True,
)

SESSIONS = record(
    "sessions",
    "Trading sessions: from sitting down to getting up.",
    (
        Column("id", UUID, "The session.", fill="id"),
        _USER,
        at("started_at", "When it began."),
        at("ended_at", "When it ended; none while it lasts.", nullable=True),
        Column("tilt_flag", BOOL, "Whether it shows tilt.", default=False),
        optional("tilt_reason", TEXT, "What shows it."),
        at("tilted_at", "When it began to show.", nullable=True),
        Column("trades", INT, "Trades opened in it.", default=0),
        Column("profit", MONEY, "Profit realised in it.", unit="base currency", default=0),
        Column("note", TEXT, "In the trader's words.", default=""),
    ),
    key="id",
    layer=AETHERIS,
    references=_OF_USER,
    checks=(
        Check("times_ordered", "ended_at >= started_at"),
        Check("trades_not_negative", "trades >= 0"),
    ),
    indices=(
        Index(("user_id", "started_at"), newest_first=True),
        Index(("user_id",), where="tilt_flag"),
    ),
    owner=Owner("user_id"),
    users_write=True,
)

WHALE_EVENTS = Table(
    name="whale_events",
    layer=AETHERIS,
    purpose="Large orders of others, and our trades that ran with or against them.",
    columns=(
        Column("id", UUID, "Made from source, symbol and moment."),
        optional("user_id", UUID, "Whose trades it is matched with; none: the market's alone."),
        Column("symbol", label(32), "Symbol."),
        Column("source", label(64), "Who saw it.", default=""),
        Column("direction", label(8), "buy, sell or unknown.", default="unknown"),
        optional("volume", RATIO, "Size, in units of the source."),
        optional("notional", RATIO, "Size in money.", "USD"),
        optional("price", PRICE, "Price."),
        optional("score", RATIO, "How unusual it is, 0 to 100."),
        Column("correlated_trade_ids", JSON, "Our trades near it, as a list.", default="[]"),
        Column("details", JSON, "What else the source says.", default="{}"),
        at("occurred_at", "When it happened."),
        at("created_at", "When it was stored."),
        VERSION_COLUMN,
    ),
    key=("id",),
    order_by=("symbol", "occurred_at", "id"),
    time="occurred_at",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    checks=(Check("score_in_range", "score >= 0 AND score <= 100"),),
    indices=(
        Index(("symbol", "occurred_at"), newest_first=True),
        Index(("correlated_trade_ids",), words=True),
    ),
    owner=Owner("user_id", unowned="shared"),
)

ORACLE_SCORES = Table(
    name="oracle_scores",
    layer=AETHERIS,
    purpose="What a model thought of a trade before it was made.",
    columns=(
        Column("id", UUID, "Made from model, signal and account."),
        optional("user_id", UUID, "Whose trade it is; none: of a signal, for everybody."),
        optional("account_id", UUID, "The account."),
        optional("signal_id", UUID, "The signal it is about."),
        optional("trade_id", UUID, "The trade that came of it."),
        Column("symbol", label(32), "Symbol."),
        Column("model", label(64), "Model and its version."),
        Column("score", RATIO, "What it thinks, 0 (do not) to 100 (do)."),
        optional("probability", RATIO, "Chance of a profit, 0 to 1."),
        Column("features", JSON, "What it looked at.", default="{}"),
        at("created_at", "When it was made."),
        VERSION_COLUMN,
    ),
    key=("id",),
    order_by=("symbol", "model", "created_at", "id"),
    time="created_at",
    stores=DATABASES,
    kind="history",
    retention="permanent",
    checks=(
        Check("score_in_range", "score >= 0 AND score <= 100"),
        Check("probability_in_range", "probability >= 0 AND probability <= 1"),
    ),
    indices=(Index(("symbol", "created_at"), newest_first=True), Index(("trade_id",))),
    owner=Owner("user_id", unowned="shared"),
)

TABLES = (EMOTION_LOGS, VOCAL_NOTES, SESSIONS, WHALE_EVENTS, ORACLE_SCORES)
