"""ClickHouse's HTTP protocol, one connection at a time."""

from __future__ import annotations

import logging
import secrets
import time
from contextlib import ExitStack, closing, suppress
from typing import TYPE_CHECKING, BinaryIO, Final, cast

from typing_extensions import override

from embedded.clickhouse import (
    execute,
    external,
    forbidden,
    form,
    formats,
    metrics,
    request,
    statement,
)
from embedded.clickhouse.answers import Answers
from embedded.clickhouse.body import Body, TruncatedBody
from embedded.clickhouse.errors import (
    ABORTED,
    QUERY_IS_TOO_LARGE,
    TIMEOUT_EXCEEDED,
    UNKNOWN_EXCEPTION,
    QueryError,
)
from embedded.clickhouse.pace import Pace, TooSlow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.clickhouse.connection import Connection
    from embedded.clickhouse.engine import Lane

_log = logging.getLogger(__name__)

# The statement of an insert ends within its first bytes; the rows after it are not looked at.
_HEAD: Final = 1 << 16
_OK: Final = (b"Ok.\n", "text/html; charset=UTF-8")


class Handler(Answers):
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

    @property
    def _query_string(self) -> str:
        return self.path.partition("?")[2]

    def _check(self) -> Body:
        """Check the password, and take the body; it is not read yet."""
        if self.endpoint.stopping:
            raise QueryError.of(ABORTED, "The server is shutting down", "ABORTED")
        request.check_password(self._query_string, self.headers, self.endpoint.password)
        return Body(cast("BinaryIO", self.rfile), self.headers, self.endpoint.max_body, self._pace)

    def _answer(self, *, read_only: bool) -> None:
        self._pace = Pace(self.endpoint.patience)
        path = self.path.partition("?")[0]
        bare = path == "/" and read_only and not self._query_string
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
            self._serve(self._body, read_only=read_only)
        except QueryError as error:
            return error
        except (ConnectionError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - told to the client, and logged
            _log.exception("a request failed unexpectedly")
            text = f"Code: {UNKNOWN_EXCEPTION}. DB::Exception: {type(error).__name__}: {error}"
            return QueryError(UNKNOWN_EXCEPTION, text)
        return None

    def _serve(self, body: Body, *, read_only: bool) -> None:
        asked = request.parse(self._query_string, self.headers, read_only=read_only)
        pieces = self._counted(body)
        content_type = self.headers.get("Content-Type", "")
        tables: list[external.Table] = []
        if content_type.lower().startswith("multipart/form-data"):
            whole = self._whole(b"", body, pieces, self.endpoint.max_form)
            fields, files = form.parse(content_type, whole)
            request.add_fields(asked, fields)
            tables = external.take(files, asked.settings)
        request.check_session(asked, self.headers)
        given = body.read_up_to(_HEAD, pieces)
        head = asked.query + b"\n" + given if asked.query else given
        found = statement.parse(head)
        if found.kind != "insert":
            most = self.endpoint.max_statement
            found = statement.parse(self._whole(head, body, pieces, most))
        elif (
            found.format == "Values"
            and len(given) < _HEAD  # all rows are here, so they can be looked at
            and forbidden.has_harmless_expressions(head[found.data_at :])
        ):
            asked.settings["input_format_values_interpret_expressions"] = "1"
        if asked.session and found.for_session:
            raise request.no_session(found.text.split()[0].decode().upper())
        self._run(asked, found, tables, head, pieces)

    def _run(
        self,
        asked: request.Request,
        found: statement.Statement,
        tables: list[external.Table],
        head: bytes,
        rest: Iterator[bytes],
    ) -> None:
        engine = self.endpoint.engine
        marker = f"/* {secrets.token_hex(8)} */"
        lane: Lane = "insert" if found.kind == "insert" else "query"
        with ExitStack() as stack:
            if found.kind == "select":
                watch = self.endpoint.watch
                watched = stack.enter_context(
                    watch.over(self.connection, lambda: engine.cancel(marker))
                )
            lease = stack.enter_context(engine.connection(lane, asked.database, asked.set_up()))
            if lane == "query":
                stack.enter_context(self.endpoint.metrics.running.track_inprogress())
            one_of_a_kind = found.kind == "other" or tables or asked.has_parameters()
            lease.reusable = not one_of_a_kind
            external.create(lease.connection, tables, engine.failures)
            if found.kind == "insert":
                self._insert(lease.connection, asked, found, head, rest)
            elif found.kind == "select":
                if watched.gone:
                    raise ConnectionAbortedError
                self._select(lease.connection, asked, found, marker)
            else:
                self._other(lease.connection, asked, found)

    def _counted(self, body: Body) -> Iterator[bytes]:
        for piece in body:
            self.endpoint.metrics.received.inc(len(piece))
            yield piece

    def _whole(self, head: bytes, body: Body, pieces: Iterator[bytes], most: int) -> bytes:
        """All of a statement that is no insert, or of a form; neither may be long."""
        text = head + body.read_up_to(most - len(head) + 1, pieces)
        if len(text) > most:
            raise QueryError.of(
                QUERY_IS_TOO_LARGE,
                f"The statement is longer than {most} bytes",
                "QUERY_IS_TOO_LARGE",
            )
        return text

    def _insert(
        self,
        connection: Connection,
        asked: request.Request,
        found: statement.Statement,
        head: bytes,
        rest: Iterator[bytes],
    ) -> None:
        def rows() -> Iterator[bytes]:
            if len(head) > found.data_at:
                yield head[found.data_at :]
            yield from rest

        summary = execute.Summary()
        name = found.format or formats.DEFAULT
        failures = self.endpoint.engine.failures
        execute.insert(connection, found.text.decode(), name, rows(), summary, failures)
        self.send_result(asked, b"", None, summary)

    def _other(
        self, connection: Connection, asked: request.Request, found: statement.Statement
    ) -> None:
        name = found.format or asked.format or formats.DEFAULT
        summary = execute.Summary()
        output = execute.run(connection, found.text.decode(), name, summary)
        self.send_result(asked, output, name if output else None, summary)

    def _select(
        self,
        connection: Connection,
        asked: request.Request,
        found: statement.Statement,
        marker: str,
    ) -> None:
        name = found.format or asked.format or formats.DEFAULT
        output = execute.select(self.endpoint.engine, connection, found, name, marker)
        with closing(output):
            if asked.whole or self.command == "HEAD" or self.request_version == "HTTP/1.0":
                self.send_spooled(asked, output, name)
            else:
                self.send_stream(asked, output, name)
