"""A terminal that sends no order which the broker has already, for use after a restore.

A restored system does not know what was sent after its backup, and order ids follow from signals:
the same signal, decided again, is the same order. So what the broker's books hold of an order, by
the token in the comment or by its magic number, tells that it was sent. Such an order is answered
as one whose answer was lost: it is looked for, its ticket is adopted, and it is never sent again.
"""

from __future__ import annotations

import logging

import numpy as np

from brokers.port import Happenings, History, Terminal
from rules.tokens import is_token, token_in
from schema.broker import ANSWER, AnswerClass
from schema.enums import LegKind
from schema.wire import Records

log = logging.getLogger(__name__)
# The broker's clock need not be ours.
MARGIN = 86_400 * 1_000_000


class LookingFirst:
    """Passes everything on, but for orders that stood in the books before the first was sent.

    Args:
        terminal: the broker's.
        since: the backup's moment, microseconds UTC.
    """

    def __init__(self, terminal: Terminal, since: int) -> None:
        self._terminal = terminal
        self._since = since
        self._tokens: frozenset[bytes] | None = None
        self._magics: frozenset[tuple[bytes, int]] = frozenset()

    def submit(self, requests: Records) -> Records:
        """Send what the broker does not have; what it has is answered AMBIGUOUS.

        Raises:
            Ambiguous: The link broke; any of the requests may have been executed.
            Transient: The terminal was surely not reached; nothing was executed.
        """
        had = self._had(requests)
        if not had.any():
            return self._terminal.submit(requests)
        log.warning("%d orders were sent before the restore, and are looked for", int(had.sum()))
        answers = np.zeros(len(requests), ANSWER)
        answers["order_id"], answers["answer"] = requests["order_id"], AnswerClass.AMBIGUOUS
        if not had.all():
            answers[~had] = self._terminal.submit(requests[~had])
        return answers

    def poll(self) -> Happenings:
        """Return what happened since the last poll."""
        return self._terminal.poll()

    def resume(self, deal_tickets: dict[bytes, int]) -> None:
        """Say which deals are known."""
        self._terminal.resume(deal_tickets)

    def open_orders(self) -> Records:
        """Return the pending orders."""
        return self._terminal.open_orders()

    def positions(self) -> Records:
        """Return the open positions."""
        return self._terminal.positions()

    def history(self, since: int) -> History:
        """Return orders and deals since a time."""
        return self._terminal.history(since)

    def account(self) -> Records:
        """Return balance, equity and margin of each account."""
        return self._terminal.account()

    def symbols(self) -> list[dict[str, object]]:
        """Return the specification of each symbol."""
        return self._terminal.symbols()

    def quotes(self) -> Records:
        """Return the current price of each symbol."""
        return self._terminal.quotes()

    def close(self) -> None:
        """Let go of the terminal."""
        self._terminal.close()

    def _had(self, requests: Records) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        if self._tokens is None:
            self._look()
        assert self._tokens is not None
        # A change or a cancel leaves no order of its own in the books; done twice, it changes
        # nothing.
        orders = np.isin(requests["kind"], (LegKind.OPEN, LegKind.CLOSE))
        names = zip(
            requests["comment"].tolist(),
            requests["account_id"].tolist(),
            requests["magic"].tolist(),
            strict=True,
        )
        known = [
            token_in(comment) in self._tokens or (account, magic) in self._magics
            for comment, account, magic in names
        ]
        return orders & np.array(known, np.bool_)

    def _look(self) -> None:
        """Read the books once: what is sent from now on is in the journal."""
        past = self._terminal.history(self._since - MARGIN)
        books = (self._terminal.open_orders(), past.orders, past.deals, self._terminal.positions())
        tokens: set[bytes] = set()
        magics: set[tuple[bytes, int]] = set()
        for rows in books:
            for comment, account, magic in zip(
                rows["comment"].tolist(),
                rows["account_id"].tolist(),
                rows["magic"].tolist(),
                strict=True,
            ):
                word = token_in(comment)
                if is_token(word):
                    tokens.add(word)
                elif magic:
                    # A broker that rewrites comments leaves the magic number.
                    magics.add((account, magic))
        self._tokens, self._magics = frozenset(tokens), frozenset(magics)
