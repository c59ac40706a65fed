"""ClickHouse's HTTP protocol, one connection at a time."""

from __future__ import annotations

import logging
import time
from contextlib import suppress
from typing import BinaryIO, Final, cast

from typing_extensions import override

from embedded.clickhouse import metrics, request
from embedded.clickhouse.body import Body, TruncatedBody
from embedded.clickhouse.errors import (
    ABORTED,
    TIMEOUT_EXCEEDED,
    UNKNOWN_EXCEPTION,
    QueryError,
)
from embedded.clickhouse.pace import Pace, TooSlow
from embedded.clickhouse.queries import Queries

_log = logging.getLogger(__name__)

_OK: Final = (b"Ok.\n", "text/html; charset=UTF-8")


class Handler(Queries):
    """Answers the requests of one client, one after the other."""

    # Between requests, when a connection costs next to nothing.
    timeout = 300.0

    def do_GET(self) -> None:  # noqa: N802 - the base class calls it so
        """Answer a query that changes nothing, or one of the service addresses."""
        self._answer(read_only=True)

    def do_HEAD(self) -> None:  # noqa: N802
        """Answer as GET, without the body."""
        self._answer(read_only=True)

    def do_POST(self) -> None:  # noqa: N802
        """Answer a query."""
        self._answer(read_only=False)

    @override
    def handle_expect_100(self) -> bool:
        self._pace = Pace(self.endpoint.patience)
        try:
            self._check()
        except QueryError:
            # The answer will say why; the client keeps its body.
            self._uninvited = True
            return True
        return super().handle_expect_100()

    @override
    def log_message(self, format: str, *args: object) -> None:
        _log.debug(format, *args)

    def _check(self) -> Body:
        """Check the password, and take the body; it is not read yet."""
        if self.endpoint.stopping:
            raise QueryError.of(ABORTED, "The server is shutting down", "ABORTED")
        request.check_password(self.query_string, self.headers, self.endpoint.password)
        return Body(cast("BinaryIO", self.rfile), self.headers, self.endpoint.max_body, self._pace)

    def _answer(self, *, read_only: bool) -> None:
        self._pace = Pace(self.endpoint.patience)
        path = self.path.partition("?")[0]
        bare = path == "/" and read_only and not self.query_string
        if bare or path in ("/ping", "/replicas_status"):
            self.send_plain(*_OK)
        elif path == "/metrics":
            self.send_plain(self.endpoint.metrics.text(), metrics.CONTENT_TYPE)
        elif path != "/":
            self.close_connection = True
            self.send_plain(f"There is no handle {path}\n".encode(), "text/plain", 404)
        else:
            self._measure(read_only=read_only)

    def _measure(self, *, read_only: bool) -> None:
        started = time.perf_counter()
        result = "aborted"
        self._body, self._answered, self._packer = None, False, None
        self.connection.settimeout(self.endpoint.patience)
        try:
            with self.endpoint.busy():
                result = self._answer_query(read_only=read_only)
                self.flush()
        finally:
            self._uninvited = False
            self.connection.settimeout(self.timeout)
            self.endpoint.metrics.queries.labels(result).inc()
            self.endpoint.metrics.seconds.observe(time.perf_counter() - started)

    def _answer_query(self, *, read_only: bool) -> str:
        """Serve the request, or say why not; return what the metrics call the result."""
        try:
            error = self._attempt(read_only=read_only)
            if error is not None:
                self.fail(error)
        except (TruncatedBody, ConnectionError, TimeoutError) as broken:
            self.close_connection = True
            if isinstance(broken, TooSlow) and not self._answered:
                self._uninvited = True
                text = f"Timeout exceeded: {broken}"
                with suppress(OSError):
                    self.fail(QueryError.of(TIMEOUT_EXCEEDED, text, "TIMEOUT_EXCEEDED"))
            return "aborted"
        return "ok" if error is None else "error"

    def _attempt(self, *, read_only: bool) -> QueryError | None:
        """Serve the request; give back what went wrong, if the client can be told."""
        try:
            self._body = self._check()
            self.serve(self._body, read_only=read_only)
        except QueryError as error:
            return error
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - told to the client, and logged
            _log.exception("a request failed unexpectedly")
            text = f"Code: {UNKNOWN_EXCEPTION}. DB::Exception: {type(error).__name__}: {error}"
            return QueryError(UNKNOWN_EXCEPTION, text)
        return None
