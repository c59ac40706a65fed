"""The endpoint: one process, one chdb directory, one port on loopback."""

from __future__ import annotations

import os
import signal
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Final

from embedded.clickhouse.engine import Engine
from embedded.clickhouse.handler import Handler
from embedded.clickhouse.metrics import Metrics
from embedded.errors import PortBusy

if TYPE_CHECKING:
    from pathlib import Path
    from types import FrameType

MAX_BODY: Final = 1 << 30
MAX_STATEMENT: Final = 1 << 22
_GRACE_SECONDS: Final = 3.0


class Endpoint(ThreadingHTTPServer):
    """Serves an engine over ClickHouse's HTTP protocol, a thread for each connection.

    Args:
        engine: what runs the queries.
        host: address to listen on.
        port: to listen on.
        password: of the user `default`.
        max_body: most bytes of a request's body, decompressed.
        max_statement: most bytes of a statement without the rows that it inserts.

    Raises:
        PortBusy: it cannot listen there.
    """

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        engine: Engine,
        host: str,
        port: int,
        password: str,
        *,
        max_body: int = MAX_BODY,
        max_statement: int = MAX_STATEMENT,
    ) -> None:
        self.engine = engine
        self.password = password
        self.max_body = max_body
        self.max_statement = max_statement
        self.metrics = Metrics()
        self.stopping = False
        try:
            super().__init__((host, port), Handler)
        except OSError as error:
            raise PortBusy(
                f"port {port} of {host} for clickhouse cannot be used: {error.strerror}; stop what"
                " uses it, or set another port"
            ) from error


def serve(
    directory: Path,
    host: str,
    port: int,
    password: str,
    *,
    max_body: int = MAX_BODY,
    max_statement: int = MAX_STATEMENT,
) -> None:
    """Serve a directory until SIGTERM or SIGINT; to be called in a main thread.

    Running queries get 3 s to end before they are cancelled.

    Args:
        directory: of the chdb data.
        host: address to listen on.
        port: to listen on.
        password: of the user `default`.
        max_body: most bytes of a request's body.
        max_statement: most bytes of a statement without the rows that it inserts.

    Raises:
        Busy: another process has the directory.
        PortBusy: another process has the port.
        Unwritable: the directory cannot be written.
    """
    engine = Engine(directory)
    endpoint = Endpoint(
        engine, host, port, password, max_body=max_body, max_statement=max_statement
    )

    def stop(signum: int, frame: FrameType | None) -> None:
        endpoint.stopping = True
        # Not from this frame: shutdown waits for the loop that it interrupts.
        threading.Thread(target=endpoint.shutdown, daemon=True).start()

    # After the engine has started, which sets handlers of its own.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    with endpoint:
        endpoint.serve_forever(poll_interval=0.5)
    if not engine.close(_GRACE_SECONDS):
        # A statement that cannot be cancelled: its thread would keep the process alive, and what
        # was acknowledged is on disk.
        os._exit(1)
