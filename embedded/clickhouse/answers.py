"""How answers go out: whole, in chunks, or as an error, with ClickHouse's headers."""

from __future__ import annotations

import json
import secrets
import tempfile
from contextlib import suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Final, cast

from embedded.clickhouse import encode, formats

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from embedded.clickhouse.body import Body
    from embedded.clickhouse.errors import QueryError
    from embedded.clickhouse.execute import Summary
    from embedded.clickhouse.pace import Pace
    from embedded.clickhouse.request import Request
    from embedded.clickhouse.server import Endpoint

_SPOOL_IN_MEMORY: Final = 1 << 22
_PIECE: Final = 1 << 18
_SMALL: Final = 1 << 15
_DRAIN: Final = 1 << 28


class Answers(BaseHTTPRequestHandler):
    """The answering half of the handler."""

    protocol_version = "HTTP/1.1"
    server_version = "ClickHouse"
    sys_version = ""
    # One write for headers and a small body, sent at once: half an answer held back by the kernel
    # costs 40 ms.
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    _body: Body | None = None
    _uninvited = False
    _tag: bytes | None = None
    _answered = False
    _packer: encode.Packer | None = None
    _pace: Pace

    @property
    def endpoint(self) -> Endpoint:
        """The server that this connection belongs to."""
        return cast("Endpoint", self.server)

    def send_plain(self, text: bytes, media_type: str, status: int = 200) -> None:
        """Send a service's answer."""
        self._start(status, {"Content-Type": media_type, "Content-Length": str(len(text))})
        self._write(text)

    def send_result(self, asked: Request, output: bytes, name: str | None, done: Summary) -> None:
        """Send the outcome of a statement that is complete.

        Args:
            asked: the request.
            output: its rows, if it has any.
            name: their format, None if there are none.
            done: what it read and wrote.
        """
        headers = self._query_headers(asked, name, done)
        output = self._pack(output) + self._pack_rest()
        self._start(200, {**headers, "Content-Length": str(len(output))})
        self._write(output)

    def send_spooled(self, asked: Request, output: Iterator[bytes], name: str) -> None:
        """Send rows once all of them are known to be good; long results wait on disk."""
        with tempfile.SpooledTemporaryFile(_SPOOL_IN_MEMORY) as spool:
            headers = self._query_headers(asked, name, None)
            for piece in output:
                spool.write(self._pack(piece))
            spool.write(self._pack_rest())
            length = spool.tell()
            spool.seek(0)
            self._start(200, {**headers, "Content-Length": str(length)})
            while piece := spool.read(_PIECE):
                self._write(piece)

    def send_stream(self, asked: Request, output: Iterator[bytes], name: str) -> None:
        """Send rows as they come; what fails before the first piece is an ordinary error.

        Small pieces wait for company: a short answer then leaves in one packet.
        """
        piece = next(output, None)
        self._tag = secrets.token_hex(8).encode()
        headers = self._query_headers(asked, name, None)
        headers["X-ClickHouse-Exception-Tag"] = self._tag.decode()
        self._start(200, {**headers, "Transfer-Encoding": "chunked"})
        while piece is not None:
            self._write_chunk(self._pack(piece))
            piece = next(output, None)
        self._write_chunk(self._pack_rest())
        self._send(b"0\r\n\r\n")
        self._tag = None

    def fail(self, error: QueryError) -> None:
        """Send an error; within a stream, break it off so that nobody takes it for whole."""
        version = self.endpoint.engine.version
        text = f"{error} (version {version} (chdb))\n".encode(errors="replace")
        if self._tag is not None:
            tag = self._tag
            last = b"\r\n__exception__\r\n%b\r\n%b%d %b\r\n__exception__\r\n"
            self._write_chunk(self._pack(last % (tag, text, len(text), tag)) + self._pack_rest())
            self.close_connection = True
            return
        if self._uninvited or (self._body is not None and not self._body.drain(_DRAIN)):
            self.close_connection = True
        headers = {
            "Content-Type": "text/plain; charset=UTF-8",
            "Content-Length": str(len(text)),
            "X-ClickHouse-Exception-Code": str(error.code),
        }
        if error.status == 401:
            headers["WWW-Authenticate"] = 'Basic realm="ClickHouse"'
        if self.close_connection:
            headers["Connection"] = "close"
        self._start(error.status, headers)
        self._write(text)

    def _query_headers(
        self, asked: Request, name: str | None, done: Summary | None
    ) -> dict[str, str]:
        engine = self.endpoint.engine
        headers = {
            "X-ClickHouse-Server-Display-Name": "tradecast",
            "X-ClickHouse-Query-Id": asked.query_id,
            "X-ClickHouse-Timezone": engine.timezone,
        }
        if name is not None:
            headers["Content-Type"] = formats.content_type(name)
            headers["X-ClickHouse-Format"] = name
            packing = encode.choose(self.headers.get("Accept-Encoding", ""))
            if asked.compress and packing is not None and self.command != "HEAD":
                headers["Content-Encoding"], self._packer = packing
        if done is not None:
            headers["X-ClickHouse-Summary"] = json.dumps(
                {
                    "read_rows": str(done.read_rows),
                    "read_bytes": str(done.read_bytes),
                    "written_rows": str(done.written_rows),
                    "written_bytes": str(done.written_bytes),
                }
            )
        return headers

    def _pack(self, piece: bytes) -> bytes:
        return piece if self._packer is None or not piece else self._packer.pack(piece)

    def _pack_rest(self) -> bytes:
        packer, self._packer = self._packer, None
        return b"" if packer is None else packer.finish()

    def _start(self, status: int, headers: Mapping[str, str]) -> None:
        self._answered = True
        self.send_response(status)
        for name, value in headers.items():
            # The base class writes Latin-1, which a query's id need not be. As ClickHouse does, its
            # bytes go out as they came.
            self.send_header(name, value.encode().decode("latin-1"))
        self.end_headers()

    def _write(self, text: bytes) -> None:
        if self.command != "HEAD":
            self._send(text)
            self.endpoint.metrics.sent.inc(len(text))

    def _write_chunk(self, piece: bytes) -> None:
        if not piece:
            return
        self._send(b"%x\r\n" % len(piece))
        self._send(piece)
        self._send(b"\r\n")
        self.endpoint.metrics.sent.inc(len(piece))

    def _send(self, data: bytes) -> None:
        """Send, or keep what is small for the next time; no longer than the client's patience."""
        if len(data) < _SMALL:
            with self._pace.waiting():
                self.wfile.write(data)
            return
        with self._pace.waiting():
            self.wfile.flush()
        view = memoryview(data)
        for at in range(0, len(view), _PIECE):
            piece = view[at : at + _PIECE]
            with self._pace.waiting():
                self.connection.sendall(piece)
            self._pace.moved(len(piece))

    def flush(self) -> None:
        """Send what is buffered; a client that is gone does not matter any more."""
        with suppress(OSError):
            self.wfile.flush()
