"""The endpoint: one process, one chdb directory, one port."""

from __future__ import annotations

import os
import signal
import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from typing_extensions import override

from embedded.clickhouse.engine import MEMORY, Engine
from embedded.clickhouse.handler import Handler
from embedded.clickhouse.metrics import Metrics
from embedded.clickhouse.watch import Watch
from embedded.errors import Insecure, PortBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import FrameType

_REFUSAL_SECONDS: Final = 0.2
_BUSY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nX-ClickHouse-Exception-Code: 202\r\n"
    b"Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What clients may ask of the endpoint.

    Attributes:
        memory: most bytes that the engine may use.
        max_body: most bytes of a request's body, decompressed.
        max_statement: most bytes of a statement without the rows that it inserts.
        max_form: most bytes of a form: long parameters and external data.
        max_connections: most clients at once; more are turned away.
        patience: seconds that a query or an insert waits for its client, on top of one second for
            every 16 KiB.
        grace: seconds that running queries get to end when the endpoint is told to stop.
    """

    memory: int = MEMORY
    max_body: int = 1 << 30
    max_statement: int = 1 << 22
    max_form: int = 1 << 25
    max_connections: int = 256
    patience: float = 60.0
    grace: float = 3.0


class Endpoint(ThreadingHTTPServer):
    """Serves an engine over ClickHouse's HTTP protocol, a thread for each connection.

    Args:
        engine: what runs the queries.
        host: address to listen on.
        port: to listen on.
        password: of the user `default`.
        limits: see there.

    Raises:
        Insecure: without a password.
        PortBusy: it cannot listen there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, engine: Engine, host: str, port: int, password: str, limits: Limits) -> None:
        check_password(password)
        self.engine = engine
        self.password = password
        self.max_body = limits.max_body
        self.max_statement = limits.max_statement
        self.max_form = limits.max_form
        self.patience = limits.patience
        self.metrics = Metrics()
        self.watch = Watch()
        self.stopping = False
        self._max_connections = limits.max_connections
        self._connections: set[socket.socket] = set()
        self._running = 0
        self._changed = threading.Condition()
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise PortBusy(
                f"port {port} of {host} for clickhouse cannot be used: {error.strerror}; stop what"
                " uses it, or set another port"
            ) from error

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request as running until its answer is sent."""
        with self._changed:
            self._running += 1
        try:
            yield
        finally:
            with self._changed:
                self._running -= 1
                self._changed.notify_all()

    def finish(self, grace: float) -> bool:
        """Wait until no request runs, for some seconds; return whether that came."""
        with self._changed:
            return self._changed.wait_for(lambda: self._running == 0, grace)

    def stop(self) -> None:
        """Take no more requests; return at once."""
        self.stopping = True
        # Not from this thread, which may be the loop's that shutdown waits for.
        threading.Thread(target=self.shutdown, daemon=True).start()

    def hang_up(self) -> None:
        """Break off all connections."""
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    @override
    def process_request(self, request: Any, client_address: Any) -> None:
        with self._changed:
            taken = len(self._connections) < self._max_connections
            if taken:
                self._connections.add(request)
        if taken:
            super().process_request(request, client_address)
            return
        text = b"Code: 202. DB::Exception: Too many connections. (TOO_MANY_SIMULTANEOUS_QUERIES)\n"
        with suppress(OSError):
            # The kernel's buffer takes it at once. What the client sent is read, for otherwise the
            # kernel would break the connection off, and the answer with it.
            request.sendall(_BUSY % (len(text), text))
            request.shutdown(socket.SHUT_WR)
            request.settimeout(_REFUSAL_SECONDS)
            request.recv(1 << 16)
        self.shutdown_request(request)

    @override
    def shutdown_request(self, request: Any) -> None:
        with self._changed:
            self._connections.discard(request)
        super().shutdown_request(request)


def check_password(password: str) -> None:
    """Check that there is a password.

    Raises:
        Insecure: there is none.
    """
    if not password:
        raise Insecure(
            "clickhouse has no password: whoever reaches its port could read and change all data;"
            " give it one"
        )


def serve(
    directory: Path, host: str, port: int, password: str, limits: Limits | None = None
) -> None:
    """Serve a directory until SIGTERM or SIGINT; to be called in a main thread.

    Args:
        directory: of the chdb data.
        host: address to listen on.
        port: to listen on.
        password: of the user `default`.
        limits: see there.

    Raises:
        Busy: another process has the directory.
        Insecure: there is no password.
        PortBusy: another process has the port.
        Unwritable: the directory cannot be written.
    """
    check_password(password)
    limits = limits or Limits()
    engine = Engine(directory, memory=limits.memory)
    endpoint = Endpoint(engine, host, port, password, limits)

    def stop(signum: int, frame: FrameType | None) -> None:
        endpoint.stop()

    # After the engine has started, which sets handlers of its own.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with endpoint:
        endpoint.serve_forever(poll_interval=0.5)
    if not endpoint.finish(limits.grace):
        engine.cancel_all()
        if not endpoint.finish(1.0):
            endpoint.hang_up()
            endpoint.finish(1.0)
    if not engine.close():
        # A statement that cannot be cancelled: its thread would keep the process alive, and what
        # was acknowledged is on disk.
        os._exit(1)
