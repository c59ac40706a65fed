"""Identity of signals: who they are, whether they came before, and what is remembered of them."""

from decimal import Decimal
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec
import rfc8785

from rules.parsing_faults import Fault
from schema.codes import ReasonCode
from schema.ids import name_hash

_SAFE = 2**53
_encode = msgspec.json.Encoder(order="sorted").encode


def canonical(fields: dict[str, Any]) -> bytes:
    """Return the RFC 8785 JSON of the content: all fields but `comment` and those that are null.

    Raises:
        Fault: A number fits no double.
    """
    flat: dict[str, Any] = {}
    if not "".join(fields).isascii():
        return _slow(fields)  # which sorts by UTF-16
    for key, value in fields.items():
        if value is None or key == "comment":
            continue
        kind = type(value)
        if kind is str or (kind is int and -_SAFE < value < _SAFE):
            flat[key] = value
        elif kind is Decimal:
            number = float(value)
            # In this range Python and ECMAScript write the same digits, but for a final ".0".
            if number.is_integer() and abs(number) < _SAFE:
                flat[key] = int(number)
            elif 1e-4 <= abs(number) < 1e15:
                flat[key] = msgspec.Raw(repr(number).encode())
            else:
                return _slow(fields)
        else:
            return _slow(fields)
    return _encode(flat)


def _slow(fields: dict[str, Any]) -> bytes:
    content = {k: v for k, v in fields.items() if v is not None and k != "comment"}
    return rfc8785.dumps(_doubles(content))


def _doubles(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _doubles(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_doubles(inner) for inner in value]
    if isinstance(value, Decimal) and not value.is_finite():
        raise Fault(ReasonCode.NOT_FINITE, f"A number is {value}; only finite numbers are taken.")
    if isinstance(value, Decimal) or (type(value) is int and abs(value) >= _SAFE):
        try:
            number = float(value)
        except OverflowError:
            number = float("inf")
        if number - number != 0:
            raise Fault(ReasonCode.OUT_OF_RANGE, "A number is too large for any field.")
        return number
    return value


def signal_id(strategy: str, own: str) -> bytes:
    """Return the hash that is the identity of a signal: see `schema.ids.named_ids`.

    Args:
        strategy: Its key.
        own: The publisher's id, or the canonical JSON.
    """
    return name_hash(strategy, own)


def content_hash(content: bytes) -> bytes:
    """Return what tells two contents apart."""
    return sha256(content).digest()[:16]


class Original(NamedTuple):
    """What is remembered of a signal under its identity.

    Attributes:
        place: Entry's milliseconds and sequence, and row.
        content: Hash of its content.
        last: Target of its strategy and symbol last accepted before it; NaN if none, and for
            signals that are no target.
    """

    place: tuple[int, int, int]
    content: bytes
    last: float

    @property
    def entry_id(self) -> str:
        """Id of the stream entry."""
        return f"{self.place[0]}-{self.place[1]}"

    def encode(self) -> bytes:
        """Return the record as it is kept."""
        ms, seq, row = self.place
        return f"{ms}-{seq} {row} {self.content.hex()} {self.last!r}".encode()

    @classmethod
    def decode(cls, record: bytes) -> "Original":
        """Read a record."""
        entry, row, content, last = record.decode().split(" ")
        ms, _, seq = entry.partition("-")
        return cls((int(ms), int(seq), int(row)), bytes.fromhex(content), float(last))
