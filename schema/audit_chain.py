"""Seals over the audit: a chain of hashes that shows what was changed, removed or put in.

A seal covers every row of `audit_log` whose time lies after the seal before it and not after its
own end. It holds the SHA-256 of each of these rows, and its own SHA-256 covers all that it says,
the hash of the seal before it included. So a row cannot be changed, removed, moved in time or put
in between without a trace, nor a seal, but for the last ones: where the chain ends is kept
elsewhere too (`Head`).

A row's hash leaves `user_id` out, which becomes null when its user is deleted; `actor` says who
it was. The hash of a row is over its columns in the registry's order, as `canonical` writes them.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from schema.postgres_triggers import KEPT_DAYS
from schema.registry import table

LOG = table("audit_log")
SEALS = table("audit_seals")
# What a row's hash is over.
HASHED = tuple(name for name in LOG.names if name != "user_id")
GENESIS = "0" * 64
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Breach:
    """Something that the chain shows was tampered with.

    Attributes:
        table: `audit_log` or `audit_seals`.
        name: id of the row, or number of the seal.
        what: in words.
    """

    table: str
    name: str
    what: str


@dataclass(frozen=True)
class Head:
    """Where the chain ended when somebody looked."""

    number: int
    hash: str


@dataclass
class Verdict:
    """What a check of the whole chain came to.

    Attributes:
        breaches: what is wrong, in the order of the chain.
        seals: that were checked.
        rows: that stand under a seal and are as they were.
        unsealed: rows that are younger than the last seal.
        expired: seals whose rows have all gone, old enough to be allowed to.
        head: the last seal.
    """

    breaches: list[Breach]
    seals: int = 0
    rows: int = 0
    unsealed: int = 0
    expired: int = 0
    head: Head | None = None


def digest(row: Row) -> str:
    """Return the SHA-256 of a row of the audit, in hex."""
    told = [None if row[name] is None else canonical(row[name]) for name in HASHED]
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def canonical(value: Any) -> str:
    """Return one spelling of a value, whatever driver gave it."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}"
    if isinstance(value, bytes):
        return str(UUID(bytes=value))
    return str(value)


def seal(
    before: Row | None, rows: Iterable[Row], until: datetime, sealed_at: datetime
) -> dict[str, Any]:
    """Return the next seal.

    Args:
        before: the last one, None for the first.
        rows: all rows after its end and up to `until`, by time and id.
        until: its own end.
        sealed_at: now.
    """
    digests = [[canonical(row["id"]), digest(row)] for row in rows]
    made: dict[str, Any] = {
        "seal_number": 1 if before is None else before["seal_number"] + 1,
        "previous_hash": GENESIS if before is None else before["hash"],
        "row_count": len(digests),
        "first_id": UUID(digests[0][0]) if digests else None,
        "last_id": UUID(digests[-1][0]) if digests else None,
        "sealed_after": BEGINNING if before is None else before["sealed_until"],
        "sealed_until": until,
        "digests": msgspec.json.encode(digests).decode(),
        "sealed_at": sealed_at,
        "version": 1,
    }
    return made | {"hash": _hash(made)}


def verify(
    seals: Iterable[Row], rows: Iterable[Row], heads: Sequence[Head], now: datetime
) -> Verdict:
    """Check all of the chain.

    Args:
        seals: all of them, by number.
        rows: all of the audit, by time and id.
        heads: where the chain ended before, as was noted elsewhere.
        now: for what is old enough to be gone.
    """
    found = Verdict([])
    stream, hashes = _Stream(rows), dict[int, str]()
    before: Row | None = None
    for each in seals:
        found.breaches += _link(before, each)
        # Rows between two seals are those of one that was removed, which has been told.
        for _ in stream.until(each["sealed_after"]):
            pass
        _cover(each, list(stream.until(each["sealed_until"])), found, now)
        found.seals += 1
        found.head = Head(each["seal_number"], each["hash"])
        hashes[each["seal_number"]] = each["hash"]
        before = each
    found.unsealed = sum(1 for _ in stream.rest())
    found.breaches += _lost_heads(hashes, heads)
    return found


class _Stream:
    """Rows by time, taken up to one moment after the other."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self._next = next(self._rows, None)

    def until(self, moment: datetime) -> Iterator[Row]:
        while self._next is not None and self._next["created_at"] <= moment:
            yield self._next
            self._next = next(self._rows, None)

    def rest(self) -> Iterator[Row]:
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)


def _hash(made: Row) -> str:
    names = [name for name in SEALS.names if name not in {"hash", "version"}]
    told = [None if made[name] is None else canonical(made[name]) for name in names]
    # The digests' own spelling is a database's affair.
    told[names.index("digests")] = _spelled(made)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


def _spelled(made: Row) -> str:
    return msgspec.json.encode(msgspec.json.decode(made["digests"])).decode()


def _link(before: Row | None, each: Row) -> list[Breach]:
    number = each["seal_number"]
    expected = 1 if before is None else before["seal_number"] + 1
    found = [
        Breach(SEALS.name, str(gone), "the seal was removed") for gone in range(expected, number)
    ]
    if _hash(each) != each["hash"]:
        found.append(Breach(SEALS.name, str(number), "the seal was changed"))
    elif number == expected and each["previous_hash"] != (before or {"hash": GENESIS})["hash"]:
        found.append(Breach(SEALS.name, str(number), "it does not follow the seal before it"))
    return found


def _cover(each: Row, rows: Sequence[Row], found: Verdict, now: datetime) -> None:
    """Compare the rows of a seal's time with what it says of them."""
    sealed = dict(msgspec.json.decode(each["digests"], type=list[tuple[str, str]]))
    old = each["sealed_until"] < now - timedelta(days=KEPT_DAYS)
    if sealed and not rows and old:
        # The law lets an audit go that is so old.
        found.expired += 1
        return
    under = f"under seal {each['seal_number']}"
    for row in rows:
        name = canonical(row["id"])
        was = sealed.pop(name, None)
        if was is None:
            found.breaches.append(Breach(LOG.name, name, f"the row was put in {under}"))
        elif was != digest(row):
            found.breaches.append(Breach(LOG.name, name, f"the row was changed {under}"))
        else:
            found.rows += 1
    found.breaches += [
        Breach(LOG.name, name, f"the row was removed, or moved in time, {under}") for name in sealed
    ]


def _lost_heads(hashes: Mapping[int, str], heads: Sequence[Head]) -> list[Breach]:
    last = max(hashes, default=0)
    found = []
    for head in heads:
        if head.number > last:
            found.append(Breach(SEALS.name, str(head.number), "the seal was removed from the end"))
        elif hashes.get(head.number, head.hash) != head.hash:
            what = "it is not the seal that was noted elsewhere"
            found.append(Breach(SEALS.name, str(head.number), what))
    return found
