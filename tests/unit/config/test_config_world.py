"""A world file: everything wrong is told, one line each; what is right becomes rows."""

import copy
import re
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from config import world
from config.errors import WorldError

BASE = """
[[brokers]]
key = "alpha"
[[brokers]]
key = "beta"
[[instruments]]
broker = "alpha"
symbols = ["EURUSD", "XAUUSD"]
[[instruments]]
broker = "beta"
symbols = ["EURUSD"]
suffix = ".m"
[[instances]]
key = "a1"
broker = "alpha"
[[instances]]
key = "b1"
broker = "beta"
[[accounts]]
key = "acc-{:02}"
count = 3
instance = "a1"
[[accounts]]
key = "other"
instance = "b1"
[[strategies]]
key = "london"
[[subscriptions]]
strategy = "london"
accounts = "acc-*"
"""


def base() -> dict[str, Any]:
    return tomllib.loads(BASE, parse_float=Decimal)


def problems(text: str) -> list[str]:
    """Read the base with more tables behind it."""
    with pytest.raises(WorldError) as caught:
        world.parse(tomllib.loads(BASE + text, parse_float=Decimal))
    assert all("\n" not in line for line in caught.value.problems)
    return list(caught.value.problems)


CASES = {
    "unknown table": ("[[broker]]\n", "broker: there is no such table; did you mean `brokers`?"),
    "dangling broker": (
        '[[instances]]\nkey = "x"\nbroker = "alfa"',
        'instances[2].broker: no broker has the key "alfa"; did you mean `alpha`?',
    ),
    "dangling instance": (
        '[[accounts]]\nkey = "x"\ninstance = "zzz"',
        'accounts[2].instance: no instance has the key "zzz"; known: a1, b1',
    ),
    "no match": (
        '[[subscriptions]]\nstrategy = "london"\naccounts = "zz-*"',
        'subscriptions[1].accounts: no account has a key like "zz-*"; known: acc-01, acc-02, acc-03, other',
    ),
    "dangling strategy": (
        '[[subscriptions]]\nstrategy = "paris"\naccounts = "other"',
        'subscriptions[1].strategy: no strategy has the key "paris"; known: london',
    ),
    "duplicate key": (
        '[[brokers]]\nkey = "beta"',
        'brokers[2].key: "beta" is the key of brokers[1] already',
    ),
    "duplicate account": (
        '[[accounts]]\nkey = "acc-02"\ninstance = "a1"',
        'accounts[2].key: "acc-02" is the key of accounts[0] already',
    ),
    "duplicate subscription": (
        '[[subscriptions]]\nstrategy = "london"\naccounts = ["other", "acc-02"]',
        "subscriptions[1].accounts: acc-02 subscribed to london already (subscriptions[0])",
    ),
    "duplicate instrument": (
        '[[instruments]]\nbroker = "alpha"\nsymbols = "EURUSD"',
        "instruments[2].symbols: alpha has EURUSD already (instruments[0])",
    ),
    "two suffixes": (
        '[[instruments]]\nbroker = "beta"\nsymbols = "EURUSD"\nsuffix = ".x"',
        "instruments[2].symbols: EURUSD of beta is both EURUSD.m and EURUSD.x; say in [[symbol_map]] which is meant",
    ),
    "empty key": (
        '[[brokers]]\nkey = ""',
        'brokers[2].key: expected 1 to 64 letters, digits and . _ : -, was ""',
    ),
    "missing": (
        '[[strategies]]\nname = "x"',
        "strategies[1].key: is missing; expected 1 to 64 characters without * and ?",
    ),
    "nothing is told twice": (
        '[[brokers]]\nkey = "gamma"\nzonne = 1\n[[instances]]\nkey = "g"\nbroker = "gamma"',
        "brokers[2].zonne: there is no such key; did you mean `zone`?",
    ),
    "unknown key": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nleverege = 3',
        "accounts[2].leverege: there is no such key; did you mean `leverage`?",
    ),
    "enum": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\ndirection = "up"',
        'accounts[2].direction: expected one of both, buy, sell, was "up"',
    ),
    "leverage": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nleverage = 0',
        "accounts[2].leverage: expected > 0 and <= 10_000, was 0",
    ),
    "not finite": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nbalance = inf',
        "accounts[2].balance: expected a number >= 0, was Infinity",
    ),
    "decimals": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nbalance = 0.123456789',
        "accounts[2].balance: expected a number with at most 8 decimals, was 0.123456789",
    ),
    "currency": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\ncurrency = "EURO"',
        "accounts[2].currency: there is no currency EURO; did you mean `EUR`?",
    ),
    "netting": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nmode = "netting"',
        "accounts[2].mode: netting comes with the MT5 adapter; only hedging works now",
    ),
    "other broker's instance": (
        '[[accounts]]\nkey = "x"\ninstance = "a1"\nbroker = "beta"',
        "accounts[2].instance: a1 is an instance of alpha, not of beta",
    ),
    "pattern without count": (
        '[[accounts]]\nkey = "x{}"\ninstance = "a1"',
        'accounts[2].key: expected letters, digits and . _ : -, was "x{}"; a pattern needs count',
    ),
    "count without pattern": (
        '[[accounts]]\nkey = "x"\ncount = 2\ninstance = "a1"',
        'accounts[2].key: expected one {} for the number, as "acc-{:03}", was "x"',
    ),
    "mt5 without path": (
        '[[instances]]\nkey = "x"\nbroker = "beta"\nkind = "mt5"',
        "instances[2].path: is missing; mt5 needs the terminal's path",
    ),
    "mt5 with two accounts": (
        (
            '[[instances]]\nkey = "x"\nbroker = "beta"\nkind = "mt5"\npath = "C:/t.exe"\n'
            '[[accounts]]\nkey = "m-{}"\ncount = 2\ninstance = "x"'
        ),
        "instances[2]: an mt5 terminal holds one account, and 2 accounts name x",
    ),
    "volumes": (
        '[[instruments]]\nbroker = "alpha"\nsymbols = "GBPUSD"\nvolume_min = 5\nvolume_max = 1.5',
        "instruments[2].volume_min: expected at most volume_max, 1.5, was 5 (GBPUSD)",
    ),
    "step": (
        '[[instruments]]\nbroker = "alpha"\nsymbols = "GBPUSD"\nvolume_step = 0',
        "instruments[2].volume_step: expected > 0 and <= 10_000_000, was 0",
    ),
    "unknown symbol": (
        '[[instruments]]\nbroker = "alpha"\nsymbols = "ACME"',
        "instruments[2].digits: is missing; ACME has no built-in specification (digits, contract_size, base_currency, profit_currency needed)",
    ),
    "long symbol": (
        f'[[instruments]]\nbroker = "alpha"\nsymbols = "{"A" * 30}"\nsuffix = ".abc"',
        f'instruments[2].symbols: "{"A" * 30}.abc" is no symbol of 1 to 32 bytes',
    ),
    "sizing by an unknown balance": (
        '[[subscriptions]]\nstrategy = "london"\naccounts = "other"\nsizing = "equity"',
        "subscriptions[1].sizing: equity needs a provider_balance, and london has none",
    ),
    "circle": (
        '[[symbol_map]]\nsymbols = { A = "B", B = "A" }',
        "symbol_map[0]: the names go in a circle: A -> B -> A",
    ),
    "circle through a level": (
        (
            '[[symbol_map]]\nsymbol = "GOLD"\nto = "XAUUSD"\n'
            '[[symbol_map]]\nbroker = "alpha"\nsymbol = "XAUUSD"\nto = "GOLD"'
        ),
        "symbol_map[0]: the names go in a circle: GOLD -> XAUUSD -> GOLD",
    ),
    "leads nowhere": (
        '[[symbol_map]]\nbroker = "alpha"\nsymbol = "GOLD"\nto = "XAUUSDD"',
        "symbol_map[0]: GOLD ends at XAUUSDD, and alpha has no symbol of that name; did you mean `XAUUSD`?",
    ),
    "leads nowhere anywhere": (
        '[[symbol_map]]\nsymbol = "OIL"\nto = "USOIL"',
        "symbol_map[0]: OIL ends at USOIL, and no broker has a symbol of that name",
    ),
    "mapped twice": (
        '[[symbol_map]]\nsymbol = "GOLD"\nto = "XAUUSD"\n[[symbol_map]]\nsymbol = "GOLD"\nto = "EURUSD"',
        "symbol_map[1]: GOLD is mapped already (symbol_map[0])",
    ),
    "half a line": (
        '[[symbol_map]]\nsymbol = "GOLD"',
        "symbol_map[0]: expected symbol and to, or symbols",
    ),
    "account of another broker": (
        '[[symbol_map]]\nbroker = "beta"\naccounts = "acc-01"\nsymbol = "GOLD"\nto = "XAUUSD"',
        "symbol_map[0].accounts: acc-01 is an account of alpha, not beta",
    ),
    "supported": (
        '[[brokers]]\nkey = "gamma"\ncurrency_pairs_supported = "EURUSD"',
        "brokers[2].currency_pairs_supported: gamma has no symbol EURUSD",
    ),
}


