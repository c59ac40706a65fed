"""Compressed bodies, in pieces that are small however well they were compressed.

A body may be several members, one after the other, as `pigz`, `bgzip` and `cat a.gz b.gz` write
them. All of them count, and nothing but members may stand in it.
"""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PIECE: Final = 1 << 18
# What RFC 9659 allows to `Content-Encoding: zstd`; the levels up to 19 need no more.
_WINDOW: Final = 1 << 23
_MAGIC: Final = 0xFD2FB528
_SKIPPED: Final = 0x184D2A50
_RLE: Final = 1


class Undecodable(ValueError):
    """A body that is not what its encoding says."""


class _Member(Protocol):
    """One member of a body; the classes of `zlib` and `lz4` differ in where they keep a rest."""

    def take(self, data: bytes) -> bytes:
        """Take more; give a piece. What is left of it is asked for with no more data."""

    @property
    def ended(self) -> bool:
        """Whether its end was reached."""

    @property
    def behind(self) -> bytes:
        """What follows its end."""


class _Zlib:
    def __init__(self, bits: int) -> None:
        self._inflater = zlib.decompressobj(bits)

    def take(self, data: bytes) -> bytes:
        try:
            return self._inflater.decompress(self._inflater.unconsumed_tail + data, _PIECE)
        except zlib.error as error:
            raise Undecodable(str(error)) from error

    @property
    def ended(self) -> bool:
        return self._inflater.eof

    @property
    def behind(self) -> bytes:
        return self._inflater.unused_data


class _Gzip(_Zlib):
    def __init__(self) -> None:
        super().__init__(31)

    @property
    def behind(self) -> bytes:
        # Tapes and blocks are filled up with zeros.
        return super().behind.lstrip(b"\0")


class _Lz4:
    def __init__(self) -> None:
        import lz4.frame  # noqa: PLC0415 - most processes never see it

        self._inflater = lz4.frame.LZ4FrameDecompressor()

    def take(self, data: bytes) -> bytes:
        try:
            piece: bytes = self._inflater.decompress(data, _PIECE)
        except RuntimeError as error:
            raise Undecodable(str(error)) from error
        return piece

    @property
    def ended(self) -> bool:
        found: bool = self._inflater.eof
        return found

    @property
    def behind(self) -> bytes:
        return self._inflater.unused_data or b""


def _members(raw: Iterator[bytes], new: Callable[[], _Member]) -> Iterator[bytes]:
    member: _Member | None = new()
    padded = False
    for data in raw:
        rest = data
        while rest or member is not None:
            if member is None:
                # Zeros behind a member may go on in the next piece.
                rest = rest.lstrip(b"\0") if padded else rest
                if not rest:
                    break
                member = new()
            piece = member.take(rest)
            if piece:
                yield piece
            if member.ended:
                rest, member = member.behind, None
                padded = new is _Gzip
            elif len(piece) < _PIECE:
                break
            else:
                rest = b""
    if member is not None:
        raise Undecodable("it ends too early")


class _Source:
    """The compressed bytes, given out in the sizes that are asked for."""

    def __init__(self, raw: Iterator[bytes]) -> None:
        self._raw = raw
        self._held = bytearray()

    def take(self, size: int) -> bytes:
        """So many bytes.

        Raises:
            Undecodable: there are fewer.
        """
        if not self._reaches(size):
            raise Undecodable("it ends too early")
        data = bytes(self._held[:size])
        del self._held[:size]
        return data

    def at_end(self) -> bool:
        """Whether all was given out."""
        return not self._reaches(1)

    def _reaches(self, size: int) -> bool:
        while len(self._held) < size:
            piece = next(self._raw, None)
            if piece is None:
                return False
            self._held += piece
        return True


def _zstd(raw: Iterator[bytes]) -> Iterator[bytes]:
    """Frames, taken apart at their blocks (RFC 8878).

    The library gives all that its input holds at once. A block, of at most 128 KiB when it is
    plain, is the smallest input that it can make anything of.
    """
    import zstandard  # noqa: PLC0415 - most processes never see it

    inflater = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
    source = _Source(raw)
    while True:
        start = source.take(4)
        magic = int.from_bytes(start, "little")
        if magic & ~0xF == _SKIPPED:
            _skip(source)
        elif magic != _MAGIC:
            raise Undecodable("what stands where a frame should begin is none")
        else:
            frame = inflater.decompressobj()
            for part in _parts(source, start):
                try:
                    piece = frame.decompress(part)
                except zstandard.ZstdError as error:
                    raise Undecodable(str(error)) from error
                if piece:
                    yield piece
        if source.at_end():
            return


def _skip(source: _Source) -> None:
    left = int.from_bytes(source.take(4), "little")
    while left:
        left -= len(source.take(min(left, _PIECE)))


def _parts(source: _Source, start: bytes) -> Iterator[bytes]:
    """A frame's header, its blocks, and its checksum if it has one."""
    flags = source.take(1)[0]
    is_single, has_checksum = flags >> 5 & 1, flags >> 2 & 1
    size = (is_single, 2, 4, 8)[flags >> 6] + (0, 1, 2, 4)[flags & 3] + (1 - is_single)
    yield start + bytes((flags,)) + source.take(size)
    last = False
    while not last:
        head = source.take(3)
        word = int.from_bytes(head, "little")
        last, kind, size = bool(word & 1), word >> 1 & 3, word >> 3
        yield head + source.take(1 if kind == _RLE else size)
    if has_checksum:
        yield source.take(4)


_ENCODINGS: Final[dict[str, Callable[[Iterator[bytes]], Iterator[bytes]]]] = {
    "": lambda raw: raw,
    "identity": lambda raw: raw,
    "gzip": lambda raw: _members(raw, _Gzip),
    "deflate": lambda raw: _members(raw, lambda: _Zlib(15)),
    "lz4": lambda raw: _members(raw, _Lz4),
    "zstd": _zstd,
}


def knows(encoding: str) -> bool:
    """Whether bodies of an encoding can be read."""
    return encoding in _ENCODINGS


def unpack(encoding: str, raw: Iterator[bytes]) -> Iterator[bytes]:
    """The plain bytes of a body, in pieces of at most a few hundred KiB.

    Args:
        encoding: one that is known.
        raw: what was sent. What it raises comes through as it is.

    Raises:
        Undecodable: it is not of this encoding, ends too early, or has something behind its end.
    """
    return _ENCODINGS[encoding](raw)
