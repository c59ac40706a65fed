"""Identities: deterministic, from what caused them, so that a replay makes the same ones.

An id travels as 16 bytes (NumPy `V16`, never `S16`: that strips trailing zero bytes).
"""

import hashlib
from typing import Any
from uuid import UUID, uuid5

import numpy as np
from numpy.typing import NDArray

NAMESPACE = UUID("6f0e4b52-97a3-5d0c-8a61-3c1f5e2d7b90")
SEPARATOR = "\x1f"
NIL = bytes(16)
ID = np.dtype("V16")
PARTITIONS = 64

Ids = NDArray[np.void]


def make_id(*parts: str) -> UUID:
    """Return the uuid5 of `parts` joined by the unit separator (RFC 9562, 5.5)."""
    return uuid5(NAMESPACE, SEPARATOR.join(parts))


def partition_of(account_id: UUID) -> int:
    """Return the partition, 0 to 63, that an account belongs to for life."""
    return int.from_bytes(hashlib.sha256(account_id.bytes).digest()[:2], "big") % PARTITIONS


def as_ids(values: list[bytes]) -> Ids:
    """Return 16-byte strings as an array of ids."""
    return np.frombuffer(b"".join(values), dtype=ID)


def as_uuid(value: bytes | np.void) -> UUID:
    """Return one id of an array as a UUID."""
    return UUID(bytes=value if isinstance(value, bytes) else value.tobytes())


def order_prefix(strategy: str, cause: bytes) -> Any:
    """Return the state of the hash that all orders of one cause begin with; see `order_ids`.

    Args:
        strategy: Key of the strategy.
        cause: Id of the signal, or of another cause.
    """
    head = SEPARATOR.join((strategy, str(UUID(bytes=cause)), "")).encode()
    return hashlib.sha1(NAMESPACE.bytes + head, usedforsecurity=False)


def order_ids(prefixes: list[Any], place: list[int], accounts: list[bytes], legs: list[int]) -> Ids:
    """Return `uuid5(strategy, cause, account, leg)` for each order.

    Args:
        prefixes: What `order_prefix` gives, for each cause.
        place: Which of them each order begins with.
        accounts: Each order's account in its 36-character form, as bytes.
        legs: Each leg's number, from 1.

    Returns:
        One id for each order; equal to `make_id(strategy, str(cause), account, str(leg))`.
    """
    digests = []
    tails = [f"{SEPARATOR}{leg}".encode() for leg in range(max(legs, default=0) + 1)]
    for prefix, account, leg in zip(map(prefixes.__getitem__, place), accounts, legs, strict=True):
        one = prefix.copy()
        one.update(account + tails[leg])
        digests.append(one.digest())
    # SHA-1 has 20 bytes; an id is the first 16 of them, with version and variant set.
    out = np.frombuffer(b"".join(digests), dtype=np.uint8).reshape(-1, 20)[:, :16].copy()
    out[:, 6] = (out[:, 6] & 0x0F) | 0x50  # version 5
    out[:, 8] = (out[:, 8] & 0x3F) | 0x80  # RFC 9562 variant
    return out.view(ID).reshape(-1)
