"""What the market does to the book: the right tick, price, time, comment; seen or missed."""

import pytest

from brokers.simulated import units
from schema.enums import DealEntry, DealReason, LegKind, OrderType, Side
from schema.mt5 import BrokerOrderState
from tests.integration.brokers.world import EURUSD, SECOND, START, World, table

# seconds, bid, ask
PATH = table(
    (0, 1.10000, 1.10010),
    (10, 1.09950, 1.09960),
    (20, 1.09890, 1.09900),  # a gap over 1.0990
    (30, 1.09700, 1.09710),
    (40, 1.10400, 1.10410),
)


@pytest.mark.parametrize("missed", [False, True], ids=["running", "closed meanwhile"])
def test_stop_loss_closes_at_the_price_and_time_of_its_tick(world: World, missed: bool) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    ticket = int(bench.one(stop_loss=units("1.0992"), take_profit=units("1.2"))["order_ticket"])
    known = int(bench.terminal.poll().deals["deal_ticket"].max())
    if missed:
        world.current.close()
        world.now += 3_600 * SECOND
        bench.terminal = world.current = world.open()
        bench.terminal.resume({b"A" * 16: known, b"B" * 16: known})
    else:
        world.now += 3_600 * SECOND
    (deal,) = bench.terminal.poll().deals
    assert (deal["entry"], deal["reason"]) == (DealEntry.OUT, DealReason.SL)
    assert deal["price"] == units("1.0989")
    assert deal["time"] == START + 20 * SECOND
    assert deal["comment"] == b"[sl 1.09920]"
    assert deal["position_ticket"] == ticket
    assert deal["magic"] == 0x7FFF_0001_0000_0002
    assert deal["profit"] == units("-2.40")  # 0.02 lots, 12 pips
    assert deal["commission"] == units("-0.07")
    assert len(bench.terminal.positions()) == 0
    assert bench.terminal.account()[0]["balance"] == units(10_000) - units("2.54")


def test_take_profit_of_a_short_at_the_ask(world: World) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    bench.one(side=Side.SELL, take_profit=units("1.0991"))
    world.now += 60 * SECOND
    deal = bench.terminal.poll().deals[-1]
    assert (deal["reason"], deal["price"]) == (DealReason.TP, units("1.0990"))
    assert deal["comment"] == b"[tp 1.09910]"


@pytest.mark.parametrize(
    ("side", "order_type", "level", "second", "fill"),
    [
        (Side.BUY, OrderType.LIMIT, "1.0993", 20, "1.0990"),
        (Side.SELL, OrderType.LIMIT, "1.1020", 40, "1.1040"),
        (Side.BUY, OrderType.STOP, "1.1020", 40, "1.1041"),
        (Side.SELL, OrderType.STOP, "1.0994", 20, "1.0989"),
    ],
)
def test_pending_order_fills_at_its_tick(
    world: World, side: Side, order_type: OrderType, level: str, second: int, fill: str
) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    name = "price" if order_type is OrderType.LIMIT else "stop_price"
    placed = bench.one(side=side, order_type=order_type, **{name: units(level)})
    bench.terminal.poll()
    world.now += 60 * SECOND
    news = bench.terminal.poll()
    assert news.orders["order_ticket"].tolist() == [placed["order_ticket"]]
    assert news.orders["state"].tolist() == [BrokerOrderState.FILLED]
    (deal,) = news.deals
    assert (deal["price"], deal["time"]) == (units(fill), START + second * SECOND)
    assert deal["entry"] == DealEntry.IN
    (position,) = bench.terminal.positions()
    assert position["position_ticket"] == placed["order_ticket"]
    assert (position["side"], position["price_open"]) == (side, units(fill))


def test_position_opened_by_a_tick_is_watched_from_the_next(world: World) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    bench.one(order_type=OrderType.LIMIT, price=units("1.0993"), take_profit=units("1.1030"))
    world.now += 60 * SECOND
    deals = bench.terminal.poll().deals[-2:]
    assert deals["time"].tolist() == [START + 20 * SECOND, START + 40 * SECOND]
    assert deals["reason"].tolist() == [DealReason.EXPERT, DealReason.TP]


def test_pending_order_expires_unless_its_price_came_first(world: World) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    expiry = START + 25 * SECOND
    bench.one(order_type=OrderType.LIMIT, price=units("1.0993"), expires_at=expiry)
    bench.one(order_type=OrderType.LIMIT, price=units("1.0980"), expires_at=expiry)
    bench.terminal.poll()
    world.now += 60 * SECOND
    orders = bench.terminal.poll().orders
    assert orders["state"].tolist() == [BrokerOrderState.FILLED, BrokerOrderState.EXPIRED]
    assert orders["done_at"].tolist() == [START + 20 * SECOND, expiry]


def test_moved_stop_is_the_one_that_counts(world: World) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    ticket = int(bench.one(stop_loss=units("1.0980"))["position_ticket"])
    bench.one(kind=LegKind.MODIFY, position_ticket=ticket, stop_loss=units("1.0997"))
    world.now += 60 * SECOND
    assert bench.terminal.poll().deals[-1]["time"] == START + 10 * SECOND


def test_equity_extremes_come_from_the_ticks_between_two_marks(world: World) -> None:
    world.prices["EURUSD"] = PATH
    bench = world.bench()
    bench.one(volume=units(1))
    bench.terminal.account()
    world.now += 60 * SECOND
    mark = bench.terminal.account()[0]
    paid = units(10_000) - units("3.5")
    assert mark["balance"] == paid
    assert mark["equity_low"] == paid - units(310)  # bid 1.0970, bought at 1.1001
    assert mark["equity_high"] == mark["equity"] == paid + units(390)
    again = bench.terminal.account()[0]
    assert again["equity_low"] == again["equity_high"] == again["equity"]


def test_extra_spread_widens_the_ask(world: World) -> None:
    terminal = world.current = world.open(spread_points=7)
    quote = terminal.quotes()[0]
    assert quote["symbol"] == EURUSD.symbol.encode()
    assert (round(quote["bid"], 5), round(quote["ask"], 5)) == (1.1, 1.10017)
