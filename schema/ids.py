"""Identities: deterministic, from what caused them, so that a replay makes the same ones.

An id travels as 16 bytes (NumPy `V16`, never `S16`: that strips trailing zero bytes).
"""

import hashlib
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

from schema.sha1 import BLOCK, digests

NAMESPACE = UUID("6f0e4b52-97a3-5d0c-8a61-3c1f5e2d7b90")
_NAMESPACE = NAMESPACE.bytes
SEPARATOR = "\x1f"
NIL = bytes(16)
ID = np.dtype("V16")
PARTITIONS = 64
# Namespace and name of an order's id, in a block of SHA-1.
_NAMED = np.dtype(
    {
        "names": ["strategy", "cause", "account", "leg"],
        "formats": ["V16", "V16", "V16", ">u2"],
        "offsets": [0, 16, 32, 48],
        "itemsize": BLOCK,
    }
)
_NAMED_BYTES = 50
# Namespace and name of a snapshot's id, likewise.
_DATED = np.dtype(
    {
        "names": ["namespace", "account", "date", "name"],
        "formats": ["V16", "V16", ">i4", "V16"],
        "offsets": [0, 16, 32, 36],
        "itemsize": BLOCK,
    }
)
_DATED_BYTES = 52

Ids = NDArray[np.void]


def make_id(*parts: str) -> UUID:
    """Return the uuid5 of `parts` joined by the unit separator (RFC 9562, 5.5)."""
    return uuid5(NAMESPACE, SEPARATOR.join(parts))


def name_hash(*parts: str) -> bytes:
    """Return the hash that `make_id` makes an id of; many become ids at once: `named_ids`."""
    name = SEPARATOR.join(parts).encode()
    return hashlib.sha1(_NAMESPACE + name, usedforsecurity=False).digest()[:16]


def named_ids(hashes: list[bytes]) -> Ids:
    """Return the ids that hashes of names make; equal to `make_id` of the same names."""
    return _version_5(np.frombuffer(b"".join(hashes), np.uint8).reshape(-1, 16).copy())


def _version_5(hashes: NDArray[np.uint8]) -> Ids:
    hashes[:, 6] = (hashes[:, 6] & 0x0F) | 0x50
    hashes[:, 8] = (hashes[:, 8] & 0x3F) | 0x80  # RFC 9562 variant
    return hashes.view(ID).reshape(-1)


def partition_of(account_id: UUID) -> int:
    """Return the partition, 0 to 63, that an account belongs to for life."""
    return int.from_bytes(hashlib.sha256(account_id.bytes).digest()[:2], "big") % PARTITIONS


def as_ids(values: list[bytes]) -> Ids:
    """Return 16-byte strings as an array of ids."""
    return np.frombuffer(b"".join(values), dtype=ID)


def order_ids(strategies: Ids, causes: Ids, accounts: Ids, legs: NDArray[Any]) -> Ids:
    """Return `uuid5(strategy, cause, account, leg)` for each order; the arrays are aligned.

    The strategy's id is the namespace; the name is the 16 bytes of the cause, those of the
    account, and the leg as two, the high one first (RFC 9562, 5.5: a name is a sequence of octets).

    Args:
        strategies: Ids of strategies.
        causes: Id of the signal, or of another cause.
        accounts: Ids of accounts.
        legs: Each leg's number, 1 to 65,535.
    """
    named = np.zeros(len(legs), dtype=_NAMED)
    named["strategy"], named["cause"], named["account"] = strategies, causes, accounts
    named["leg"] = legs
    return _version_5(digests(named.view(np.uint8).reshape(-1, BLOCK), _NAMED_BYTES))


def snapshot_ids(accounts: Ids, dates: NDArray[np.int32], names: Ids) -> Ids:
    """Return the id of each snapshot; the arrays are aligned.

    The name is the 16 bytes of the account, the date as four, the high one first, and 16 bytes
    that name the zone, or zone and window (RFC 9562, 5.5).

    Args:
        accounts: Ids of accounts.
        dates: Days since 1970.
        names: `make_id` of the zone, or of zone and window.
    """
    named = np.zeros(len(dates), dtype=_DATED)
    named["namespace"] = np.void(_NAMESPACE)
    named["account"], named["date"], named["name"] = accounts, dates, names
    return _version_5(digests(named.view(np.uint8).reshape(-1, BLOCK), _DATED_BYTES))
