"""The world as rows of the registry's configuration tables, without version and times."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from schema.ids import make_id, partition_of

if TYPE_CHECKING:
    from uuid import UUID

    from config.world import Listed, World

Row = dict[str, Any]

TABLES = (
    "brokers",
    "instances",
    "accounts",
    "account_config",
    "strategies",
    "subscriptions",
    "instruments",
    "symbol_map",
)
_MILLI = 1000


def world_rows(world: World) -> dict[str, list[Row]]:
    """Return the rows of each table, without version and times, by table."""
    accounts = sorted(world.accounts)
    return {
        "brokers": [_broker(world, key) for key in sorted(world.brokers)],
        "instances": [_instance(world, key) for key in sorted(world.instances)],
        "accounts": [_account(world, key) for key in accounts],
        "account_config": [_account_config(world, key) for key in accounts],
        "strategies": [_strategy(world, key) for key in sorted(world.strategies)],
        "subscriptions": [_subscription(world, *key) for key in sorted(world.subscriptions)],
        "instruments": [_instrument(world.instruments[key]) for key in sorted(world.instruments)],
        "symbol_map": [_mapping(*key, world.symbol_map[key]) for key in sorted(world.symbol_map)],
    }


def broker_id(key: str) -> UUID:
    """Return the id of the broker with a key."""
    return make_id("broker", key)


def instance_id(key: str) -> UUID:
    """Return the id of the instance with a key."""
    return make_id("instance", key)


def account_id(key: str) -> UUID:
    """Return the id of the account with a key."""
    return make_id("account", key)


def strategy_id(key: str) -> UUID:
    """Return the id of the strategy with a key."""
    return make_id("strategy", key)


def strategy_magic(key: str) -> int:
    """Return the high bits of the magic numbers of a strategy's orders: 31, above the low 32."""
    return (int.from_bytes(strategy_id(key).bytes[:4], "big") >> 1 or 1) << 32


def _broker(world: World, key: str) -> Row:
    row = world.brokers[key]
    return {
        "broker_id": broker_id(key),
        "key": key,
        "name": row.name or key,
        "server": row.server,
        "commission_per_lot": row.commission_per_lot,
        "spread_type": row.spread_type,
        "margin_requirement": row.margin_requirement,
        "currency_pairs_supported": ",".join(row.currency_pairs_supported),
        "zone": row.zone,
        "status": row.status,
    }


def _instance(world: World, key: str) -> Row:
    row = world.instances[key]
    return {
        "instance_id": instance_id(key),
        "key": key,
        "broker_id": broker_id(row.broker),
        "driver": row.kind,
        "path": row.path,
        "cpu_limit_percent": row.cpu_limit_percent,
        "memory_limit_mb": row.memory_limit_mb,
        "settings": _json({"failures": row.failures} if row.failures else {}),
        "status": row.status,
    }


def _account(world: World, key: str) -> Row:
    row = world.accounts[key]
    made = account_id(key)
    return {
        "account_id": made,
        "key": key,
        "broker_id": broker_id(row.broker),
        "instance_id": instance_id(row.instance[0]),
        "partition": partition_of(made),
        "account_type": row.type,
        "currency": row.currency,
        "leverage": row.leverage,
        "balance": row.balance,
        "equity": row.balance,
        "status": row.status,
    }


def _account_config(world: World, key: str) -> Row:
    row = world.accounts[key]
    return {
        "account_id": account_id(key),
        "broker_id": broker_id(row.broker),
        "spread_type": row.spread_type or world.brokers[row.broker].spread_type,
        "commission": row.commission,
        "margin_requirement": row.margin_requirement,
        "leverage": row.leverage,
        "direction": row.direction,
        "max_open_trades": row.max_open_trades,
        "max_volume": row.max_volume,
        "max_signal_age_ms": round(row.max_signal_age_s * _MILLI),
        "status": row.status,
    }


def _strategy(world: World, key: str) -> Row:
    row = world.strategies[key]
    return {
        "id": strategy_id(key),
        "key": key,
        "name": row.name or key,
        "description": row.description,
        "type": row.type,
        "status": row.status,
        "tags": _json(row.tags),
        "units_per_contract": float(row.units_per_contract) if row.units_per_contract else None,
        "provider_balance": row.provider_balance,
        "provider_currency": row.provider_currency if row.provider_balance else None,
        "magic": strategy_magic(key),
    }


def _subscription(world: World, strategy: str, account: str) -> Row:
    row = world.subscriptions[strategy, account]
    return {
        "subscription_id": make_id("subscription", strategy, account),
        "account_id": account_id(account),
        "strategy_id": strategy_id(strategy),
        "direction": row.direction,
        "sizing": row.sizing,
        "fixed_volume": row.volume,
        "multiplier": row.multiplier,
        "risk_percent": row.risk_percent,
        "risk_override": row.risk_override,
        "max_risk_coefficient": row.max_risk_coefficient,
        "tiny_trade": row.tiny_trade,
        "max_open_trades": row.max_open_trades,
        "max_volume": row.max_volume,
        "copy_stop_loss": row.copy_stop_loss,
        "copy_take_profit": row.copy_take_profit,
        "status": row.status,
    }


def _instrument(row: Listed) -> Row:
    return {
        "instrument_id": make_id("instrument", row.broker, row.symbol),
        "broker_id": broker_id(row.broker),
        "symbol": row.symbol,
        "currency_base": row.base_currency,
        "currency_profit": row.profit_currency,
        "currency_margin": row.margin_currency,
        "digits": row.digits,
        "point": row.point,
        "pip_size": row.pip_size,
        "tick_size": row.tick_size,
        "contract_size": float(row.contract_size),
        "volume_min": row.volume_min,
        "volume_max": row.volume_max,
        "volume_step": row.volume_step,
        "volume_limit": row.volume_limit,
        "stops_level": row.stops_level,
        "freeze_level": row.freeze_level,
        "filling_mode": row.filling_mode,
        "trade_mode": row.trade_mode,
        "spread_points": row.spread_points,
        "max_quote_age_ms": round(row.max_quote_age_s * _MILLI),
    }


def _mapping(broker: str, account: str, symbol: str, to: str) -> Row:
    return {
        "mapping_id": make_id("symbol_map", broker, account, symbol),
        "broker_id": broker_id(broker) if broker else None,
        "account_id": account_id(account) if account else None,
        "symbol": symbol,
        "mapped_symbol": to,
    }


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, default=_plain)


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)
