"""A small world for tests of the simulated terminal: a feed, a clock, two accounts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from brokers.simulated import Failure, Instrument, SimulatedAccount, SimulatedTerminal, units
from sources.prices import Feed, PriceTable, write_feed
from tests.contracts.broker import Bench

SECOND = 1_000_000
START = 1_767_225_600 * SECOND
EURUSD = Instrument(
    symbol="EURUSD.m",
    feed="EURUSD",
    digits=5,
    contract_size=100_000,
    currency_profit="USD",
    currency_margin="EUR",
)
USDJPY = Instrument(
    symbol="USDJPY.m",
    feed="USDJPY",
    digits=3,
    contract_size=100_000,
    currency_profit="JPY",
    currency_margin="USD",
)
ACCOUNTS = [
    SimulatedAccount(
        account_id=b"A" * 16,
        currency="USD",
        balance=units(10_000),
        leverage=100,
        commission_per_lot=units("3.5"),
        limit_orders=3,
    ),
    SimulatedAccount(account_id=b"B" * 16, currency="EUR", balance=units(5_000), leverage=30),
]


def table(*ticks: tuple[float, float, float]) -> PriceTable:
    """Prices from (second, bid, ask)."""
    second, bid, ask = (np.array(column, dtype=np.float64) for column in zip(*ticks, strict=True))
    return PriceTable(offset=(second * SECOND).astype(np.int64), bid=bid, ask=ask)


QUIET = {
    "EURUSD": table((0, 1.10000, 1.10010)),
    "USDJPY": table((0, 150.000, 150.010)),
}


@dataclass
class World:
    """A terminal in a directory; `now` is moved by the test."""

    directory: Path
    prices: dict[str, PriceTable] = field(default_factory=lambda: dict(QUIET))
    instruments: Sequence[Instrument] = (EURUSD, USDJPY)
    accounts: Sequence[SimulatedAccount] = tuple(ACCOUNTS)
    now: int = START

    def open(self, script: Sequence[Failure | None] = (), **more: Any) -> SimulatedTerminal:
        if not (self.directory / "feed").exists():
            write_feed(self.directory / "feed", self.prices, START, loop=False)
        return SimulatedTerminal(
            self.directory / "terminal",
            accounts=self.accounts,
            instruments=self.instruments,
            prices=Feed(self.directory / "feed"),
            now=lambda: self.now,
            script=script,
            **more,
        )

    def bench(self, script: Sequence[Failure | None] = (), **more: Any) -> Bench:
        terminal = self.open(script, **more)
        self.current = terminal

        def reopen() -> SimulatedTerminal:
            self.current.close()
            self.current = self.open(script, **more)
            return self.current

        return Bench(terminal, b"A" * 16, "EURUSD.m", units("0.01"), 1000, reopen)

    def close(self) -> None:
        if hasattr(self, "current"):
            self.current.close()
