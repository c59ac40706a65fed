"""The book in memory, and what of it has changed since it was last committed."""

from dataclasses import dataclass, field

from brokers.simulated.market import Moment, cents
from brokers.simulated.specification import Instrument, SimulatedAccount
from schema.enums import DealEntry, DealReason, DealType, Side
from schema.mt5 import BrokerOrderState, BrokerOrderType
from schema.wire import UNITS


@dataclass(slots=True)
class Position:
    """One open position."""

    ticket: int
    account_id: bytes
    instrument: Instrument
    side: Side
    volume: int
    price_open: int
    stop_loss: int
    take_profit: int
    margin: int
    magic: int
    comment: bytes
    opened_at: int

    def profit(self, volume: int, price: int, rate: tuple[int, int]) -> int:
        """Return the profit of closing `volume` at a price, in the account's currency."""
        gain = price - self.price_open if self.side is Side.BUY else self.price_open - price
        value = gain * volume * round(self.instrument.contract_size * UNITS)
        return cents(value * rate[0], UNITS * UNITS * rate[1])


@dataclass(slots=True)
class Order:
    """One order: pending, or final."""

    ticket: int
    request_id: bytes
    account_id: bytes
    instrument: Instrument
    type: BrokerOrderType
    state: BrokerOrderState
    volume: int
    price: int
    stop_loss: int
    take_profit: int
    magic: int
    comment: bytes
    placed_at: int
    expires_at: int = 0
    filled: int = 0
    position_ticket: int = 0
    done_at: int = 0


@dataclass(slots=True)
class Deal:
    """One deal."""

    ticket: int
    order_ticket: int
    position_ticket: int
    account_id: bytes
    symbol: bytes
    type: DealType
    entry: DealEntry
    reason: DealReason
    volume: int
    price: int
    profit: int
    commission: int
    magic: int
    time: int
    comment: bytes


@dataclass(slots=True)
class Account:
    """One account now."""

    terms: SimulatedAccount
    balance: int
    margin: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    pending: dict[int, Order] = field(default_factory=dict)
    floating: int = 0  # of the positions, at `floating_at`
    floating_at: int = -1

    def equity(self, moment: Moment) -> int:
        """Return balance and floating profit; the sum is kept for as long as time stands still."""
        if self.floating_at != moment.now:
            self.floating = sum(self.profit_of(p, moment) for p in self.positions.values())
            self.floating_at = moment.now
        return self.balance + self.floating

    def float_of(self, position: Position, moment: Moment, sign: int) -> None:
        """Add a position's profit to the sum that is kept, or take it away."""
        if self.floating_at == moment.now:
            self.floating += sign * self.profit_of(position, moment)

    def profit_of(self, position: Position, moment: Moment) -> int:
        """Return a position's profit if it were closed now."""
        bid, ask = moment.price(position.instrument)
        price = bid if position.side is Side.BUY else ask
        rate = moment.rate(position.instrument.currency_profit, self.terms.currency)
        # Prices and rates that were there when the position was opened do not vanish.
        assert rate
        return position.profit(position.volume, price, rate)


class Book:
    """Accounts, positions and pending orders; new deals and final orders until committed."""

    def __init__(self) -> None:
        self.accounts: dict[bytes, Account] = {}
        self.positions: dict[int, Position] = {}
        self.pending: dict[int, Order] = {}
        self.next_ticket = 1
        self.clock = 0  # ticks up to here have been seen
        self.settled()

    def settled(self) -> None:
        """Forget what has changed: it is committed."""
        self.changed_accounts: set[bytes] = set()
        self.changed_positions: set[int] = set()
        self.gone_positions: set[int] = set()
        self.orders: dict[int, Order] = {}  # new and changed, pending or final
        self.deals: list[Deal] = []

    @property
    def dirty(self) -> bool:
        """Whether there is something to commit."""
        return bool(self.orders or self.deals or self.changed_positions or self.changed_accounts)

    def ticket(self) -> int:
        """Return a ticket that was never given before."""
        ticket, self.next_ticket = self.next_ticket, self.next_ticket + 1
        return ticket

    def deposit(self, terms: SimulatedAccount, now: int) -> None:
        """Open an account with its initial balance."""
        account = self.accounts[terms.account_id] = Account(terms, 0)
        deal = Deal(
            ticket=self.ticket(),
            order_ticket=0,
            position_ticket=0,
            account_id=terms.account_id,
            symbol=b"",
            type=DealType.BALANCE,
            entry=DealEntry.IN,
            reason=DealReason.CLIENT,
            volume=0,
            price=0,
            profit=terms.balance,
            commission=0,
            magic=0,
            time=now,
            comment=b"initial deposit",
        )
        self.add_deal(account, deal)

    def add_deal(self, account: Account, deal: Deal) -> None:
        """Book a deal and its money."""
        account.balance += deal.profit + deal.commission
        self.changed_accounts.add(deal.account_id)
        self.deals.append(deal)

    def add_order(self, order: Order) -> None:
        """Book an order as it is now."""
        self.orders[order.ticket] = order
        if order.state is BrokerOrderState.PLACED:
            self.pending[order.ticket] = order
            self.accounts[order.account_id].pending[order.ticket] = order
        elif self.pending.pop(order.ticket, None):
            del self.accounts[order.account_id].pending[order.ticket]

    def add_position(self, position: Position, moment: Moment) -> None:
        """Book a new position."""
        account = self.accounts[position.account_id]
        self.positions[position.ticket] = account.positions[position.ticket] = position
        self.changed_positions.add(position.ticket)
        account.margin += position.margin
        account.float_of(position, moment, 1)

    def reduce(self, position: Position, volume: int, moment: Moment) -> None:
        """Take volume from a position; at none left it is gone."""
        account = self.accounts[position.account_id]
        account.float_of(position, moment, -1)
        margin = position.margin * volume // position.volume
        account.margin -= margin
        position.margin -= margin
        position.volume -= volume
        if position.volume:
            account.float_of(position, moment, 1)
            self.changed_positions.add(position.ticket)
            return
        del self.positions[position.ticket], account.positions[position.ticket]
        self.changed_positions.discard(position.ticket)
        self.gone_positions.add(position.ticket)
