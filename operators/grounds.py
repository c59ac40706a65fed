"""What a shard decides by: the configuration in force, prices, and their links to its state."""

import logging
from collections.abc import Callable, Sequence

import pyarrow as pa

from operators.shard_parts import ShardSettings, StrategyStatus
from rules.ages import AHEAD
from rules.book import Book, Market
from rules.compile import compile_book
from rules.links import Links
from rules.names import Names
from rules.rates import RatePaths, carry_over, empty_market, update_market
from rules.state import State
from schema.codes import ReasonCode
from schema.wire import QUOTE, decode

log = logging.getLogger(__name__)

Configuration = tuple[int, dict[str, pa.Table]]
"""Its version, and its tables by name."""


class Grounds:
    """The compiled configuration with prices; nothing but `known` and `brokers` before it is read.

    Args:
        settings: Of the shard.
        version: Returns the version of the configuration on Redis, None if there is none.
        load: Reads it.
    """

    def __init__(
        self,
        settings: ShardSettings,
        version: Callable[[], int | None],
        load: Callable[[], Configuration | None],
    ) -> None:
        self.settings = settings
        self._version = version
        self._load = load
        self._book: Book | None = None
        self._links: Links | None = None
        self._names: Names | None = None
        self._paths: RatePaths | None = None
        self._market: Market | None = None
        self._ahead: set[int] = set()  # rows of brokers that tell times to come

    @property
    def known(self) -> bool:
        """Whether there is a configuration."""
        return self._book is not None

    @property
    def book(self) -> Book:
        """The configuration in force; only call it when `known`."""
        assert self._book is not None
        return self._book

    @property
    def brokers(self) -> list[bytes]:
        """Ids of the brokers whose prices are needed; none before there is a configuration."""
        return [] if self._book is None else list(self._book.brokers.tolist())

    @property
    def links(self) -> Links:
        """Links of the book and the state that was joined last."""
        assert self._links is not None
        return self._links

    @property
    def names(self) -> Names:
        """What rows need of the book."""
        assert self._names is not None
        return self._names

    @property
    def market(self) -> Market:
        """Prices now."""
        assert self._market is not None
        return self._market

    def renew(self) -> bool:
        """Compile the book anew if the configuration's version has changed; say whether.

        Whoever has a state joins it then.
        """
        current = self._version()
        if current is None or (self._book is not None and current == self._book.version):
            return False
        found = self._load()
        if found is None:
            return False
        version, tables = found
        settings = self.settings
        book = compile_book(
            tables,
            version,
            partitions=settings.partitions,
            max_balance_age_us=settings.max_balance_age_us,
            max_quote_age_us=settings.max_quote_age_us,
        )
        paths = RatePaths.of(book, tables["instruments"])
        if self._book is None or self._market is None:
            self._market = empty_market(book)
        else:
            self._market = carry_over(self._book, self._market, book, paths)
        self._book, self._paths, self._names, self._links = book, paths, Names(book), None
        log.info("configuration in force", extra={"version": version})
        return True

    def join(self, state: State) -> None:
        """Link the book to a state, whose rows are new or have moved."""
        if self._book is not None:
            self._links = Links(self._book, state)

    def take_quotes(self, quotes: Sequence[tuple[bytes, bytes]], now: int) -> None:
        """Take prices in; those of brokers that the book does not know are left out.

        So are prices from times that are yet to come: they would hold against all newer ones
        until then, and seem fresh.
        """
        if self._book is None or self._paths is None:
            return
        rows = {key: row for row, key in enumerate(self._book.brokers.tolist())}
        for broker, data in quotes:
            row = rows.get(broker)
            if row is not None:
                records = decode(data, QUOTE)
                past = records["quoted_at"] <= now + AHEAD
                self._say_ahead(row, bool(past.all()))
                self._market = update_market(
                    self._book, self._paths, self._market, row, records[past]
                )

    def _say_ahead(self, broker: int, good: bool) -> None:
        """Log when a broker's clock begins to be ahead, and when it is not any more."""
        if good == (broker not in self._ahead):
            return
        (self._ahead.discard if good else self._ahead.add)(broker)
        say = log.info if good else log.warning
        told = "has the time again" if good else "tells prices of times to come; they do not count"
        say("the terminal of a broker %s", told, extra={"broker": broker})


def strategy_status(book: Book) -> StrategyStatus:
    """Return the check of strategies that an intake asks for."""

    def status(names: Sequence[str]) -> list[ReasonCode]:
        codes = []
        for name in names:
            row = book.strategy_index.get(name)
            if row is None:
                codes.append(ReasonCode.UNKNOWN_STRATEGY)
            elif not book.strategies.active[row]:
                codes.append(ReasonCode.STRATEGY_INACTIVE)
            else:
                codes.append(ReasonCode.NONE)
        return codes

    return status
