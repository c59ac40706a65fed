"""Whether entries of a stream are gone that a reader has not read: what others trimmed or lost.

A reader's own trimming always leaves the entry at its position. Trimming (XTRIM, or XADD with
MAXLEN) takes from the front and leaves the counter of entries ever added as it is; XDEL takes
any entry and notes the greatest one that it took.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

BEGINNING = "0-0"


@dataclass(frozen=True, kw_only=True)
class Head:
    """What Redis says of a stream (XINFO STREAM), ids as `ms-seq`.

    Attributes:
        length: Entries that stand.
        added: Entries ever added.
        first: The oldest that stands, "" if none does.
        last: The newest that stands, "" if none does.
        generated: The newest ever.
        deleted: The greatest that XDEL took.
    """

    length: int
    added: int
    first: str
    last: str
    generated: str
    deleted: str

    @classmethod
    def of(cls, info: Mapping[Any, Any]) -> "Head":
        """Return what a reply to XINFO STREAM says; its keys may be text or bytes."""
        said = {_text(name): value for name, value in info.items()}
        first, last = (
            _text(said[name][0]) if said[name] else "" for name in ("first-entry", "last-entry")
        )
        return cls(
            length=int(said["length"]),
            added=int(said["entries-added"]),
            first=first,
            last=last,
            generated=_text(said["last-generated-id"]),
            deleted=_text(said["max-deleted-entry-id"]),
        )


@dataclass(frozen=True)
class Gap:
    """Entries that are gone unread, or may be.

    Attributes:
        position: The last entry that was read.
        reason: Why we think so.
        least: How many are gone at least; 0 if it may be that none is.
    """

    position: str
    reason: str
    least: int


def find_gap(position: str, head: Head | None, *, here: bool) -> Gap | None:
    """Return the gap behind a position, as far as the stream itself shows it.

    What was trimmed and then passed by the reader cannot be seen so: see `counted_gap`.

    Args:
        position: The last entry that was read, 0-0 for none.
        head: Of the stream; None if there is none.
        here: Whether the entry at the position stands.
    """
    reason, least = _seen(position, head, here=here)
    return Gap(position, reason, least) if reason else None


def _seen(position: str, head: Head | None, *, here: bool) -> tuple[str, int]:
    read = position != BEGINNING
    if head is None:
        return (f"the stream is gone; we were at {position}" if read else ""), 0
    if _order(head.deleted) > _order(position):
        return f"entries after {position} were deleted", 1
    if not read:
        lost = head.added - head.length
        return (f"{lost} entries were trimmed before they were read" if lost > 0 else ""), lost
    if not here and _order(head.generated) < _order(position):
        return f"the stream begins anew below {position}", 0
    nothing_after = head.generated == position
    front_stands = bool(head.first) and _order(head.first) < _order(position)
    if here or nothing_after or front_stands:
        return "", 0  # the entry alone was deleted, or all that was read was trimmed
    return f"the entry at {position} is gone, and maybe some after it", 0


def counted_gap(
    position: str, head: Head | None, *, here: bool, after: int, counted: int
) -> Gap | None:
    """Return the gap up to a position and behind it, where what was read is counted.

    Args:
        position: The last entry that was read.
        head: Of the stream; None if there is none.
        here: Whether the entry at the position stands.
        after: Entries that stand behind the position, in the same moment.
        counted: Entries ever added up to where the count began, and those read since.
    """
    if head is None or _order(head.generated) < _order(position):
        return find_gap(position, head, here=here)
    lost = head.added - after - counted
    if lost > 0:
        return Gap(position, f"{lost} entries were trimmed or deleted unread", lost)
    if lost < 0:
        return Gap(position, "the stream was deleted and made anew", 0)
    return None


def _order(entry_id: str) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.partition("-")
    return int(milliseconds), int(sequence or 0)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
