"""The executor's journal: an append-only file on a local disk that one living process holds.

Its id is the owner of claims. `sending` is on disk before an order leaves, so after a crash the
journal knows every order that may have reached the broker. The file is: magic, id, then records
of length, CRC-32 and body; a body is the kind and, for each block, its length and its rows.
"""

import os
import struct
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from uuid import UUID, uuid4
from zlib import crc32

import numpy as np

from config import faults
from rules.journal import JournalState, Known, Result
from rules.journal_records import BLOCKS, PLACE, PUBLISHED, Kind, rows_of
from schema.broker import ANSWER
from schema.wire import REPORT, Records, decode, encode
from sinks.files import lock_file, replace_file, sync_file

MAGIC = b"TCJOURN1"
NAME = "executor.journal"
COMPACT_BYTES = 32 << 20

_HEAD = struct.Struct("<II")
_START = len(MAGIC) + 16
_KINDS = frozenset(Kind)


class Journal:
    """An open journal. Everything it holds in memory is the fold of the file.

    Args:
        directory: On a local disk; created if missing. One process at a time.
        new_id: Id for a journal that is created; random by default. A file that is damaged
            before its end is put aside and counts as lost, for it may miss what was sent.
        compact_bytes: Size from which the file is rewritten, once it has doubled.

    Raises:
        InUse: Another process holds it.
    """

    def __init__(
        self, directory: Path, *, new_id: UUID | None = None, compact_bytes: int = COMPACT_BYTES
    ) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        self._lock = lock_file(directory / f"{NAME}.lock")
        self._path = directory / NAME
        self._compact_bytes = compact_bytes
        self.state = JournalState()
        self.created = False
        found = self._read()
        if found is None:
            self._put_aside()
            self.created = True
            self.id = new_id or uuid4()
            replace_file(self._path, MAGIC + self.id.bytes)
        else:
            self.id = found
        self._file = self._path.open("r+b", buffering=0)
        self._file.seek(0, os.SEEK_END)
        self._size = self._compacted = self._file.tell()

    @property
    def known(self) -> dict[bytes, Known]:
        """The orders that are not finished, by id."""
        return self.state.known

    @property
    def size(self) -> int:
        """Bytes of the file."""
        return self._size

    def _read(self) -> UUID | None:
        """Fold the file, and cut a torn tail; None if it is missing or damaged."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        if len(data) < _START or not data.startswith(MAGIC):
            return None
        end = _START
        for body, after in _records(data, _START):
            kind = Kind(body[0])
            self.state.apply(kind, _blocks(kind, body))
            end = after
        if end < len(data):
            if _more_after(data, end):
                self.state = JournalState()
                return None
            with self._path.open("r+b") as file:
                file.truncate(end)
                os.fsync(file.fileno())
        return UUID(bytes=data[len(MAGIC) : _START])

    def _put_aside(self) -> None:
        if self._path.exists():
            number = sum(1 for _ in self._path.parent.glob(f"{NAME}.aside*"))
            self._path.rename(self._path.with_name(f"{NAME}.aside-{number}"))

    def sending(self, attempts: Records, orders: Records, requests: Records) -> None:
        """Record what is about to be sent; on disk when this returns."""
        self._append(Kind.SENDING, (attempts, orders, requests))
        self.sync()

    def answered(
        self, answers: Records, results: Sequence[tuple[int, bool, np.void]]
    ) -> list[Result]:
        """Record answers, and results to be published; on disk when this returns.

        Args:
            answers: ANSWER rows to orders that were sent.
            results: Partition, whether the closing script publishes it, and REPORT row.

        Returns:
            The results, with their ordinals.
        """
        first = self.state.next_ordinal
        places = [(first + i, p, closing) for i, (p, closing, _) in enumerate(results)]
        reports = rows_of([report for _, _, report in results], REPORT)
        self._append(Kind.ANSWERED, (answers, rows_of(places, PLACE), reports))
        self.sync()
        return [self.state.recent[place[0]] for place in places]

    def report(self, results: Sequence[tuple[int, bool, np.void]]) -> list[Result]:
        """Record results that no answer brought; on disk when this returns."""
        return self.answered(np.zeros(0, ANSWER), results) if results else []

    def published(self, ordinals: Sequence[int], position: str, now: int) -> None:
        """Record that results are in the events; "" for the position if others put them there.

        Not synced: should it be lost, they are published again, which harms nobody.
        """
        ms, _, seq = (position or "0-0").partition("-")
        rows = [(ordinal, int(ms), int(seq), 0, now) for ordinal in ordinals]
        self._append(Kind.PUBLISHED, (rows_of(rows, PUBLISHED),))

    def void(self, ordinals: Sequence[int]) -> None:
        """Record that closings were refused, so that these results never were."""
        rows = [(ordinal, 0, 0, 1, 0) for ordinal in ordinals]
        self._append(Kind.PUBLISHED, (rows_of(rows, PUBLISHED),))

    def deals(self, marks: Records) -> None:
        """Record the highest published deal of accounts (DEAL_MARK); not synced."""
        self._append(Kind.DEALS, (marks,))

    def doubted(self, orders: Records) -> None:
        """Record orders of other journals that are to be looked for; not synced."""
        self._append(Kind.DOUBTED, (orders,))

    def forget(self, now: int, held: Container[int], watched: Container[bytes] = ()) -> list[bytes]:
        """Drop from memory what is no longer needed (see JournalState.forget)."""
        return self.state.forget(now, held, watched)

    def sync(self) -> None:
        """Have the disk hold all that was recorded."""
        sync_file(self._file.fileno())

    def _append(self, kind: Kind, blocks: Sequence[Records]) -> None:
        data = _record(kind, blocks)
        written = self._file.write(data)
        if written != len(data):
            raise OSError(f"{self._path}: the disk took {written} of {len(data)} bytes")
        self._size += len(data)
        self.state.apply(kind, blocks)

    def compact(self) -> bool:
        """Rewrite the file with what is still known, if it has grown enough; tell whether."""
        if self._size < max(self._compact_bytes, 2 * self._compacted):
            return False
        parts = [MAGIC + self.id.bytes]
        parts += [_record(kind, blocks) for kind, blocks in self.state.records() if len(blocks[-1])]
        replace_file(self._path, b"".join(parts))
        faults.point("execute.compacting", OSError)
        self._file.close()
        self._file = self._path.open("r+b", buffering=0)
        self._file.seek(0, os.SEEK_END)
        self._size = self._compacted = self._file.tell()
        return True

    def put_aside(self) -> None:
        """Let go of a journal that must not speak any more; the next one is new."""
        self.close()
        self._put_aside()

    def close(self) -> None:
        """Sync and let go."""
        if not self._file.closed:
            self.sync()
            self._file.close()
            self._lock.close()


def _record(kind: Kind, blocks: Sequence[Records]) -> bytes:
    parts = [bytes([kind])]
    for rows in blocks:
        data = encode(rows)
        parts += (len(data).to_bytes(4, "little"), data)
    body = b"".join(parts)
    return _HEAD.pack(len(body), crc32(body)) + body


def _blocks(kind: Kind, body: bytes) -> list[Records]:
    blocks, at = [], 1
    for dtype in BLOCKS[kind]:
        size = int.from_bytes(body[at : at + 4], "little")
        blocks.append(decode(body[at + 4 : at + 4 + size], dtype))
        at += 4 + size
    return blocks


def _records(data: bytes, at: int) -> Iterator[tuple[bytes, int]]:
    """Yield the bodies of whole records, and where each ends, up to the first that is not."""
    while at + _HEAD.size <= len(data):
        size, checksum = _HEAD.unpack_from(data, at)
        body = data[at + _HEAD.size : at + _HEAD.size + size]
        if len(body) < max(size, 1) or crc32(body) != checksum:
            return
        at += _HEAD.size + size
        yield body, at


def _more_after(data: bytes, at: int) -> bool:
    """Return whether a whole record follows the broken one: then it is no torn tail.

    The broken record's length may be what is damaged, so every place behind it is looked at.
    """
    for place in range(at + 1, len(data) - _HEAD.size):
        size = int.from_bytes(data[place : place + 4], "little")
        kind = data[place + _HEAD.size]
        fits = kind in _KINDS and 0 < size <= len(data) - place - _HEAD.size
        if fits and next(_records(data, place), None) is not None:
            return True
    return False
