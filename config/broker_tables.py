"""Keys of brokers, their instruments and terminals in a file of the trading configuration."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Any

import msgspec

from config.fields import Section, rule
from config.world_forms import CURRENCY, CURRENCY_FORM, KEY, KEY_FORM, MOST_LOTS, STATUS
from schema.enums import (
    SpreadType,
    Status,
    TradeMode,
)


class Broker(Section, frozen=True):
    """A broker: its server, its prices, what it charges."""

    key: Annotated[str, rule("Name of the broker in this file.", pattern=KEY, form=KEY_FORM)]
    name: Annotated[str, rule("Name on screen; the key if empty.", length=100)] = ""
    server: Annotated[str, rule("The broker's trade server.", length=255)] = ""
    commission_per_lot: Annotated[
        Decimal,
        rule(
            "Commission for each deal of one lot, in the account's currency.", least=0, most=10**6
        ),
    ] = Decimal(0)
    spread_type: Annotated[str, rule("Whether the spread moves.", words=SpreadType.words())] = (
        SpreadType.VARIABLE.word
    )
    margin_requirement: Annotated[
        float,
        rule("Share of the contract value held as margin; 0: by leverage.", least=0, most=1000),
    ] = 0.0
    currency_pairs_supported: Annotated[
        list[str],
        rule("Symbols that may be traded, as the broker names them. Empty: all.", length=32),
    ] = msgspec.field(default_factory=list)
    zone: Annotated[str, rule("IANA time zone of the server's clock.", length=64)] = "UTC"
    status: Annotated[
        str, rule("No account of an inactive broker takes a signal.", words=STATUS)
    ] = Status.ACTIVE.word


class Instruments(Section, frozen=True):
    """Symbols of a broker and their specification.

    The built-in specification fills what is not said here: for the symbols listed below, and for
    every pair of two currency codes. With a prefix or suffix, the plain name is mapped to the
    broker's name, unless `[[symbol_map]]` maps it otherwise for that broker.
    """

    broker: Annotated[str, rule("Key of the broker; `*` and `?` allowed.")]
    symbols: Annotated[list[str], rule("Names without prefix and suffix.", length=32)]
    prefix: Annotated[str, rule("Put before each name at this broker.", length=16)] = ""
    suffix: Annotated[str, rule("Put behind each name at this broker.", length=16)] = ""
    digits: Annotated[int | None, rule("Decimals of a price.", least=0, most=8)] = None
    contract_size: Annotated[Decimal | None, rule("Units in one lot.", above=0, most=10**9)] = None
    volume_min: Annotated[Decimal | None, rule("Least lots.", above=0, most=MOST_LOTS)] = None
    volume_max: Annotated[
        Decimal | None, rule("Most lots of one order.", above=0, most=MOST_LOTS)
    ] = None
    volume_step: Annotated[
        Decimal | None, rule("Lots go up in these steps.", above=0, most=MOST_LOTS)
    ] = None
    volume_limit: Annotated[
        Decimal,
        rule("Most lots of an account in one direction; 0: no limit.", least=0, most=MOST_LOTS),
    ] = Decimal(0)
    tick_size: Annotated[
        Decimal | None, rule("Smallest move of the price; one point if not given.", above=0)
    ] = None
    pip_size: Annotated[
        Decimal | None,
        rule("A pip; if not given, 10 points at 3 or 5 digits, else one point.", above=0),
    ] = None
    stops_level: Annotated[
        int, rule("Least distance of stops from the price, in points.", least=0, most=10**6)
    ] = 0
    freeze_level: Annotated[
        int,
        rule("Orders closer to the price cannot be changed, in points.", least=0, most=10**6),
    ] = 0
    trade_mode: Annotated[
        str,
        rule(
            "What the broker lets be done.",
            words=TradeMode.words(),
        ),
    ] = "full"
    filling_modes: Annotated[
        list[str], rule("How orders may be filled, besides in part.", words=("fok", "ioc"))
    ] = msgspec.field(default_factory=lambda: ["fok", "ioc"])
    spread_points: Annotated[float, rule("Usual spread, in points.", least=0, most=10**6)] = 0.0
    max_quote_age_s: Annotated[
        float, rule("A price older than this is not decided by.", above=0, most=86_400)
    ] = 15.0
    base_currency: Annotated[
        str, rule("What a lot consists of.", pattern=CURRENCY, form=CURRENCY_FORM)
    ] = ""
    profit_currency: Annotated[
        str, rule("What prices and profits are in.", pattern=CURRENCY, form=CURRENCY_FORM)
    ] = ""
    margin_currency: Annotated[
        str,
        rule("What margin is computed in; the base.", pattern=CURRENCY, form=CURRENCY_FORM),
    ] = ""


class Instance(Section, frozen=True):
    """A MetaTrader 5 terminal, or a simulated one; one `execute` process drives it."""

    key: Annotated[str, rule("Name of the instance in this file.", pattern=KEY, form=KEY_FORM)]
    broker: Annotated[str, rule("Key of the broker it is connected to.")]
    kind: Annotated[
        str,
        rule(
            "`mt5`: a terminal on Windows, with one account. `simulated`: any number of accounts.",
            words=("simulated", "mt5"),
        ),
    ] = "simulated"
    path: Annotated[str, rule("Path of terminal64.exe, for `mt5`.", length=255)] = ""
    status: Annotated[str, rule("No order is sent to an inactive instance.", words=STATUS)] = (
        "active"
    )
    cpu_limit_percent: Annotated[
        float | None, rule("CPU that it may use, in percent of one core.", above=0, most=10_000)
    ] = None
    memory_limit_mb: Annotated[
        float | None, rule("Memory that it may use, in MiB.", above=0, most=10**7)
    ] = None
    failures: Annotated[
        list[dict[str, Any]],
        rule("What the simulated terminal does wrong, in order."),
    ] = msgspec.field(default_factory=list)
