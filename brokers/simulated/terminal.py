"""The simulated terminal: many hedging accounts, a durable book, failures by script."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from brokers.port import Happenings, History
from brokers.retcodes import Retcode
from brokers.simulated import rows
from brokers.simulated.failures import Failure, FailureKind, Script
from brokers.simulated.fills import Fills
from brokers.simulated.market import Market, Moment, Prices
from brokers.simulated.marks import Extremes
from brokers.simulated.news import News
from brokers.simulated.requests import Answer, Request, answer, malformed
from brokers.simulated.specification import Instrument, SimulatedAccount
from brokers.simulated.store import Store
from brokers.simulated.trading import Trading
from brokers.simulated.watch import advance
from rules.errors import Ambiguous, Transient
from schema.broker import ANSWER, POSITION, AnswerClass
from schema.wire import QUOTE, Records

_REMEMBERED = 7 * 86_400 * 1_000_000  # how long back `resume` tells of pending orders


class SimulatedTerminal:
    """A terminal whose book outlives the process.

    On opening it first lives through the ticks it has missed. Its swap is 0, margin is the sum
    over the positions (hedged ones too), and there is no stop-out. One thread at a time.

    Args:
        directory: Holds the book; made if need be.
        accounts: Its accounts; one not seen before gets its initial balance. The book's other
            accounts stay asleep.
        instruments: What the broker offers.
        prices: The price feed.
        now: The clock, in microseconds UTC.
        script: What goes wrong; how much of it is used up outlives the process.
        spread_points: Added to every ask.

    Raises:
        Fatal: If another process drives the terminal, or the book does not fit.
    """

    def __init__(
        self,
        directory: Path,
        *,
        accounts: Sequence[SimulatedAccount],
        instruments: Sequence[Instrument],
        prices: Prices,
        now: Callable[[], int],
        script: Sequence[Failure | None] = (),
        spread_points: int = 0,
    ) -> None:
        self._now = now
        self._accounts = {a.account_id: a for a in accounts}
        self._instruments = {i.symbol.encode(): i for i in instruments}
        self._market = Market(self._instruments, prices, spread_points=spread_points)
        self._script = Script(script)
        self._store = Store(directory)
        try:
            self._script = Script(script, self._store.state().get("script", ""))
            self._news = News()
            self._load()
            for account in accounts:
                if account.account_id not in self._book.accounts:
                    self._book.deposit(account, self._clock())
            if not self._book.clock:
                self._book.clock = self._clock()
            self._settle()
            self._advance()
        except BaseException:
            self._store.close()
            raise

    def _load(self) -> None:
        self._book = self._store.load(self._accounts, self._instruments)
        self._fills = Fills(self._book)
        self._trading = Trading(self._fills, self._instruments)
        self._extremes = Extremes(self._book, self._market)

    def _clock(self) -> int:
        """Return the time; the book's time never goes back."""
        return max(self._now(), self._book.clock)

    def _advance(self) -> Moment:
        """Live up to now; return the prices now."""
        now = self._clock()
        with self._whole():
            advance(self._market, self._fills, now, self._extremes.observe)
            if self._book.dirty:
                self._settle()
        return self._market.moment(now)

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """What is not committed did not happen: after an error the book is read again."""
        try:
            yield
        except BaseException:
            self._load()
            raise

    def _settle(self) -> None:
        book = self._book
        orders = [o for o in book.orders.values() if o.type.pending and o.done_at]
        news = [rows.deal_row(d) for d in book.deals], [rows.order_row(o) for o in orders]
        tickets = {d.ticket for d in book.deals} | set(book.orders)
        self._store.commit(book, {"script": self._script.memory})
        self._news.add(*news, tickets)

    def submit(self, requests: Records) -> Records:
        """Do the requests in order; see `brokers.port.Terminal`."""
        failure = self._script.call("submit")
        if failure and failure.kind in {FailureKind.DISCONNECT, FailureKind.TIMEOUT_BEFORE}:
            self._settle()
            _strike(failure)
        now = self._clock()
        with self._whole():
            advance(self._market, self._fills, now, self._extremes.observe)
            moment = self._market.moment(now)
            answers = [self._one(Request._make(row), moment) for row in requests.tolist()]
            if failure and failure.kind is FailureKind.LATE_HISTORY:
                self._news.delay = failure.calls
            self._settle()
        if failure and failure.kind is FailureKind.TIMEOUT_AFTER:
            _strike(failure)
        return np.array(answers, dtype=ANSWER)

    def _one(self, request: Request, moment: Moment) -> Answer:
        if malformed(request):
            return Answer(request.order_id, AnswerClass.REJECTED, Retcode.INVALID)
        failure = self._script.request(request.symbol, request.kind)
        if failure is None:
            return self._trading.execute(request, moment)
        if failure.kind is FailureKind.REFUSE:
            return answer(request, failure.retcode, moment.now)
        if failure.kind is FailureKind.PARTIAL:
            return self._trading.execute(request, moment, failure.fraction)
        self._trading.execute(request, moment)
        return answer(request, Retcode.TIMEOUT, moment.now)

    def _query(self, name: str) -> Moment:
        """Fail if the script says so; else live up to now."""
        if failure := self._script.call(name):
            raise Transient(f"{name} failed: {failure.kind}")
        return self._advance()

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        """Say which deals are known; an account that is not named has told nothing yet."""
        known = {key: deal_tickets.get(key, 0) for key in self._accounts}
        since = self._clock() - _REMEMBERED
        self._news = News()
        orders = self._store.orders_since(since, pending_types_only=True)
        self._news.add(
            self._store.deals_after(known), self._mine(orders, rows.ORDER_ACCOUNT), set()
        )

    def _mine(self, found: list[rows.Row], place: int) -> list[rows.Row]:
        return [row for row in found if row[place] in self._accounts]

    def poll(self) -> Happenings:
        """Return what happened since the last poll."""
        failure = self._script.call("poll")
        if failure and failure.kind is FailureKind.REPEAT:
            self._news.again()
        elif failure:
            raise Transient(f"poll failed: {failure.kind}")
        self._advance()
        deals, orders = self._news.take()
        return Happenings(deals=rows.deal_records(deals), orders=rows.order_records(orders))

    def open_orders(self) -> Records:
        """Return the pending orders."""
        self._query("open_orders")
        return rows.order_records(rows.order_row(o) for o in self._book.pending.values())

    def positions(self) -> Records:
        """Return the open positions."""
        moment = self._query("positions")
        held = self._book.positions.values()
        out = np.zeros(len(held), dtype=POSITION)
        for row, p in zip(out, held, strict=True):
            profit = self._book.accounts[p.account_id].profit_of(p, moment)
            values = dict(zip(rows.POSITION_COLUMNS, rows.position_row(p), strict=True))
            values |= {"profit": profit, "comment": p.comment}
            for name in POSITION.names or ():
                row[name] = values[name]
        return out

    def history(self, since: int) -> History:
        """Return final orders and deals since a time, as far as the script lets them be seen."""
        self._query("history")
        self._news.passed()
        hidden = self._news.hidden
        deals = self._mine(self._store.deals_since(since), rows.DEAL_ACCOUNT)
        orders = self._mine(self._store.orders_since(since), rows.ORDER_ACCOUNT)
        return History(
            orders=rows.order_records(o for o in orders if o[rows.ORDER_TICKET] not in hidden),
            deals=rows.deal_records(d for d in deals if d[rows.DEAL_TICKET] not in hidden),
        )

    def account(self) -> Records:
        """Return the mark of each account."""
        return self._extremes.marks(self._query("account"))

    def symbols(self) -> list[dict[str, object]]:
        """Return the instruments; lots are counts of 1e-8."""
        return [instrument.row() for instrument in self._instruments.values()]

    def quotes(self) -> Records:
        """Return the broker's price of each symbol that has one."""
        moment = self._market.moment(self._clock())
        found = []
        for name, instrument in self._instruments.items():
            bid, ask = moment.price(instrument)
            if bid:
                at = moment.quoted_at[self._market.row[instrument.feed]]
                found.append((name, bid / 1e8, ask / 1e8, at))
        return np.array(found, dtype=QUOTE)

    def close(self) -> None:
        """Let go of the book."""
        self._store.close()


def _strike(failure: Failure) -> None:
    if failure.kind is FailureKind.DISCONNECT:
        raise Transient("no connection to the terminal")
    raise Ambiguous("the terminal did not answer in time")
