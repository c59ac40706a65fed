"""A simulated MetaTrader 5 terminal with many hedging accounts and a durable book."""

from brokers.simulated.books import Books, read_books
from brokers.simulated.failures import Failure, FailureKind, failures, load_failures
from brokers.simulated.market import Prices
from brokers.simulated.specification import Instrument, SimulatedAccount, units
from brokers.simulated.terminal import SimulatedTerminal

__all__ = [
    "Books",
    "Failure",
    "FailureKind",
    "Instrument",
    "Prices",
    "SimulatedAccount",
    "SimulatedTerminal",
    "failures",
    "load_failures",
    "read_books",
    "units",
]
