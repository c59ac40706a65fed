"""Compressed answers, for clients that ask for them."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Packer(Protocol):
    """Compresses pieces of one answer."""

    def pack(self, piece: bytes) -> bytes:
        """Take a piece; give what can be sent already."""

    def finish(self) -> bytes:
        """Give the rest."""


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._packer = zlib.compressobj(1, wbits=bits)

    def pack(self, piece: bytes) -> bytes:
        return self._packer.compress(piece) + self._packer.flush(zlib.Z_SYNC_FLUSH)

    def finish(self) -> bytes:
        return self._packer.flush()


class _Lz4:
    def __init__(self) -> None:
        import lz4.frame  # noqa: PLC0415 - most processes never see it

        self._packer = lz4.frame.LZ4FrameCompressor(auto_flush=True)
        self._head: bytes = self._packer.begin()

    def pack(self, piece: bytes) -> bytes:
        head, self._head = self._head, b""
        packed: bytes = self._packer.compress(piece)
        return head + packed

    def finish(self) -> bytes:
        head, self._head = self._head, b""
        rest: bytes = self._packer.flush()
        return head + rest


class _Zstd:
    def __init__(self) -> None:
        import zstandard  # noqa: PLC0415

        self._packer = zstandard.ZstdCompressor(level=1).compressobj()
        self._block = zstandard.COMPRESSOBJ_FLUSH_BLOCK

    def pack(self, piece: bytes) -> bytes:
        return self._packer.compress(piece) + self._packer.flush(self._block)

    def finish(self) -> bytes:
        return self._packer.flush()


# The cheapest first: it is chosen when a client takes several.
_PACKERS: Final[dict[str, Callable[[], Packer]]] = {
    "lz4": _Lz4,
    "zstd": _Zstd,
    "gzip": lambda: _Zlib(31),
    "deflate": lambda: _Zlib(15),
}


def choose(accepted: str) -> tuple[str, Packer] | None:
    """The encoding of an answer, and its packer.

    Args:
        accepted: the header Accept-Encoding.

    Returns:
        None if the client takes none of those that are known.
    """
    named: dict[str, bool] = {}
    for part in accepted.lower().split(","):
        name, _, weight = part.strip().partition(";")
        named[name.strip()] = weight.replace(" ", "") not in ("q=0", "q=0.0")
    for name, make in _PACKERS.items():
        if named.get(name):
            return name, make()
    return None
