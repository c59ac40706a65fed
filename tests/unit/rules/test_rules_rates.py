"""Conversion rates: the shortest way, both directions, no older than what they rest on."""

from typing import Any

import numpy as np
import pytest

from config import change, world
from rules.book import Book, Market
from rules.compile import compile_book
from rules.rates import TIMELESS, RatePaths, carry_over, empty_market, update_market
from schema.wire import QUOTE, Records

DATA: dict[str, Any] = {
    "brokers": [{"key": "a"}, {"key": "b"}],
    "instruments": [
        {
            "broker": "a",
            "symbols": ["EURUSD", "USDJPY", "EURJPY", "GBPUSD", "EURNOK"],
            "suffix": ".m",
        },
        {"broker": "a", "symbols": ["US30"]},
        {"broker": "b", "symbols": ["EURUSD"]},
    ],
}


def made(data: dict[str, Any] = DATA) -> tuple[Book, RatePaths]:
    tables = change.apply(world.parse(data), None, 1).tables
    book = compile_book(tables, 1, max_balance_age_us=1, max_quote_age_us=1)
    return book, RatePaths.of(book, tables["instruments"])


def quotes(*rows: tuple[str, float, float, int]) -> Records:
    return np.array([(s.encode(), *rest) for s, *rest in rows], dtype=QUOTE)


def broker_of(book: Book, symbol: str) -> int:
    return int(book.instruments.broker[book.instruments.symbol == symbol.encode()][0])


def rate(book: Book, market: Market, broker: int, pair: str) -> tuple[float, int]:
    place = broker, book.currencies[pair[:3]], book.currencies[pair[3:]]
    return float(market.rate[place]), int(market.rate_at[place])


FEED = quotes(
    ("EURUSD.m", 1.0999, 1.1001, 50),
    ("USDJPY.m", 150.0, 150.0, 40),
    ("EURJPY.m", 164.0, 164.0, 30),
    ("GBPUSD.m", 1.25, 1.25, 20),
    ("EURNOK.m", 11.0, 11.0, 10),
    ("NOTHING", 1.0, 1.0, 60),
)


@pytest.mark.parametrize(
    ("pair", "value", "at"),
    [
        ("EURUSD", 1.1, 50),
        ("USDEUR", 1 / 1.1, 50),
        ("EURJPY", 164.0, 30),  # direct, although two legs would be fresher
        ("GBPJPY", 1.25 * 150, 20),  # through USD
        ("JPYGBP", 1 / 1.25 / 150, 20),
        ("NOKJPY", 164 / 11, 10),  # through EUR
        ("NOKUSD", 1.1 / 11, 10),
        ("JPYJPY", 1.0, TIMELESS),
    ],
)
def test_ways(pair: str, value: float, at: int) -> None:
    book, paths = made()
    broker = broker_of(book, "EURUSD.m")
    market = update_market(book, paths, None, broker, FEED)
    assert rate(book, market, broker, pair) == (pytest.approx(value), at)


def test_a_rate_without_a_way_or_without_a_price_is_unknown() -> None:
    book, paths = made()
    a, b = broker_of(book, "EURUSD.m"), broker_of(book, "EURUSD")
    market = update_market(book, paths, None, a, FEED[:1])
    value, at = rate(book, market, a, "EURJPY")
    assert np.isnan(value)
    assert at == 0
    assert np.isnan(rate(book, update_market(book, paths, None, a, FEED), a, "NOKGBP")[0])
    assert np.isnan(rate(book, market, b, "EURUSD")[0])  # another broker's prices


def test_an_index_gives_no_rate() -> None:
    data = {
        "brokers": [{"key": "a"}],
        "instruments": [
            {
                "broker": "a",
                "symbols": ["ACME"],
                "digits": 2,
                "contract_size": 1,
                "base_currency": "EUR",
                "profit_currency": "USD",
            }
        ],
    }
    book, paths = made(data)
    market = update_market(book, paths, None, 0, quotes(("ACME", 5.0, 5.0, 1)))
    assert market.bid.tolist() == [5.0]
    assert np.isnan(rate(book, market, 0, "EURUSD")[0])


def test_bad_and_old_quotes_are_passed_over() -> None:
    book, paths = made()
    broker = broker_of(book, "EURUSD.m")
    row = book.instrument_index[broker, b"EURUSD.m"]
    market = update_market(book, paths, None, broker, FEED)
    for bad in (
        (np.nan, 1.0, 99),
        (0.0, 1.0, 99),
        (1.2, 1.1, 99),
        (1.0, np.inf, 99),
        (9.0, 9.0, 49),
    ):
        again = update_market(book, paths, market, broker, quotes(("EURUSD.m", *bad)))
        assert (again.bid[row], again.ask[row], again.quoted_at[row]) == (1.0999, 1.1001, 50)
    newer = update_market(book, paths, market, broker, quotes(("EURUSD.m", 1.2, 1.2, 51)))
    assert (newer.bid[row], newer.quoted_at[row]) == (1.2, 51)
    assert rate(book, newer, broker, "USDEUR") == (pytest.approx(1 / 1.2), 51)
    assert market.bid[row] == 1.0999  # the market before is left as it was


def test_prices_outlive_a_change_of_the_configuration() -> None:
    book, paths = made()
    broker = broker_of(book, "EURUSD.m")
    market = update_market(book, paths, None, broker, FEED)
    more = {**DATA, "brokers": [*DATA["brokers"], {"key": "0"}]}
    more["instruments"] = [*DATA["instruments"], {"broker": "0", "symbols": ["AUDUSD"]}]
    new, ways = made(more)
    after = carry_over(book, market, new, ways)
    there = broker_of(new, "EURUSD.m")
    assert rate(new, after, there, "GBPJPY") == rate(book, market, broker, "GBPJPY")
    assert after.quoted_at[new.instrument_index[there, b"US30"]] == 0
    assert np.isnan(after.bid[new.instrument_index[broker_of(new, "AUDUSD"), b"AUDUSD"]])


def test_an_empty_book_has_an_empty_market() -> None:
    book, paths = made({"brokers": [{"key": "a"}]})
    market = update_market(book, paths, None, 0, FEED)
    assert len(market.bid) == 0
    assert carry_over(book, market, book, paths).rate.shape == empty_market(book).rate.shape
