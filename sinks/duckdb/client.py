"""The database for readers: through the archive's socket if it runs, else from the files."""

from __future__ import annotations

import io
import json
import socket
import time
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa

from schema.audit_chain import Head
from sinks import personal, upkeep
from sinks.duckdb import frames
from sinks.duckdb.changes import Actor, Changed
from sinks.duckdb.database import DatabaseBusy, Limits
from sinks.duckdb.files import DuckFiles
from sinks.duckdb.frames import FrameReader, FrameWriter, LinkBroken, QueryFailed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from sinks.duckdb.reader import Reader
    from sinks.personal import Forgetting
    from sinks.upkeep import Done, Wanted

_POLL_SECONDS = 0.05
_BUFFER = 1 << 18
_CONNECT_SECONDS = 2.0


class DuckClient:
    """The archive's server over its socket.

    Args:
        path: of the socket.

    Raises:
        LinkBroken: nobody listens there.
    """

    def __init__(self, path: Path) -> None:
        self._link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._link.settimeout(_CONNECT_SECONDS)
        try:
            self._link.connect(str(path))
        except OSError as error:
            self._link.close()
            raise LinkBroken(f"no archive serves {path}: {error.strerror}") from error
        self._link.settimeout(None)

    def query(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> pa.RecordBatchReader:
        """Run one SELECT; read its rows to the end before the next, or open another client.

        Raises:
            QueryFailed: the database refuses it, now or while rows are read.
            LinkBroken: the server went away.
        """
        self._ask({"do": "query", "sql": sql, "params": params})
        file = io.BufferedReader(FrameReader(self._link), _BUFFER)
        stream = pa.ipc.open_stream(file)

        def batches() -> Any:
            yield from stream
            # The last frame tells whether this was all.
            file.read()

        return pa.RecordBatchReader.from_batches(stream.schema, batches())

    def read_control(self) -> tuple[int, dict[str, pa.Table]]:
        """Return the configuration's version, and its current rows by table."""
        self._ask({"do": "read_control"})
        kind, payload = frames.receive(self._link)
        if kind == frames.ERROR:
            raise QueryFailed(payload.decode())
        head = json.loads(payload)
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as file:
            tables = {name: pa.ipc.open_stream(file).read_all() for name in head["tables"]}
            file.read()
        return head["version"], tables

    def write_control(self, tables: Mapping[str, pa.Table], note: str) -> int:
        """Write changed rows as one new version of the configuration, and return it.

        Raises:
            QueryFailed: nothing was written; the message says why.
        """
        self._ask({"do": "write_control", "tables": list(tables), "note": note})
        self._send(tables)
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            return int(answer.read())

    def change(
        self,
        tables: Mapping[str, pa.Table],
        gone: Mapping[str, Sequence[str]],
        by: Actor,
        *,
        whole: bool = False,
    ) -> Changed:
        """Write and delete rows of control tables and records, as `Reader.change`.

        Raises:
            QueryFailed: nothing was changed; the message says why.
        """
        asked = {"gone": {name: list(keys) for name, keys in gone.items()}, "by": asdict(by)}
        self._ask({"do": "change", "tables": list(tables), "whole": whole, **asked})
        self._send(tables)
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            return Changed(**json.loads(answer.read()))

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Append rows of history and marks, as `Reader.append`.

        Raises:
            QueryFailed: nothing was stored; the message says why.
        """
        self._ask({"do": "append", "tables": list(tables), "positions": dict(positions)})
        self._send(tables)
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            answer.read()

    def seal(self) -> list[Head]:
        """Seal the audit, as `Reader.seal`.

        Raises:
            QueryFailed: it was not sealed.
        """
        self._ask({"do": "seal"})
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            return [Head(**head) for head in json.loads(answer.read())]

    def _send(self, tables: Mapping[str, pa.Table]) -> None:
        with io.BufferedWriter(FrameWriter(self._link), _BUFFER) as file:
            for rows in tables.values():
                with pa.ipc.new_stream(file, rows.schema) as writer:
                    writer.write_table(rows)
        frames.send(self._link, frames.END)

    def maintain(self, wanted: Wanted) -> Sequence[Done]:
        """Remove what retention lets go, and write the log into the files; tell what was done.

        Raises:
            QueryFailed: it was not done, or not all of it; the message says why.
        """
        self._ask({"do": "maintain", "wanted": upkeep.asked(wanted)})
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            return upkeep.read_told(answer.read())

    def forget(self, which: Forgetting) -> dict[str, int]:
        """Remove or pseudonymise a user's rows, and count them by table.

        Raises:
            QueryFailed: the control data is as it was.
        """
        self._ask({"do": "forget", "who": personal.asked(which)})
        with io.BufferedReader(FrameReader(self._link), _BUFFER) as answer:
            found: dict[str, int] = json.loads(answer.read())
        return found

    @contextmanager
    def held(self) -> Iterator[None]:
        """Have the files stay as they are until this ends, for who copies them.

        Raises:
            QueryFailed: a transaction does not end.
            LinkBroken: the archive went away, and with it what it held.
        """
        self._ask({"do": "hold"})
        kind, payload = frames.receive(self._link)
        if kind == frames.ERROR:
            raise QueryFailed(payload.decode())
        yield
        frames.send(self._link, frames.REQUEST, b"{}")
        # That it still answers proves that it was there all the time.
        frames.receive(self._link)

    def close(self) -> None:
        """Close the socket; a query that still runs is interrupted."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, what: dict[str, Any]) -> None:
        try:
            frames.send(self._link, frames.REQUEST, json.dumps(what, default=str).encode())
        except OSError as error:
            raise LinkBroken(f"the archive went away: {error}") from error


def open_or_connect(
    socket_path: Path,
    directory: Path,
    limits: Limits | None = None,
    *,
    write: bool = False,
    wait: float = 10.0,
) -> Reader:
    """Return the database through the archive if it runs, else from the files.

    Args:
        socket_path: where the archive would serve.
        directory: of the files.
        limits: what DuckDB may use here.
        write: whether the configuration is to be written.
        wait: seconds to wait for who has the files: an archive that is about to serve, or a
            command that is about to end.

    Raises:
        DatabaseBusy: another process has the files and serves nobody.
        DatabaseMissing: nothing was ever stored, and `write` is false.
    """
    deadline = time.monotonic() + wait
    while True:
        try:
            return DuckClient(socket_path)
        except LinkBroken:
            try:
                return DuckFiles(directory, limits or Limits(), write=write)
            except DatabaseBusy:
                if time.monotonic() > deadline:
                    raise
        time.sleep(_POLL_SECONDS)
