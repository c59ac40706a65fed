"""A terminal that executes everything at once, tells its deals, and forgets what is closed."""

import numpy as np

from brokers.port import Happenings, History
from schema.broker import ANSWER, BROKER_ORDER, POSITION, AnswerClass
from schema.enums import LegKind
from schema.wire import DEAL, MARK, UNITS, Records

_DONE = 10009
_COPIED = ("account_id", "symbol", "volume", "magic", "comment", "side")


class SoakBroker:
    """Positions by ticket; all state is what stands now, so that it bounds itself.

    Args:
        accounts: Ids of its accounts.
    """

    def __init__(self, accounts: list[bytes]) -> None:
        self.now = 0
        self._accounts = accounts
        self._held: dict[int, Records] = {}
        self._deals: list[Records] = []
        self._ticket = 0

    def submit(self, requests: Records) -> Records:
        """Execute requests whole, at one price."""
        answers = np.zeros(len(requests), ANSWER)
        answers["order_id"], answers["retcode"] = requests["order_id"], _DONE
        answers["answer"], answers["volume"] = AnswerClass.DONE, requests["volume"]
        answers["price"], answers["done_at"] = UNITS, self.now
        for row in range(len(requests)):
            self._ticket += 1
            request = requests[row : row + 1]
            closes = request["kind"][0] == LegKind.CLOSE
            position = int(request["position_ticket"][0]) if closes else self._ticket
            answers["order_ticket"][row] = answers["deal_ticket"][row] = self._ticket
            answers["position_ticket"][row] = position
            if closes:
                self._held.pop(position, None)
            else:
                self._hold(position, request)
            self._book(position, request, closes=closes)
        return answers

    def _hold(self, ticket: int, request: Records) -> None:
        held = np.zeros(1, POSITION)
        for name in _COPIED:
            held[name] = request[name]
        held["position_ticket"], held["opened_at"] = ticket, self.now
        self._held[ticket] = held

    def _book(self, position: int, request: Records, *, closes: bool) -> None:
        deal = np.zeros(1, DEAL)
        for name in ("account_id", "symbol", "volume", "magic", "comment"):
            deal[name] = request[name]
        deal["deal_ticket"] = deal["order_ticket"] = self._ticket
        deal["position_ticket"], deal["entry"] = position, int(closes)
        deal["price"], deal["time"] = UNITS, self.now
        self._deals.append(deal)

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        """Nothing is told twice, for nothing of this process is lost."""

    def poll(self) -> Happenings:
        deals, self._deals = self._deals, []
        told = np.concatenate(deals) if deals else np.zeros(0, DEAL)
        return Happenings(deals=told, orders=np.zeros(0, BROKER_ORDER))

    def open_orders(self) -> Records:
        return np.zeros(0, BROKER_ORDER)

    def positions(self) -> Records:
        return np.concatenate([np.zeros(0, POSITION), *self._held.values()])

    def history(self, since: int) -> History:
        assert since < self.now
        return History(orders=np.zeros(0, BROKER_ORDER), deals=np.zeros(0, DEAL))

    def account(self) -> Records:
        marks = np.zeros(len(self._accounts), MARK)
        marks["account_id"] = np.array(self._accounts, "V16")
        for name in ("balance", "equity", "equity_low", "equity_high", "margin_free"):
            marks[name] = 10_000 * UNITS
        marks["leverage"], marks["currency"], marks["marked_at"] = 100.0, b"USD", self.now
        return marks
