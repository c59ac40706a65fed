"""From a request to its answer: read the statement, run it, send what it gives."""

from __future__ import annotations

import secrets
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Final

from embedded.clickhouse import (
    execute,
    external,
    forbidden,
    form,
    formats,
    reader,
    request,
    statement,
)
from embedded.clickhouse.answers import Answers
from embedded.clickhouse.definitions import DefinitionLost
from embedded.clickhouse.errors import QUERY_IS_TOO_LARGE, QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from embedded.clickhouse.body import Body
    from embedded.clickhouse.connection import Connection
    from embedded.clickhouse.engine import Lane

# The statement of an insert ends within its first bytes; the rows after it are not looked at.
_HEAD: Final = 1 << 16


class Queries(Answers):
    """The half of the handler that serves one query."""

    @property
    def query_string(self) -> str:
        """What stands behind the `?` of the address."""
        return self.path.partition("?")[2]

    def serve(self, body: Body, *, read_only: bool) -> None:
        """Run the query of a request, and answer it.

        Args:
            body: of the request; it is not read yet.
            read_only: whether it may change nothing.

        Raises:
            QueryError: it cannot be run, or failed before its answer began.
        """
        asked = request.parse(self.query_string, self.headers, read_only=read_only)
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
            raise request.no_session(found.text.split()[0].decode(errors="replace").upper())
        set_up = self._set_up(asked, found, with_tables=bool(tables))
        self._run(asked, found, tables, set_up, head, pieces)

    def _set_up(
        self, asked: request.Request, found: statement.Statement, *, with_tables: bool
    ) -> tuple[str, ...]:
        """The statements that a fresh connection needs, for a reader and for the system."""
        engine = self.endpoint.engine
        if not asked.role and not asked.user:
            ours = asked.set_up()
            return () if ours is None else (ours,)
        reader.check_request(asked, found, with_tables=with_tables)
        reader.check_statement(found.text, engine.table_functions, found.format_at)
        with engine.connection("query", None, ()) as lease:
            lease.reusable = True
            return reader.set_up(lease.connection, asked)

    def _run(
        self,
        asked: request.Request,
        found: statement.Statement,
        tables: list[external.Table],
        set_up: tuple[str, ...],
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
            lease = stack.enter_context(
                engine.connection(lane, asked.database, set_up, asked.values)
            )
            if lane == "query":
                stack.enter_context(self.endpoint.metrics.running.track_inprogress())
            lease.reusable = found.kind != "other" and not tables
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
        execute.insert(connection, found.text, name, rows(), summary, failures)
        self.send_result(asked, b"", None, summary)

    def _other(
        self, connection: Connection, asked: request.Request, found: statement.Statement
    ) -> None:
        definitions = self.endpoint.engine.definitions
        definitions.check_room(found)
        name = found.format or asked.format or formats.DEFAULT
        summary = execute.Summary()
        output = execute.run(connection, found.text, name, summary)
        try:
            definitions.keep()
        except DefinitionLost:
            self.endpoint.stop()
            raise
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
