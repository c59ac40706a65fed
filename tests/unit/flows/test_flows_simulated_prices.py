"""Prices that are made up for simulated terminals."""

from pathlib import Path
from typing import Any

from config import change, world
from flows import simulated_prices
from sources.prices import Feed

NOW = 1_700_000_000_000_000


def tables(symbols: list[str], **instance: Any) -> Any:
    listed = {"broker": "b", "symbols": symbols, "digits": 2, "contract_size": 1}
    return change.apply(
        world.parse(
            {
                "brokers": [{"key": "b", "name": "B", "server": "B-Demo"}],
                "instruments": [
                    {**listed, "base_currency": "USD", "profit_currency": "USD"},
                    {"broker": "b", "symbols": ["EURUSD"], "suffix": ".m"},
                ],
                "instances": [{"key": "i", "broker": "b", **instance}],
            }
        ),
        None,
        NOW,
    ).tables


def test_every_symbol_of_a_simulated_terminal_has_prices(tmp_path: Path) -> None:
    simulated_prices.ensure(tmp_path, tables(["WIDGET"]))
    feed = Feed(tmp_path)
    assert feed.symbols == ["EURUSD.m", "WIDGET"]
    euro, widget = feed.at(feed.anchor + 1_000_000)
    assert 1.0 < euro["bid"] < euro["ask"] < 1.2
    assert 90 < widget["bid"] < widget["ask"] < 110


def test_a_new_symbol_is_added_and_the_old_prices_go_on(tmp_path: Path) -> None:
    simulated_prices.ensure(tmp_path, tables(["WIDGET"]))
    before = Feed(tmp_path)
    simulated_prices.ensure(tmp_path, tables(["WIDGET", "GADGET"]))
    after = Feed(tmp_path)
    assert after.symbols == ["EURUSD.m", "GADGET", "WIDGET"]
    at = before.anchor + 60_000_000
    assert after.at(at)[0] == before.at(at)[0]


def test_a_real_terminal_needs_no_prices(tmp_path: Path) -> None:
    simulated_prices.ensure(tmp_path / "prices", tables(["WIDGET"], kind="mt5", path="C:/t.exe"))
    assert not (tmp_path / "prices").exists()
