"""Strategies, and which account trades which of them."""

from schema.enums import Direction, SizingMode, StrategyStatus, StrategyType, TinyTrade
from schema.table import Check, Column, Index, Owner, Reference
from schema.tables.common import optional
from schema.tables.control import KEY, STATUS, control
from schema.types import (
    BIGINT,
    BOOL,
    INT,
    JSON,
    MONEY,
    RATIO,
    TEXT,
    UUID,
    VOLUME,
    enum,
    label,
    text,
)

STRATEGIES = control(
    "strategies",
    "Strategies whose signals are traded.",
    (
        Column("id", UUID, "The strategy."),
        KEY,
        optional("user_id", UUID, "Its owner."),
        Column("name", text(255), "Name for people."),
        Column("description", TEXT, "What it does.", default=""),
        Column("type", enum(StrategyType), "Where it comes from.", default="manual"),
        Column("status", enum(StrategyStatus), "Whether it is traded.", default="draft"),
        Column("config", JSON, "Its parameters.", default="{}"),
        Column("performance_metrics", JSON, "Figures its author gives.", default="{}"),
        Column("tags", JSON, "List of tags.", default="[]"),
        Column("version", INT, "Version of its definition.", default=1),
        optional("parent_strategy_id", UUID, "Strategy it was made from."),
        Column("is_public", BOOL, "Whether others may subscribe.", default=False),
        optional("units_per_contract", RATIO, "Units of one contract it publishes."),
        optional("provider_balance", MONEY, "Balance its volumes are made for."),
        optional("provider_currency", label(10), "Currency of that balance."),
        Column("magic", BIGINT, "High bits of the magic number of its orders."),
    ),
    key="id",
    unique=(("key",), ("magic",)),
    references=(
        Reference(("user_id",), "users", "cascade"),
        Reference(("parent_strategy_id",), "strategies", "set null"),
    ),
    checks=(Check("version_from_one", "version >= 1"),),
    indices=(
        Index(("status",)),
        Index(("type",)),
        Index(("created_at",)),
        Index(("deleted_at",), where="deleted_at IS NOT NULL"),
        Index(("tags",), words=True),
        Index(("config",), words=True),
        Index(("user_id", "status", "created_at"), newest_first=True),
        Index(
            ("user_id", "created_at"),
            newest_first=True,
            where="status = 'active' AND deleted_at IS NULL",
        ),
    ),
    owner=Owner("user_id", public="is_public"),
    users_write=True,
    note="A public strategy may be read by everybody; its owner alone changes it.",
)

SUBSCRIPTIONS = control(
    "subscriptions",
    "Which account trades which strategy, and at which size.",
    (
        Column("subscription_id", UUID, "Made from the account and the strategy."),
        Column("account_id", UUID, "The account."),
        Column("strategy_id", UUID, "The strategy."),
        Column("direction", enum(Direction), "Which openings it takes.", default="both"),
        Column("sizing", enum(SizingMode), "How a signal becomes a volume."),
        Column("fixed_volume", VOLUME, "Volume of each order, for fixed.", "lots", default=0),
        Column("multiplier", RATIO, "Factor of scaled, balance and equity.", default=1.0),
        Column("risk_percent", RATIO, "Risk of a trade, for risk.", "% of balance", default=0.0),
        Column("risk_override", BOOL, "Whether a signal may set the risk.", default=False),
        Column(
            "max_risk_coefficient",
            RATIO,
            "Most times the wanted risk that a forced smallest volume may carry.",
            default=1.0,
        ),
        Column("tiny_trade", enum(TinyTrade), "What a volume too small does.", default="skip"),
        Column("max_open_trades", INT, "Most open trades of it; 0: no limit.", default=0),
        Column("max_volume", VOLUME, "Most volume of an order; 0: no limit.", "lots", default=0),
        Column("copy_stop_loss", BOOL, "Whether the stop loss is taken over.", default=True),
        Column("copy_take_profit", BOOL, "Whether the take profit is taken over.", default=True),
        STATUS,
    ),
    key="subscription_id",
    unique=(("account_id", "strategy_id"),),
    references=(
        Reference(("account_id",), "accounts", "cascade"),
        Reference(("strategy_id",), "strategies", "cascade"),
    ),
    checks=(
        Check("fixed_volume_not_negative", "fixed_volume >= 0"),
        Check("multiplier_positive", "multiplier > 0"),
        Check("risk_percent_in_range", "risk_percent >= 0 AND risk_percent <= 100"),
        Check("max_open_trades_not_negative", "max_open_trades >= 0"),
    ),
    owner=Owner("account_id", of="account"),
    users_write=True,
)

TABLES = (STRATEGIES, SUBSCRIPTIONS)