@pytest.mark.parametrize(("text", "line"), CASES.values(), ids=CASES)
def test_each_mistake_is_one_line(text: str, line: str) -> None:
    assert problems(text) == [line]


def test_all_mistakes_are_told_at_once() -> None:
    lines = problems("".join(f"{text}\n" for text, _ in list(CASES.values())[1:4]))
    assert len(lines) == 3


def test_a_table_must_be_a_list() -> None:
    with pytest.raises(WorldError) as caught:
        world.parse({"brokers": {"key": "a"}})
    assert caught.value.problems == (
        "brokers: expected [[brokers]], a list of tables, was a table",
    )


def test_groups_are_dealt_out_and_patterns_name_them() -> None:
    data = base()
    data["instances"].append({"key": "a2", "broker": "alpha"})
    data["accounts"][0]["instance"] = ["a*"]
    found = world.parse(data)
    assert [found.accounts[f"acc-0{n}"].instance[0] for n in (1, 2, 3)] == ["a1", "a2", "a1"]
    assert {found.accounts[key].broker for key in found.accounts} == {"alpha", "beta"}
    assert set(found.subscriptions) == {("london", f"acc-0{n}") for n in (1, 2, 3)}


def test_symbols_are_filled_from_what_is_known() -> None:
    found = world.parse(base()).instruments
    euro, gold = found["beta", "EURUSD.m"], found["alpha", "XAUUSD"]
    assert (euro.digits, euro.point, euro.pip_size) == (5, Decimal("0.00001"), Decimal("0.0001"))
    assert (euro.contract_size, euro.margin_currency) == (100_000, "EUR")
    assert (gold.digits, gold.point, gold.pip_size) == (2, Decimal("0.01"), Decimal("0.01"))


