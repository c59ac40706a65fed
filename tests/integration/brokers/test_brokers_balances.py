"""Balances to the cent, against a second computation that knows only deals and prices."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from brokers.simulated import read_books, units
from schema.enums import LegKind, Side
from tests.integration.brokers.world import SECOND, World, table

STEPS = st.lists(
    st.tuples(
        st.integers(0, 1),  # account
        st.sampled_from(["EURUSD.m", "USDJPY.m"]),
        st.sampled_from([Side.BUY, Side.SELL]),
        st.integers(1, 12),  # hundredths of a lot
        st.integers(0, 3),  # what to close, and how much of it
        st.integers(0, 20),  # seconds to wait
    ),
    max_size=25,
)
PRICES = {
    "EURUSD": [(s, 1.08 + s % 37 * 0.00013, 1.0802 + s % 37 * 0.00013) for s in range(600)],
    "USDJPY": [(s, 149 + s % 41 * 0.017, 149.02 + s % 41 * 0.017) for s in range(600)],
}
CURRENCIES = {b"A" * 16: "USD", b"B" * 16: "EUR"}
RATES = {"A": Decimal("3.5"), "B": Decimal(0)}  # commission per lot


def cents(value: Decimal) -> Decimal:
    return value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def price(symbol: str, second: int) -> tuple[Decimal, Decimal]:
    digits = {"EURUSD": 5, "USDJPY": 3}[symbol]
    _, bid, ask = PRICES[symbol][min(second, 599)]
    return tuple(Decimal(str(round(side, digits))) for side in (bid, ask))  # type: ignore[return-value]


def middle(symbol: str, second: int) -> Decimal:
    _, bid, ask = PRICES[symbol][min(second, 599)]
    return (Decimal(str(round(bid, 8))) + Decimal(str(round(ask, 8)))) / 2


def rate(source: str, target: str, second: int) -> Decimal:
    if source == target:
        return Decimal(1)
    if source == "JPY":
        dollars = 1 / middle("USDJPY", second)
        return dollars if target == "USD" else dollars / middle("EURUSD", second)
    return 1 / middle("EURUSD", second)  # USD to EUR


class Oracle:
    """Positions as plain tuples, money as decimals."""

    def __init__(self) -> None:
        self.balance = {b"A" * 16: Decimal(10_000), b"B" * 16: Decimal(5_000)}
        self.open: dict[int, list] = {}

    def traded(self, account: bytes, lots: Decimal) -> None:
        self.balance[account] -= cents(RATES[chr(account[0])] * lots)

    def close(self, ticket: int, lots: Decimal, second: int) -> None:
        account, symbol, side, volume, opened = self.open[ticket]
        bid, ask = price(symbol, second)
        move = bid - opened if side is Side.BUY else opened - ask
        profit_currency = symbol[3:]
        profit = move * lots * 100_000 * rate(profit_currency, CURRENCIES[account], second)
        sign = 1 if profit >= 0 else -1
        self.balance[account] += sign * cents(abs(profit))
        self.traded(account, lots)
        self.open[ticket][3] = volume - lots
        if not self.open[ticket][3]:
            del self.open[ticket]


@settings(max_examples=40, deadline=None)
@given(STEPS)
def test_balances_agree_with_an_independent_computation(steps: list) -> None:
    with TemporaryDirectory() as directory:
        world = World(Path(directory))
        world.prices = {symbol: table(*ticks) for symbol, ticks in PRICES.items()}
        bench, oracle, second = world.bench(), Oracle(), 0
        for which, symbol, side, hundredths, closing, wait in steps:
            second += wait
            world.now += wait * SECOND
            account, lots = bytes([65 + which]) * 16, Decimal(hundredths) / 100
            if closing and (mine := [t for t, p in oracle.open.items() if p[0] == account]):
                ticket = mine[closing % len(mine)]
                held = oracle.open[ticket]
                part = min(held[3], lots)
                got = bench.one(
                    kind=LegKind.CLOSE,
                    account_id=account,
                    symbol=f"{held[1]}.m".encode(),
                    side=Side.SELL if held[2] is Side.BUY else Side.BUY,
                    position_ticket=ticket,
                    volume=units(part),
                )
                assert got["retcode"] == 10009
                oracle.close(ticket, part, second)
                continue
            got = bench.one(
                account_id=account, symbol=symbol.encode(), side=side, volume=units(lots)
            )
            if got["retcode"] == 10019:
                continue
            assert got["retcode"] == 10009
            feed = symbol[:6]
            opened = price(feed, second)[side is Side.BUY]
            oracle.open[int(got["position_ticket"])] = [account, feed, side, lots, opened]
            oracle.traded(account, lots)
        marks = bench.terminal.account()
        books = read_books(world.directory / "terminal")
        world.close()
    balances = {row["account_id"]: row["balance"] for row in books.accounts}
    for mark in marks:
        account = mark["account_id"].tobytes()
        assert mark["balance"] == units(oracle.balance[account])
        assert balances[account] == mark["balance"]
        deals = [d for d in books.deals if d["account_id"] == account]
        assert sum(d["profit"] + d["commission"] + d["swap"] for d in deals) == mark["balance"]
    held = {row["position_ticket"]: row["volume"] for row in books.positions}
    assert held == {ticket: units(p[3]) for ticket, p in oracle.open.items()}
