"""Readers' door to the database: a unix socket, a thread and a cursor for each connection."""

from __future__ import annotations

import io
import json
import select
import socket
import socketserver
import threading
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import duckdb
import pyarrow as pa
from typing_extensions import override

from rules.errors import TradecastError
from sinks import personal, upkeep
from sinks.duckdb import frames
from sinks.duckdb.changes import Actor
from sinks.duckdb.control import Control
from sinks.duckdb.forgetting import forget
from sinks.duckdb.frames import FrameReader, FrameWriter, LinkBroken
from sinks.duckdb.maintenance import Maintenance
from sinks.duckdb.query import Query
from sinks.duckdb.seals import Sealer
from sinks.duckdb.writer import DuckWriter

if TYPE_CHECKING:
    from pathlib import Path

    from sinks.duckdb.database import Database

_BUFFER = 1 << 18
_WATCH_SECONDS = 0.1
SEAL_SECONDS = 60.0


class DuckServer:
    """Serves queries and the control tables until it is closed.

    The socket is private to this user; whoever reaches it may read all, append to history, and
    change the control database through `write_control` and `change` alone. A slow reader holds
    its own cursor, never the writer.

    Args:
        database: what is served.
        path: of the socket; a file that a dead server left there is replaced.
        seal_seconds: how often it seals the audit.
    """

    def __init__(
        self, database: Database, path: Path, *, seal_seconds: float = SEAL_SECONDS
    ) -> None:
        self._path = path
        self._control = Control(database)
        path.unlink(missing_ok=True)
        self._server = _Server(str(path), _Handler)
        path.chmod(0o600)
        self._server.database = database
        self._server.control = self._control
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
        )
        self._thread.start()
        self._sealer = Sealer(self._control, seal_seconds)

    def close(self) -> None:
        """Stop: no new connection is taken, and running queries are interrupted."""
        self._server.shutdown()
        self._thread.join()
        self._server.end_all()
        self._server.server_close()
        self._sealer.close()
        self._control.close()
        self._path.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = False
    block_on_close = True
    database: Database
    control: Control

    def __init__(self, path: str, handler: type[_Handler]) -> None:
        super().__init__(path, handler)
        self._links: set[socket.socket] = set()
        self._lock = threading.Lock()

    def opened(self, link: socket.socket) -> None:
        with self._lock:
            self._links.add(link)

    def closed(self, link: socket.socket) -> None:
        with self._lock:
            self._links.discard(link)

    def end_all(self) -> None:
        with self._lock:
            for link in self._links:
                link.shutdown(socket.SHUT_RDWR)


class _Handler(socketserver.BaseRequestHandler):
    server: _Server
    request: socket.socket

    @override
    def setup(self) -> None:
        self.server.opened(self.request)

    @override
    def handle(self) -> None:
        try:
            while True:
                kind, payload = frames.receive(self.request)
                if kind != frames.REQUEST:
                    return
                self._answer(json.loads(payload))
        except (LinkBroken, OSError, ValueError):
            # The reader went away, or is none of ours: its connection ends, and nothing else.
            return

    @override
    def finish(self) -> None:
        self.server.closed(self.request)

    def _answer(self, asked: dict[str, Any]) -> None:
        try:
            match asked.get("do"):
                case "query":
                    self._query(asked["sql"], asked.get("params"))
                case "write_control" | "change" | "append":
                    self._write(asked)
                case "seal":
                    heads = [asdict(head) for head in self.server.control.seal()]
                    frames.send(self.request, frames.DATA, json.dumps(heads).encode())
                case "read_control":
                    self._read_control()
                case "maintain":
                    wanted = upkeep.read(asked["wanted"])
                    done = Maintenance(self.server.database).run(wanted)
                    frames.send(self.request, frames.DATA, upkeep.told(done))
                case "forget":
                    who = personal.read(asked["who"])
                    counts = forget(self.server.database, self.server.control, who)
                    frames.send(self.request, frames.DATA, personal.told(counts))
                case "hold":
                    self._hold()
                case other:
                    raise ValueError(other)
        except (TradecastError, duckdb.Error, pa.ArrowException, OSError) as error:
            if isinstance(error, LinkBroken | BrokenPipeError | ConnectionResetError):
                raise
            frames.send(self.request, frames.ERROR, str(error).encode())
        else:
            frames.send(self.request, frames.END)

    def _query(self, text: str, params: Any) -> None:
        query = Query(self.server.database, text, params)
        done = threading.Event()
        # A word to the watch, so that no reader waits until it looks up by itself.
        ours, its = socket.socketpair()
        watch = threading.Thread(target=_interrupt, args=(self.request, its, query, done))
        with ours, its:
            watch.start()
            try:
                reader = query.open()
                self._stream(reader.schema, reader)
            finally:
                done.set()
                ours.send(b"!")
                watch.join()
                query.close()

    def _write(self, asked: dict[str, Any]) -> None:
        match asked["do"]:
            case "write_control":
                self._write_control(asked)
            case "change":
                self._change(asked)
            case _:
                self._append(asked)

    def _write_control(self, asked: dict[str, Any]) -> None:
        tables = self._receive(asked["tables"])
        version = self.server.control.write(tables, asked.get("note", ""))
        frames.send(self.request, frames.DATA, str(version).encode())

    def _change(self, asked: dict[str, Any]) -> None:
        tables = self._receive(asked["tables"])
        by = asked["by"]
        user = by.pop("user_id")
        actor = Actor(**by, user_id=UUID(user) if user else None)
        done = self.server.control.change(tables, asked["gone"], actor, whole=asked["whole"])
        frames.send(self.request, frames.DATA, json.dumps(asdict(done)).encode())

    def _append(self, asked: dict[str, Any]) -> None:
        tables = self._receive(asked["tables"])
        with closing(DuckWriter(self.server.database)) as writer:
            writer.write(tables, asked["positions"])

    def _receive(self, names: list[str]) -> dict[str, pa.Table]:
        tables = {}
        with io.BufferedReader(FrameReader(self.request), _BUFFER) as file:
            for name in names:
                tables[name] = pa.ipc.open_stream(file).read_all()
            file.read()
        return tables

    def _read_control(self) -> None:
        version, tables = self.server.control.read()
        frames.send(
            self.request,
            frames.DATA,
            json.dumps({"version": version, "tables": list(tables)}).encode(),
        )
        for rows in tables.values():
            self._stream(rows.schema, rows.to_batches())

    def _hold(self) -> None:
        """Let nothing be written until the client says so, or is gone."""
        with self.server.database.held():
            frames.send(self.request, frames.DATA, b"held")
            frames.receive(self.request)

    def _stream(self, schema: pa.Schema, batches: Any) -> None:
        with (
            io.BufferedWriter(FrameWriter(self.request), _BUFFER) as file,
            pa.ipc.new_stream(file, schema) as writer,
        ):
            for batch in batches:
                writer.write_batch(batch)


def _interrupt(
    link: socket.socket, word: socket.socket, query: Query, done: threading.Event
) -> None:
    """Stop a query whose reader is gone, until a word comes; readers say nothing meanwhile."""
    while not done.is_set():
        readable, _, _ = select.select([link, word], [], [])
        if word in readable:
            return
        try:
            gone = not link.recv(1, socket.MSG_PEEK)
        except OSError:
            gone = True
        if gone:
            while not done.wait(_WATCH_SECONDS):
                query.cursor.interrupt()
        return
