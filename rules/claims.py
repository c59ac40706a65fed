"""What a claim found: the words that the claiming and closing scripts answer with."""

from enum import IntEnum
from typing import NamedTuple

CLOSED_FROM = 100  # a script's answer for a closed order is this plus its outcome


class Held(IntEnum):
    """Who may act on an order after a claim was tried."""

    CLAIMED = 0  # ours since this call
    OURS = 1  # ours, of this owner and term, since an earlier call
    OTHER_TERM = 2  # this journal's, of an earlier or later lease
    FOREIGN = 3  # another journal's: never sent by us
    GONE = 4  # its decision is no longer in the log: it had an outcome
    NO_LEASE = 5  # the lease is not ours: nothing was claimed
    CLOSED = 6  # it has an outcome
    OPEN = 7  # nobody's; only `holders` answers this


class Claim(NamedTuple):
    """The state of one order's claim; `outcome` only if closed."""

    held: Held
    outcome: int = 0


def claim_of(answer: int) -> Claim:
    """Return a script's answer as a claim."""
    if answer >= CLOSED_FROM:
        return Claim(Held.CLOSED, answer - CLOSED_FROM)
    return Claim(Held(answer))


def read_claim(value: bytes | None, owner: str, term: int) -> Claim:
    """Return what a field of the claims' hash means to this owner and term."""
    if value is None:
        return Claim(Held.OPEN)
    head, _, tail = value.decode("ascii").partition(":")
    if head == "closed":
        return Claim(Held.CLOSED, int(tail))
    if head != owner:
        return Claim(Held.FOREIGN)
    return Claim(Held.OURS if int(tail) == term else Held.OTHER_TERM)
