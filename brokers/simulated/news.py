"""What a terminal has to tell of deals and orders, and what is late by script."""

from brokers.simulated import rows

_NO_TICKET = 1 << 62


class News:
    """Deals and finished pending orders not yet polled; some held back by script."""

    def __init__(self) -> None:
        self._deals: list[rows.Row] = []
        self._orders: list[rows.Row] = []
        self._late: list[tuple[int, set[int]]] = []  # calls to go, tickets
        self._taken: tuple[list[rows.Row], list[rows.Row]] = [], []
        self.delay = 0  # of what is added next

    def add(self, deals: list[rows.Row], orders: list[rows.Row], tickets: set[int]) -> None:
        """Take what has happened; `tickets` are all its tickets."""
        self._deals += deals
        self._orders += orders
        if self.delay:
            self._late.append((self.delay, tickets))
            self.delay = 0

    @property
    def hidden(self) -> set[int]:
        """The tickets that are held back now."""
        return set().union(*(tickets for _, tickets in self._late))

    def passed(self) -> None:
        """Count a call: what was held back long enough is seen from this one on."""
        self._late = [(calls - 1, tickets) for calls, tickets in self._late if calls > 0]

    def again(self) -> None:
        """Let what was taken last be taken once more."""
        self._deals, self._orders = self._taken[0] + self._deals, self._taken[1] + self._orders

    def take(self) -> tuple[list[rows.Row], list[rows.Row]]:
        """Return deals and orders not taken yet."""
        self.passed()
        hidden = self.hidden
        # A history lags as a whole: what is newer than a deal held back waits behind it, so that
        # the deals of an account are told in the order of their tickets.
        first: dict[bytes, int] = {}
        for row in self._deals:
            if row[rows.DEAL_TICKET] in hidden:
                account, ticket = row[rows.DEAL_ACCOUNT], row[rows.DEAL_TICKET]
                first[account] = min(ticket, first.get(account, ticket))
        late = [
            row[rows.DEAL_TICKET] >= first.get(row[rows.DEAL_ACCOUNT], _NO_TICKET)
            for row in self._deals
        ]
        deals = [row for row, is_late in zip(self._deals, late, strict=True) if not is_late]
        orders = [row for row in self._orders if row[rows.ORDER_TICKET] not in hidden]
        self._deals = [row for row, is_late in zip(self._deals, late, strict=True) if is_late]
        self._orders = [row for row in self._orders if row[rows.ORDER_TICKET] in hidden]
        self._taken = deals, orders
        return deals, orders
