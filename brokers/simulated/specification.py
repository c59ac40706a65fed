"""What a simulated terminal is told: its accounts and the instruments of its broker."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, Self

from schema.enums import TradeMode
from schema.wire import UNITS

_LOTS = frozenset({"volume_min", "volume_max", "volume_step", "volume_limit"})


def units(value: Decimal | float | str) -> int:
    """Return a decimal number as a count of 1e-8; a float counts as its shortest spelling."""
    return int((Decimal(str(value)) * UNITS).to_integral_value())


@dataclass(frozen=True, kw_only=True, slots=True)
class Instrument:
    """One symbol as the broker offers it. Lots are counts of 1e-8.

    Profit is (close - open) * contract_size * lots in `currency_profit`. Margin is
    lots * contract_size / leverage in `currency_margin`; where that is the profit currency
    (an index, say) it is lots * contract_size * price / leverage.
    """

    symbol: str  # the broker's name, up to 32 bytes
    feed: str = ""  # the price feed's name; the same as `symbol` if empty
    digits: int
    point: float = 0.0  # 0: 10 ** -digits
    tick_size: float = 0.0  # 0: one point
    contract_size: float
    currency_profit: str
    currency_margin: str
    volume_min: int = UNITS // 100
    volume_max: int = 100 * UNITS
    volume_step: int = UNITS // 100
    volume_limit: int = 0  # per direction and account; 0: none
    stops_level: int = 0  # points
    trade_mode: int = TradeMode.FULL

    def __post_init__(self) -> None:
        if self.volume_step <= 0 or self.volume_min <= 0 or self.contract_size <= 0:
            raise ValueError(f"{self.symbol}: lots and contract size must be above 0")
        defaults = {"feed": self.symbol, "point": 10.0**-self.digits}
        for name, value in defaults.items():
            object.__setattr__(self, name, getattr(self, name) or value)
        object.__setattr__(self, "tick_size", self.tick_size or self.point)

    @classmethod
    def of(cls, row: Mapping[str, Any], *, feed: str = "") -> Self:
        """Return the instrument of a row of `instruments`, whose lots are decimals.

        Columns that do not matter here are passed over; what is missing or null keeps its
        default.
        """
        known = {f.name for f in fields(cls)} & row.keys()
        values = {name: row[name] for name in known if row[name] is not None}
        for name in _LOTS & values.keys():
            values[name] = units(values[name])
        for name in {"contract_size", "point", "tick_size"} & values.keys():
            values[name] = float(values[name])
        if isinstance(mode := values.get("trade_mode"), str):
            values["trade_mode"] = TradeMode[mode.upper()]
        return cls(**{"feed": feed, **values})

    def row(self) -> dict[str, object]:
        """Return the specification, named as the columns of `instruments`; lots as counts."""
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name != "feed"}


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedAccount:
    """One hedging account, as it is opened. Money is a count of 1e-8 of `currency`."""

    account_id: bytes
    currency: str
    balance: int  # the initial deposit
    leverage: float
    commission_per_lot: int = 0  # charged per lot on each deal, so twice for a round turn
    limit_orders: int = 0  # pending orders at most; 0: no limit

    def __post_init__(self) -> None:
        if len(self.account_id) != 16:
            raise ValueError(f"an account id has 16 bytes, not {len(self.account_id)}")
        if not self.leverage > 0:
            raise ValueError(f"leverage must be above 0, not {self.leverage}")
