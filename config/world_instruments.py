"""Completing the specification of a symbol: what the file says, else what is commonly true."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from config.presets import Preset, preset
from config.world import Listed

if TYPE_CHECKING:
    from config.broker_tables import Instruments
    from config.check import Problems

_NEEDED = ("digits", "contract_size", "base_currency", "profit_currency")
_FILLING = {"fok": 1, "ioc": 2}  # MT5's bits
_LONGEST = 32


def listed(
    broker: str, name: str, row: Instruments, place: str, problems: Problems
) -> Listed | None:
    """Return one symbol of a group, complete; None when something is wrong with it."""
    symbol = f"{row.prefix}{name}{row.suffix}"
    if not name or not 0 < len(symbol.encode()) <= _LONGEST:
        problems.add(f"{place}.symbols", f'"{symbol}" is no symbol of 1 to {_LONGEST} bytes')
        return None
    known = preset(name)
    values: dict[str, Any] = {
        key: _choose(row, known, key)
        for key in (*_NEEDED, "margin_currency", "volume_min", "volume_max", "volume_step")
    }
    missing = [key for key in _NEEDED if values[key] in (None, "")]
    if missing:
        problems.add(
            f"{place}.{missing[0]}",
            f"is missing; {name} has no built-in specification ({', '.join(missing)} needed)",
        )
        return None
    values["margin_currency"] = values["margin_currency"] or values["base_currency"]
    for key, usual in (("volume_min", "0.01"), ("volume_max", "100"), ("volume_step", "0.01")):
        if values[key] is None:
            values[key] = Decimal(usual)
    if values["volume_min"] > values["volume_max"]:
        problems.add(
            f"{place}.volume_min",
            f"expected at most volume_max, {values['volume_max']}, was {values['volume_min']}"
            f" ({name})",
        )
        return None
    point = Decimal(1).scaleb(-values["digits"])
    pip = point * 10 if values["digits"] in (3, 5) else point
    return Listed(
        broker=broker,
        symbol=symbol,
        point=point,
        tick_size=row.tick_size or point,
        pip_size=row.pip_size or pip,
        volume_limit=row.volume_limit,
        stops_level=row.stops_level,
        freeze_level=row.freeze_level,
        filling_mode=sum(_FILLING[mode] for mode in set(row.filling_modes)),
        trade_mode=row.trade_mode,
        spread_points=row.spread_points,
        max_quote_age_s=row.max_quote_age_s,
        **values,
    )


def _choose(row: Instruments, known: Preset | None, key: str) -> Any:
    told = getattr(row, key)
    return told if told not in (None, "") else getattr(known, key, None)
