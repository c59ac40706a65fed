"""What is commonly true of well-known symbols, so that a file need only name them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from schema.currencies import CODES

# What accounts are held in and pairs are made of: two coins count as dollars do.
CURRENCIES = frozenset((*CODES, "USDC", "USDT"))
_THREE_DIGITS = frozenset({"JPY", "HUF", "KRW", "CLP", "IDR", "VND"})


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Specification of a symbol, named as the keys of `[[instruments]]`."""

    digits: int
    contract_size: Decimal
    base_currency: str
    profit_currency: str
    margin_currency: str
    volume_min: Decimal = Decimal("0.01")
    volume_max: Decimal = Decimal(100)
    volume_step: Decimal = Decimal("0.01")


def _metal(base: str, digits: int, size: int) -> Preset:
    return Preset(
        digits=digits,
        contract_size=Decimal(size),
        base_currency=base,
        profit_currency="USD",
        margin_currency="USD",
        volume_max=Decimal(50),
    )


def _index(currency: str, digits: int = 1, size: int = 1) -> Preset:
    return Preset(
        digits=digits,
        contract_size=Decimal(size),
        base_currency=currency,
        profit_currency=currency,
        margin_currency=currency,
        volume_min=Decimal("0.1"),
        volume_step=Decimal("0.1"),
    )


def _coin(base: str, digits: int) -> Preset:
    return Preset(
        digits=digits,
        contract_size=Decimal(1),
        base_currency=base,
        profit_currency="USD",
        margin_currency="USD",
    )


PRESETS: dict[str, Preset] = {
    "XAUUSD": _metal("XAU", 2, 100),
    "XAGUSD": _metal("XAG", 3, 5000),
    "XPTUSD": _metal("XPT", 2, 100),
    "XPDUSD": _metal("XPD", 2, 100),
    "USOIL": _metal("USD", 2, 1000),
    "UKOIL": _metal("USD", 2, 1000),
    "NATGAS": _metal("USD", 3, 10_000),
    "US30": _index("USD"),
    "US500": _index("USD"),
    "US100": _index("USD"),
    "US2000": _index("USD"),
    "GER40": _index("EUR"),
    "FRA40": _index("EUR"),
    "EU50": _index("EUR"),
    "UK100": _index("GBP"),
    "JP225": _index("JPY", 0, 100),
    "AUS200": _index("AUD"),
    "HK50": _index("HKD"),
    "BTCUSD": _coin("BTC", 2),
    "ETHUSD": _coin("ETH", 2),
    "LTCUSD": _coin("LTC", 2),
}


def preset(symbol: str) -> Preset | None:
    """Return what is commonly true of a symbol without prefix and suffix; None if unknown.

    Two currency codes in a row are a currency pair: 100,000 units, 5 digits, 3 for yen and
    the like.
    """
    known = PRESETS.get(symbol)
    if known is not None:
        return known
    base, profit = symbol[:3], symbol[3:]
    if base == profit or base not in CURRENCIES or profit not in CURRENCIES:
        return None
    return Preset(
        digits=3 if profit in _THREE_DIGITS else 5,
        contract_size=Decimal(100_000),
        base_currency=base,
        profit_currency=profit,
        margin_currency=base,
    )