def test_a_suffix_maps_the_plain_name_unless_told_otherwise() -> None:
    data = base()
    assert world.parse(data).symbol_map == {("beta", "", "EURUSD"): "EURUSD.m"}
    data["instruments"].append({"broker": "beta", "symbols": ["EURUSD"], "suffix": ".pro"})
    data["symbol_map"] = [{"broker": "beta", "symbol": "EURUSD", "to": "EURUSD.pro"}]
    assert world.parse(data).symbol_map == {("beta", "", "EURUSD"): "EURUSD.pro"}


def test_the_order_of_tables_does_not_matter() -> None:
    data = base()
    turned = {name: list(reversed(copy.deepcopy(rows))) for name, rows in reversed(data.items())}
    left, right = world.parse(data), world.parse(turned)
    assert left == right


def test_it_says_what_it_has() -> None:
    assert re.match(r"2 brokers, 3 instruments, 2 instances, 4 accounts,", str(world.parse(base())))


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(WorldError, match="there is no such file"):
        world.read(tmp_path / "none.toml")


@pytest.mark.parametrize("text", ["", "# nothing yet\n", '[[brokers]]\nkey = "alpha"\n'])
def test_a_file_without_accounts_is_not_whole(tmp_path: Path, text: str) -> None:
    """It would remove everything, as a file does that was cut off while it was written."""
    file = tmp_path / "cut.toml"
    file.write_text(text)
    with pytest.raises(WorldError, match="there is no account in it; is the file whole"):
        world.read(file)
