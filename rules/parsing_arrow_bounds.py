"""What an Arrow IPC stream will take once it is unpacked, told from its framing alone.

A few bytes can stand for gigabytes: compressed buffers, columns of nulls, buffers that are named
twice. The header of each message says how much it holds, so nothing is unpacked to find out.
"""

import struct
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from rules.parsing_faults import Fault
from schema.codes import ReasonCode

MAX_ROWS = 65_536
MAX_VALUES = 2**21  # those in lists and structs too: 32 in each of the most rows
MAX_BYTES = 16 * 1024 * 1024  # of all columns once unpacked: four times the largest entry
_MAX_MESSAGES = 4096
# Before there was a field for it, version 4 of the format told compression by this name.
_OLD_COMPRESSION = b"ARROW:experimental_compression"


@dataclass(slots=True)
class _Totals:
    rows: int = 0
    values: int = 0
    size: int = 0


def check_bounds(data: bytes) -> None:
    """Refuse a stream that unpacks to too much, and one that is followed by anything.

    Raises:
        Fault: It does.
    """
    source = pa.BufferReader(data)
    totals = _Totals()
    for count, message in enumerate(pa.ipc.MessageReader.open_stream(source)):
        if count > _MAX_MESSAGES:
            raise _oversized(f"more than {_MAX_MESSAGES:,} batches")
        if message.type != "schema":
            try:
                _add(totals, message)
            except (struct.error, IndexError):
                raise Fault(
                    ReasonCode.NOT_ARROW, "A batch of the Arrow stream has a broken header."
                ) from None
    left = len(data) - source.tell()
    if left:
        raise Fault(
            ReasonCode.NOT_ARROW,
            f"The Arrow stream is followed by {left:,} more bytes; send one stream per entry.",
        )


def oversized_values() -> Fault:
    """Return the fault of an entry that holds too much, whatever way it was packed."""
    return _oversized("more than 16 MiB when unpacked")


def _oversized(what: str) -> Fault:
    return Fault(ReasonCode.OVERSIZED, f"The Arrow entry has {what}.")


def _add(totals: _Totals, message: Any) -> None:
    """Add the rows, values and bytes of one batch of rows or of a dictionary."""
    header = message.metadata.to_pybytes()
    root = _table(header, 0)
    batch = _child(header, root, 2)
    if message.type == "dictionary":
        batch = _child(header, batch, 1)
    else:
        totals.rows += _length(header, batch)
        if totals.rows > MAX_ROWS:
            raise Fault(ReasonCode.TOO_MANY_ROWS, "The Arrow entry has more than 65,536 rows.")
    nodes, buffers = _pairs(header, batch, 1), _pairs(header, batch, 2)
    if any(number < 0 for number in (*nodes, *buffers)):
        raise struct.error
    totals.values += sum(nodes[::2])
    if totals.values > MAX_VALUES:
        raise _oversized(f"more than {MAX_VALUES:,} values")
    if _field(header, batch, 3) or _OLD_COMPRESSION in header:
        body = memoryview(message.body or b"")
        totals.size += sum(
            _unpacked(body, at, size)
            for at, size in zip(buffers[::2], buffers[1::2], strict=True)
            if size
        )
    else:
        totals.size += sum(buffers[1::2])
    if totals.size > MAX_BYTES:
        raise oversized_values()


def _unpacked(body: memoryview, at: int, size: int) -> int:
    """A compressed buffer begins with its size once unpacked; -1: it is not compressed."""
    (found,) = struct.unpack_from("<q", body, at)
    if found < -1:
        raise struct.error
    return size if found == -1 else int(found)


# The header is a flatbuffer: a table begins with the distance back to the list of the places of
# its fields, each 0 where the field is absent.


def _table(header: bytes, at: int) -> int:
    return at + int(struct.unpack_from("<I", header, at)[0])


def _field(header: bytes, table: int, number: int) -> int:
    """Return where a field of a table is, or 0."""
    places = table - int(struct.unpack_from("<i", header, table)[0])
    if places < 0:
        raise struct.error
    entry = 4 + 2 * number
    if entry + 2 > struct.unpack_from("<H", header, places)[0]:
        return 0
    offset = int(struct.unpack_from("<H", header, places + entry)[0])
    return table + offset if offset else 0


def _child(header: bytes, table: int, number: int) -> int:
    at = _field(header, table, number)
    if not at:
        raise struct.error
    return _table(header, at)


def _length(header: bytes, batch: int) -> int:
    at = _field(header, batch, 0)
    found = int(struct.unpack_from("<q", header, at)[0]) if at else 0
    if found < 0:
        raise struct.error
    return found


def _pairs(header: bytes, batch: int, number: int) -> tuple[int, ...]:
    """Return a list of pairs of whole numbers: (length, nulls), or (offset, length)."""
    at = _field(header, batch, number)
    if not at:
        return ()
    begin = _table(header, at)
    (count,) = struct.unpack_from("<I", header, begin)
    if 16 * count > len(header):
        raise struct.error
    return struct.unpack_from(f"<{2 * count}q", header, begin + 4)
