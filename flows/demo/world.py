"""The made-up world of the demo: brokers, terminals, accounts, strategies, subscriptions.

It is written as the file that a user would write, and applied as one.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from config.world import World

SYMBOLS = ("EURUSD", "GBPUSD", "USDJPY", "AUDUSD", "USDCHF", "EURJPY", "XAUUSD")
# For the currencies of the accounts that no symbol above converts.
RATES = ("EURGBP", "USDCAD")
BIG, SMALL, RETIRED = "london", ("asia", "scalper"), "retired"
SMALL_SHARE = 0.06
_TERMINALS = 3  # of each broker
_CURRENCIES = ("USD", "USD", "EUR", "GBP")

_HEAD = """\
# Made by `tradecast demo`: {accounts} accounts at two brokers that name symbols differently.

[[brokers]]
key = "alpha"
name = "Alpha Markets"
server = "AlphaMarkets-Demo"
commission_per_lot = 3.5

[[brokers]]
key = "beta"
name = "Beta FX"
server = "BetaFX-Live"
zone = "Europe/Athens"

[[instruments]]
broker = "alpha"
symbols = {alpha}

[[instruments]]
broker = "beta"
symbols = {beta}
suffix = ".r"

[[symbol_map]]
symbol = "GOLD"
to = "XAUUSD"

[[strategies]]
key = "{big}"
name = "London open"
units_per_contract = 1
provider_balance = 50_000

[[strategies]]
key = "asia"
name = "Asia range"
units_per_contract = 1
provider_balance = 25_000
provider_currency = "EUR"

[[strategies]]
key = "scalper"
units_per_contract = 1
provider_balance = 10_000

# For alerts that come too late: nobody trades it any more.
[[strategies]]
key = "{retired}"
status = "archived"
"""

# What the broker does wrong now and then, by terminal.
_FAILURES = {
    "alpha-1": '[{ kind = "refuse", retcode = 10004, after = 50, times = 3 }]',
    "beta-1": '[{ kind = "refuse", retcode = 10018, after = 200, times = 5 },'
    ' { kind = "partial", leg = "open", after = 20, times = 5 }]',
}

_SIZINGS = (
    'sizing = "fixed"\nvolume = 0.05',
    'sizing = "scaled"\nmultiplier = 0.5',
    'sizing = "balance"\nmultiplier = 1.0',
    'sizing = "equity"\nmultiplier = 0.8\nmax_volume = 2',
    'sizing = "risk"\nrisk_percent = 0.5\ntiny_trade = "force"',
    'sizing = "risk"\nrisk_percent = 0.25\nrisk_override = true',
    'sizing = "fixed"\nvolume = 0.1\nmax_open_trades = 3',
    'sizing = "scaled"\nmultiplier = 0.1\ncopy_take_profit = false',
)


@dataclass(frozen=True)
class _Account:
    key: str
    lines: str


def builtin(accounts: int, seed: int) -> str:
    """Return the built-in world as TOML.

    Args:
        accounts: how many, spread over six terminals; all subscribe to `BIG`, and
            `SMALL_SHARE` of them to each of `SMALL`. The first has no limits of its own.
        seed: of who subscribes to what, and how.
    """
    rng = random.Random(seed)  # noqa: S311 - a demo, not a secret
    made = [_account(rng, number) for number in range(1, accounts + 1)]
    listed = json.dumps([*SYMBOLS, *RATES])
    parts = [_HEAD.format(accounts=accounts, alpha=listed, beta=listed, big=BIG, retired=RETIRED)]
    for broker in ("alpha", "beta"):
        for number in range(1, _TERMINALS + 1):
            key = f"{broker}-{number}"
            script = f"\nfailures = {_FAILURES[key]}" if key in _FAILURES else ""
            parts.append(f'[[instances]]\nkey = "{key}"\nbroker = "{broker}"{script}\n')
    parts += [account.lines for account in made]
    keys = [account.key for account in made]
    parts += _subscriptions(BIG, keys)
    few = max(len(_SIZINGS), round(accounts * SMALL_SHARE))
    for strategy in SMALL:
        # The first account is in every strategy, with a fixed volume: it trades what can be traded.
        others = rng.sample(keys[1:], min(few, accounts) - 1)
        parts += _subscriptions(strategy, [keys[0], *sorted(others)])
    return "\n".join(parts)


def first_accounts(world: World, number: int) -> World:
    """Return a world with only the first accounts of another, as many as it has at the most."""
    accounts = dict(islice(world.accounts.items(), number))
    return replace(
        world,
        accounts=accounts,
        subscriptions={k: v for k, v in world.subscriptions.items() if k[1] in accounts},
        symbol_map={k: v for k, v in world.symbol_map.items() if not k[1] or k[1] in accounts},
    )


def _account(rng: random.Random, number: int) -> _Account:
    key = f"acc-{number:04}"
    terminal = number % (2 * _TERMINALS)
    broker = "alpha" if terminal < _TERMINALS else "beta"
    lines = [
        "[[accounts]]",
        f'key = "{key}"',
        f'instance = ["{broker}-{terminal % _TERMINALS + 1}"]',
        f'currency = "{rng.choice(_CURRENCIES)}"',
        f"balance = {rng.choice((10_000, 25_000, 50_000, 100_000, 200_000))}",
        f"leverage = {rng.choice((100, 200, 500))}",
    ]
    if number == 1:
        return _Account(key, "\n".join(lines) + "\n")
    if rng.random() < 0.1:
        lines.append(f'direction = "{rng.choice(("buy", "sell"))}"')
    if rng.random() < 0.15:
        lines.append(f"max_open_trades = {rng.choice((2, 5, 10))}")
    if rng.random() < 0.02:
        lines.append('status = "inactive"')
    return _Account(key, "\n".join(lines) + "\n")


def _subscriptions(strategy: str, keys: list[str]) -> list[str]:
    """One entry for each way of sizing, the accounts dealt out to them in turn."""
    return [
        f'[[subscriptions]]\nstrategy = ["{strategy}"]\n'
        f"accounts = {json.dumps(keys[at :: len(_SIZINGS)])}\n{sizing}\n"
        for at, sizing in enumerate(_SIZINGS)
        if keys[at :: len(_SIZINGS)]
    ]
