"""Decisions as they stand in the log of a partition: encoding, decoding, and what a chain is."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from schema.wire import ORDER, VERDICT, Records, decode, encode

BEGINNING = "0-0"
_VERSION = b"1"
_marks = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One entry of `{p}:decisions`, its orders inside."""

    previous: str  # id of the decision before, 0-0 for the first
    events: str  # position of {p}:events that it had seen
    marks: Mapping[str, str]  # last entry decided, per signal stream and for causes
    config: int  # version of the configuration
    orders: Records
    verdicts: Records

    def fields(self) -> dict[bytes, bytes]:
        """Return the entry's fields."""
        out = {
            b"v": _VERSION,
            b"prev": self.previous.encode(),
            b"events": self.events.encode(),
            b"marks": msgspec.json.encode(self.marks),
            b"config": str(self.config).encode(),
        }
        if len(self.orders):
            out[b"orders"] = encode(self.orders)
        if len(self.verdicts):
            out[b"verdicts"] = encode(self.verdicts)
        return out


def read(fields: Mapping[bytes, bytes]) -> Decision:
    """Return the decision that an entry holds.

    Raises:
        ValueError: If it was written by a newer format, or is damaged.
    """
    if fields.get(b"v") != _VERSION:
        raise ValueError(f"a decision of format {fields.get(b'v')!r} cannot be read, expected 1")
    orders, verdicts = fields.get(b"orders"), fields.get(b"verdicts")
    return Decision(
        previous=fields[b"prev"].decode(),
        events=fields[b"events"].decode(),
        marks=_marks.decode(fields[b"marks"]),
        config=int(fields[b"config"]),
        orders=decode(orders, ORDER) if orders else np.zeros(0, ORDER),
        verdicts=decode(verdicts, VERDICT) if verdicts else np.zeros(0, VERDICT),
    )
