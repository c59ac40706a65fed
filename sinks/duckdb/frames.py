"""What goes over the socket: frames of a kind, a length and so many bytes."""

from __future__ import annotations

import io
import socket
from typing import TYPE_CHECKING

from typing_extensions import override

from rules.errors import Rejected, Transient

if TYPE_CHECKING:
    from typing_extensions import Buffer

REQUEST = b"Q"
DATA = b"D"
ERROR = b"E"
END = b"Z"
_LARGEST = 1 << 30


class LinkBroken(Transient):
    """The other side went away, or sent what is no frame."""


class QueryFailed(Rejected):
    """The database refused the query; the message is its own."""


def send(link: socket.socket, kind: bytes, payload: Buffer = b"") -> None:
    """Send one frame."""
    view = memoryview(payload)
    link.sendall(kind + view.nbytes.to_bytes(4, "little"))
    if view.nbytes:
        link.sendall(view)


def receive(link: socket.socket) -> tuple[bytes, bytes]:
    """Return the kind and payload of the next frame.

    Raises:
        LinkBroken: there is none, or not a whole one.
    """
    head = _exactly(link, 5)
    size = int.from_bytes(head[1:], "little")
    if size > _LARGEST:
        raise LinkBroken(f"a frame of {size} bytes is none of ours")
    return head[:1], _exactly(link, size)


def _exactly(link: socket.socket, size: int) -> bytes:
    data = bytearray(size)
    view = memoryview(data)
    while view:
        try:
            count = link.recv_into(view)
        except OSError as error:
            raise LinkBroken(f"the link to the database broke: {error}") from error
        if not count:
            raise LinkBroken("the database closed the link")
        view = view[count:]
    return bytes(data)


class FrameWriter(io.RawIOBase):
    """Sends what is written as frames of data."""

    def __init__(self, link: socket.socket) -> None:
        self._link = link

    @override
    def writable(self) -> bool:
        return True

    @override
    def write(self, data: Buffer) -> int:
        view = memoryview(data)
        for start in range(0, view.nbytes, _LARGEST):
            send(self._link, DATA, view[start : start + _LARGEST])
        return view.nbytes


class FrameReader(io.RawIOBase):
    """Reads frames of data up to the end.

    Raises (on reading):
        QueryFailed: an error came instead.
        LinkBroken: the link broke before the end.
    """

    def __init__(self, link: socket.socket) -> None:
        self._link = link
        self._rest = memoryview(b"")
        self._ended = False

    @override
    def readable(self) -> bool:
        return True

    @override
    def readinto(self, buffer: Buffer) -> int:
        target = memoryview(buffer).cast("B")
        while not self._rest and not self._ended:
            kind, payload = receive(self._link)
            if kind == ERROR:
                self._ended = True
                raise QueryFailed(payload.decode())
            if kind == END:
                self._ended = True
            else:
                self._rest = memoryview(payload)
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
