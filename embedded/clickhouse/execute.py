"""Run one statement on one connection: rows out, rows in, or neither."""

from __future__ import annotations

import fcntl
import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from embedded.clickhouse.errors import EngineErrors, QueryError
from embedded.clickhouse.formats import BLOCKWISE

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

    from embedded.clickhouse.connection import Connection
    from embedded.clickhouse.engine import Engine
    from embedded.clickhouse.failures import Failures
    from embedded.clickhouse.statement import Statement

_PIECE: Final = 1 << 20
_FIRST: Final = 1 << 16
_CANCEL_SECONDS: Final = 0.2
_NOT_A_STREAM: Final = "Streaming query is not supported"


@dataclass(slots=True)
class Summary:
    """What a statement read and wrote, as far as it is known when it is asked for."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0


def run(connection: Connection, sql: bytes, name: str, summary: Summary) -> bytes:
    """Run a statement whose result is small: DDL, SHOW, INSERT .. SELECT.

    Raises:
        QueryError: the engine refused it.
    """
    try:
        result = connection.query(sql, name)
    except EngineErrors as error:
        raise QueryError.from_engine(error) from None
    summary.read_rows, summary.read_bytes = result.rows_read(), result.bytes_read()
    summary.written_rows, summary.written_bytes = result.rows_written(), result.bytes_written()
    return result.bytes()


def insert(
    connection: Connection,
    sql: bytes,
    name: str,
    rows: Iterable[bytes],
    summary: Summary,
    failures: Failures,
) -> None:
    """Insert rows as they arrive; nothing stays of an insert that breaks within its first block.

    Args:
        connection: a fresh one.
        sql: INSERT statement without format and data.
        name: format of the rows.
        rows: their bytes, in pieces.
        summary: takes what was written.
        failures: of the engine.

    Raises:
        QueryError: the engine refused the statement or the rows, or may have lost some.
    """
    watch = failures.watch()
    try:
        inserter = connection.send_insert(sql, name)
    except EngineErrors as error:
        raise QueryError.from_engine(error) from None
    try:
        for piece in rows:
            inserter.append(piece)
        written = inserter.finish()
    except EngineErrors as error:
        inserter.cancel()
        raise QueryError.from_engine(error) from None
    except BaseException:
        # The client broke off: what it sent so far is no insert.
        inserter.cancel()
        raise
    watch.check(connection)
    summary.written_rows, summary.written_bytes = written.rows_written, written.bytes_written


def select(
    engine: Engine, connection: Connection, statement: Statement, name: str, marker: str
) -> Generator[bytes, None, None]:
    """The result of a SELECT, in pieces; closing the iterator ends the query.

    Args:
        engine: that the connection belongs to.
        connection: to run it on.
        statement: the SELECT.
        name: of the format.
        marker: comment that no other statement has, to cancel it by.

    Raises:
        QueryError: the engine refused it, or it failed on the way.
    """
    before = statement.text[: statement.format_at] + f" {marker}".encode()
    after = statement.text[statement.format_at :]
    if name in BLOCKWISE:
        return _blocks(connection, before + b" " + after, name)
    # Behind OUTFILE the engine forgets comments: the marker would not be found there.
    return _piped(engine, connection, before, after or f"FORMAT {name}".encode(), marker)


def _blocks(connection: Connection, sql: bytes, name: str) -> Generator[bytes, None, None]:
    try:
        stream = connection.send_query(sql, name)
    except EngineErrors as error:
        if _NOT_A_STREAM not in str(error):
            raise QueryError.from_engine(error) from None
        yield run(connection, sql, name, Summary())
        return
    try:
        while True:
            try:
                result = stream.fetch()
            except Exception as error:  # noqa: BLE001 - chdb raises its own class, and plain ones
                raise QueryError.from_engine(error) from None
            if result is None:
                return
            yield result.bytes()
    finally:
        stream.close()


def _piped(
    engine: Engine, connection: Connection, before: bytes, after: bytes, marker: str
) -> Generator[bytes, None, None]:
    """One stream in a format that has a beginning and an end, which the engine's own cannot give.

    The engine writes the result to a pipe as if it were a file, in a thread of its own.
    """
    read_end, write_end = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(write_end, fcntl.F_SETPIPE_SZ, _PIECE)
    outfile = f"INTO OUTFILE '/dev/fd/{write_end}' TRUNCATE"
    failures: list[Exception] = []

    def work() -> None:
        try:
            connection.query(b"\n".join((before, outfile.encode(), after)), "Null")
        except Exception as error:  # noqa: BLE001 - given on by the reader
            failures.append(error)
        finally:
            os.close(write_end)

    thread = threading.Thread(target=work, name="piped query", daemon=True)
    thread.start()
    try:
        # What fails early has written a beginning all the same: it is held back, so that the
        # client gets an error and not half a document.
        first = b""
        while len(first) < _FIRST and (piece := os.read(read_end, _PIECE)):
            first += piece
        if len(first) >= _FIRST:
            yield first
            first = b""
            while piece := os.read(read_end, _PIECE):
                yield piece
        thread.join()
        if failures:
            raise QueryError.from_engine(failures[0])
        if first:
            yield first
    finally:
        os.close(read_end)
        while thread.is_alive():
            # A closed pipe alone does not stop the engine: it runs to the end for nobody.
            engine.cancel(marker)
            thread.join(_CANCEL_SECONDS)
