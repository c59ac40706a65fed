"""A request's body: sized or chunked, plain or compressed, never more than the limit."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final

from embedded.clickhouse import decode
from embedded.clickhouse.errors import (
    BAD_ARGUMENTS,
    CANNOT_DECOMPRESS,
    NOT_IMPLEMENTED,
    QUERY_IS_TOO_LARGE,
    UNSUPPORTED_METHOD,
    QueryError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

    from embedded.clickhouse.pace import Pace

CHUNK: Final = 1 << 18
_LONGEST_LINE: Final = 1 << 12


class TruncatedBody(ConnectionError):
    """The client went away, or spoke nonsense, before the end of the body."""


class Body:
    """What a request carries, to be read once.

    Args:
        source: the connection, at the first byte of the body.
        headers: of the request.
        limit: most bytes that it may hold, compressed and decompressed.
        pace: how long the client may keep it waiting.

    Raises:
        QueryError: a length that is no number or above the limit, or an unknown encoding.
    """

    def __init__(self, source: BinaryIO, headers: Message, limit: int, pace: Pace) -> None:
        self._source = source
        self._pace = pace
        self._limit = limit
        self._seen = 0
        self._given = 0
        self.finished = False
        transfer = headers.get("Transfer-Encoding", "").strip().lower()
        self._chunked = transfer == "chunked"
        if transfer and not self._chunked:
            raise QueryError.of(
                UNSUPPORTED_METHOD, f"Transfer-Encoding {transfer} is unknown", "UNSUPPORTED_METHOD"
            )
        length = headers.get("Content-Length", "0").strip()
        if not length.isascii() or not length.isdigit():
            raise QueryError.of(BAD_ARGUMENTS, "Content-Length is no number", "BAD_ARGUMENTS")
        self._left = 0 if self._chunked else int(length)
        self.finished = not self._chunked and self._left == 0
        self._encoding = headers.get("Content-Encoding", "").strip().lower()
        if self._left > limit:
            raise self._too_large()
        if not decode.knows(self._encoding):
            raise QueryError.of(
                NOT_IMPLEMENTED,
                f"Content-Encoding {self._encoding} is not supported",
                "NOT_IMPLEMENTED",
            )

    def __iter__(self) -> Iterator[bytes]:
        """The decompressed bytes, in pieces.

        Raises:
            QueryError: above the limit, or not what its encoding says.
            TruncatedBody: the connection broke.
            TooSlow: the client was.
        """
        try:
            for piece in decode.unpack(self._encoding, self._raw()):
                self._given += len(piece)
                if self._given > self._limit:
                    raise self._too_large()
                if piece:
                    yield piece
        except decode.Undecodable as error:
            raise QueryError.of(
                CANNOT_DECOMPRESS,
                f"The body is not {self._encoding}: {error}",
                "CANNOT_DECOMPRESS",
            ) from error

    def read_up_to(self, size: int, pieces: Iterator[bytes]) -> bytes:
        """At least `size` bytes of `pieces`, or all there are."""
        parts: list[bytes] = []
        total = 0
        while total < size:
            piece = next(pieces, None)
            if piece is None:
                break
            parts.append(piece)
            total += len(piece)
        return b"".join(parts)

    def drain(self, most: int) -> bool:
        """Read away what is left, so that the client can read an answer.

        Args:
            most: bytes to give it at the longest.

        Returns:
            Whether the body's end was reached: the connection can be used again.
        """
        try:
            for raw in self._raw(limited=False):
                most -= len(raw)
                if most < 0:
                    break
        except (OSError, QueryError):
            return False
        return self.finished

    def _raw(self, *, limited: bool = True) -> Iterator[bytes]:
        while not self.finished:
            with self._pace.waiting():
                data = self._step()
            self._pace.moved(len(data))
            self._seen += len(data)
            if limited and self._seen > self._limit:
                raise self._too_large()
            yield data

    def _step(self) -> bytes:
        """What is there of the body by now; nothing at the beginning of a chunk."""
        if self._chunked and self._left == 0:
            self._next_chunk()
            return b""
        data: bytes = self._source.read1(min(CHUNK, self._left))  # type: ignore[attr-defined]
        if not data:
            raise TruncatedBody("the client closed the connection within the body")
        self._left -= len(data)
        if self._left == 0:
            if self._chunked:
                self._line()
            else:
                self.finished = True
        return data

    def _next_chunk(self) -> None:
        size = self._line().split(b";")[0].strip()
        try:
            self._left = int(size, 16)
        except ValueError:
            raise TruncatedBody(f"not the size of a chunk: {size[:20]!r}") from None
        if self._left < 0:
            raise TruncatedBody("a chunk of negative size")
        if self._left == 0:
            while self._line():
                pass
            self.finished = True

    def _line(self) -> bytes:
        line = self._source.readline(_LONGEST_LINE)
        if not line.endswith(b"\n"):
            raise TruncatedBody("the client closed the connection within a chunk")
        return line.strip()

    def _too_large(self) -> QueryError:
        return QueryError.of(
            QUERY_IS_TOO_LARGE,
            f"The request's body is larger than {self._limit} bytes: send the rows in several"
            " inserts",
            "QUERY_IS_TOO_LARGE",
        )
