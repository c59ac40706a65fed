"""Guards: what an account's limits say to one more opening.

They pass only what is known and within:
`known & (x <= limit)`, never `~(x > limit)`: NaN and missing must not pass (design, section 4).
"""

import numpy as np
from numpy.typing import NDArray

from rules.book import Book
from rules.links import Links
from rules.tables import Rows
from schema.codes import ReasonCode
from schema.enums import Side

Codes = NDArray[np.uint8]
Numbers = NDArray[np.int64]
# A reverse closes them all and opens another, and the legs of a pair are counted in one byte.
MOST_OWN_TRADES = 254
_BUY, _SELL = int(Side.BUY), int(Side.SELL)
_MAX_OPEN_TRADES = np.uint8(ReasonCode.MAX_OPEN_TRADES)
_MAX_VOLUME = np.uint8(ReasonCode.MAX_VOLUME)


def guard_openings(
    book: Book,
    links: Links,
    subscription: Rows,
    account: Rows,
    instrument: Rows,
    side: Codes,
    volume: Numbers,
    freed: Numbers,
) -> Codes:
    """Return the first limit that each opening would break, NONE where it is within all.

    Args:
        book: Limits.
        links: What is open now.
        subscription: Row of the book, likewise `account` and `instrument`; each account once.
        account: See above.
        instrument: See above.
        side: Of the opening.
        volume: 1e-8 lots, above 0.
        freed: Trades of the pair that the same decision closes before the opening is sent.
    """
    accounts, subscriptions = book.accounts, book.subscriptions
    taken = links.state.accounts["open_trades"][links.account_row[account]] - freed
    within = taken + 1 <= accounts.max_open_trades[account]
    own_limit = subscriptions.max_open_trades[subscription]
    if np.count_nonzero(own_limit) or taken.max(initial=0) >= MOST_OWN_TRADES:
        own = links.open_of(subscription) - freed
        limit = np.where(own_limit == 0, MOST_OWN_TRADES, own_limit)
        within &= own + 1 <= np.minimum(limit, MOST_OWN_TRADES)
    fits = _fits(book, links, subscription, account, instrument, side, volume)
    if np.count_nonzero(within & fits) == len(account):
        return np.zeros(len(account), np.uint8)
    found = np.where(fits, np.uint8(0), _MAX_VOLUME)
    return np.asarray(np.where(within, found, _MAX_OPEN_TRADES))


def _fits(
    book: Book,
    links: Links,
    subscription: Rows,
    account: Rows,
    instrument: Rows,
    side: Codes,
    volume: Numbers,
) -> NDArray[np.bool_]:
    fits = (volume > 0) & (volume <= book.instruments.volume_max[instrument])
    for limits, row in (
        (book.accounts.max_volume, account),
        (book.subscriptions.max_volume, subscription),
    ):
        limit = limits[row]
        if np.count_nonzero(limit):
            fits &= (limit == 0) | (volume <= limit)
    limit = book.instruments.volume_limit[instrument]
    if np.count_nonzero(limit):
        held = np.where(
            side == _BUY,
            links.volume_by_side(account, instrument, _BUY),
            links.volume_by_side(account, instrument, _SELL),
        )
        fits &= (limit == 0) | (held + volume <= limit)
    return np.asarray(fits)
