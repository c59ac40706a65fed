"""Keys of accounts, strategies and what binds them in a file of the trading configuration."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

import msgspec

from config.fields import Section, rule
from config.world_forms import CURRENCY, CURRENCY_FORM, KEY_FORM, MOST_LOTS, STATUS
from schema.enums import (
    AccountType,
    Direction,
    SizingMode,
    SpreadType,
    StrategyStatus,
    StrategyType,
    TinyTrade,
)

_TEMPLATE = r"[A-Za-z0-9{][A-Za-z0-9._:{}-]{0,79}"
_STRATEGY_KEY = r"[^\s*?\x00-\x1f](?:[^*?\x00-\x1f]{0,62}[^\s*?\x00-\x1f])?"


class Account(Section, frozen=True):
    """A trading account, or many alike: `count` of them, with `key` as their pattern."""

    key: Annotated[
        str,
        rule(
            "Name of the account in this file; with `count` a pattern with a number from 1 in it,"
            " as `acc-{:03}`.",
            pattern=_TEMPLATE,
            form=KEY_FORM,
        ),
    ]
    instance: Annotated[
        list[str],
        rule(
            "Key of its terminal. Several, or `*` and `?`: the new accounts of the group are dealt"
            " out to them evenly, and the others stay where they are."
        ),
    ]
    count: Annotated[int | None, rule("Number of accounts to make.", least=1, most=100_000)] = None
    broker: Annotated[str, rule("Key of the broker; that of the instance if not given.")] = ""
    currency: Annotated[str, rule("What it is held in.", pattern=CURRENCY, form=CURRENCY_FORM)] = (
        "USD"
    )
    leverage: Annotated[float, rule("As 100 for 1:100.", above=0, most=10_000)] = 100.0
    type: Annotated[str, rule("Whether its money is real.", words=AccountType.words())] = (
        AccountType.DEMO.word
    )
    mode: Annotated[
        str,
        rule(
            "How positions of one symbol add up; only `hedging` is supported now.",
            words=("hedging", "netting"),
        ),
    ] = "hedging"
    balance: Annotated[Decimal, rule("Balance that a simulated account starts with.", least=0)] = (
        Decimal(10_000)
    )
    status: Annotated[str, rule("An inactive account takes no signal.", words=STATUS)] = "active"
    direction: Annotated[str, rule("Openings that it takes.", words=Direction.words())] = (
        Direction.BOTH.word
    )
    max_open_trades: Annotated[
        int,
        rule("Most trades open at once, pending ones too; 0: no limit.", least=0, most=100_000),
    ] = 0
    max_volume: Annotated[
        Decimal, rule("Most lots of one order; 0: no limit of its own.", least=0, most=MOST_LOTS)
    ] = Decimal(0)
    max_signal_age_s: Annotated[
        float, rule("An opening signal older than this is not taken.", above=0, most=604_800)
    ] = 60.0
    commission: Annotated[
        Decimal | None,
        rule("Commission of a deal of one lot; the broker's if not given.", least=0, most=10**6),
    ] = None
    spread_type: Annotated[str, rule("The broker's if empty.", words=["", *SpreadType.words()])] = (
        ""
    )
    margin_requirement: Annotated[
        float | None, rule("The broker's if not given.", least=0, most=1000)
    ] = None


class Strategy(Section, frozen=True):
    """A strategy: what signals name, and accounts subscribe to."""

    key: Annotated[
        str,
        rule(
            "What a signal's `strategy` says.",
            pattern=_STRATEGY_KEY,
            form="1 to 64 characters without * and ?",
        ),
    ]
    name: Annotated[str, rule("Name on screen; the key if empty.", length=255)] = ""
    description: Annotated[str, rule("For people.", length=4000)] = ""
    type: Annotated[str, rule("Where it comes from.", words=StrategyType.words())] = "manual"
    status: Annotated[
        str,
        rule(
            "Signals of a strategy that is not active are rejected.",
            words=StrategyStatus.words(),
        ),
    ] = "active"
    tags: Annotated[list[str], rule("For people.", length=64)] = msgspec.field(default_factory=list)
    provider_balance: Annotated[
        Decimal | None,
        rule("Balance that the provider trades with, for `balance` and `equity` sizing.", above=0),
    ] = None
    provider_currency: Annotated[
        str, rule("What that is held in.", pattern=CURRENCY, form=CURRENCY_FORM)
    ] = "USD"
    units_per_contract: Annotated[
        Decimal | None,
        rule("Units in one contract of the provider, as 1 for shares or 100000.", above=0),
    ] = None


class Subscription(Section, frozen=True):
    """Accounts that trade a strategy, and how large."""

    strategy: Annotated[list[str], rule("Key of the strategy; several, or `*` and `?`, allowed.")]
    accounts: Annotated[list[str], rule("Keys of accounts; `*` and `?` allowed.")]
    sizing: Annotated[
        str,
        rule(
            "`fixed`: `volume` lots. `scaled`: the provider's volume times `multiplier`."
            " `balance`, `equity`: that, times the account's balance or equity by the provider's."
            " `risk`: what loses `risk_percent` of the balance at the stop loss.",
            words=SizingMode.words(),
        ),
    ] = SizingMode.FIXED.word
    volume: Annotated[Decimal, rule("Lots, for `fixed`.", above=0, most=MOST_LOTS)] = Decimal(
        "0.01"
    )
    multiplier: Annotated[
        float, rule("For `scaled`, `balance` and `equity`.", above=0, most=10**6)
    ] = 1.0
    risk_percent: Annotated[
        float, rule("Risk of one trade in percent of the balance, for `risk`.", above=0, most=100)
    ] = 1.0
    risk_override: Annotated[
        bool, rule("Whether a signal's own `risk_percent` counts instead.")
    ] = False
    max_risk_coefficient: Annotated[
        float,
        rule(
            "A volume that is raised to the minimum may risk this many times what it should.",
            least=1,
            most=1000,
        ),
    ] = 5.0
    tiny_trade: Annotated[
        str,
        rule(
            "What becomes of a volume more than half a step below the broker's minimum; a nearer"
            " one is raised to it.",
            words=TinyTrade.words(),
        ),
    ] = TinyTrade.SKIP.word
    direction: Annotated[str, rule("Openings that are copied.", words=Direction.words())] = (
        Direction.BOTH.word
    )
    max_open_trades: Annotated[
        int,
        rule("Most trades of the strategy at once; 0: no limit.", least=0, most=10**5),
    ] = 0
    max_volume: Annotated[
        Decimal, rule("Most lots of one order; 0: no limit.", least=0, most=MOST_LOTS)
    ] = Decimal(0)
    copy_stop_loss: Annotated[bool, rule("Whether orders carry the signal's stop loss.")] = True
    copy_take_profit: Annotated[bool, rule("Whether they carry its take profit.")] = True
    status: Annotated[str, rule("An inactive subscription takes no signal.", words=STATUS)] = (
        "active"
    )


class SymbolMap(Section, frozen=True):
    """Names of symbols: what a provider calls them, and what a broker does.

    Names are followed from line to line, the account's before the broker's before everyone's,
    until none is left; what is found last must be a symbol of the broker. A name that is mapped to
    itself ends the way.
    """

    symbol: Annotated[str, rule("The name that is replaced.", length=32)] = ""
    to: Annotated[str, rule("The name that replaces it.", length=32)] = ""
    symbols: Annotated[
        dict[str, str],
        rule('Many at once: `{ GOLD = "XAUUSD" }`, instead of `symbol` and `to`.', length=32),
    ] = msgspec.field(default_factory=dict)
    broker: Annotated[str, rule("Key of the broker it holds for; all if not given.")] = ""
    accounts: Annotated[
        list[str], rule("Keys of the accounts it holds for; `*` and `?` allowed.")
    ] = msgspec.field(default_factory=list)
