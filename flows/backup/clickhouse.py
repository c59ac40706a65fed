"""ClickHouse: parts frozen by hard links, copied at leisure, and attached again.

The engine's own BACKUP may write to files only where `file()` may too, which the endpoint refuses
to everybody. FREEZE needs no such right: it links the parts, which never change, into `shadow`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import clickhouse_connect
import msgspec
from clickhouse_connect.driver.exceptions import ClickHouseError

from flows.backup.copying import copy_tree
from rules.errors import Transient
from schema import sql

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

TABLES: Final = "tables.json"
_PREFIX: Final = "tradecast_backup_"
_ANSWER_SECONDS: Final = 3600


class FreezeFailed(Transient):
    """ClickHouse refused, or did not answer."""


class _Table(msgspec.Struct, frozen=True, kw_only=True):
    name: str
    create: str
    uuid: str
    has_parts: bool


class _Tables(msgspec.Struct, frozen=True, kw_only=True):
    database: str
    tables: list[_Table]


class Frozen:
    """Parts of all tables as of one moment.

    Args:
        url: `http://user:password@host:port/database` of the embedded engine.
        directory: of its data, on this machine.
        name: of this backup.

    Raises:
        FreezeFailed: ClickHouse refuses.
    """

    def __init__(self, url: str, directory: Path, name: str) -> None:
        self._client = _client(url)
        self._name = f"{_PREFIX}{name}"
        self._shadow = directory / "data" / "shadow" / self._name
        self._known = _Tables(database=str(self._client.database or "default"), tables=[])

    def freeze(self) -> None:
        """Link the parts of all tables; nothing may be written meanwhile.

        Raises:
            FreezeFailed: ClickHouse refuses.
        """
        try:
            self._forget_others()
            rows = self._client.query(_QUERY).result_rows
            tables = [
                _Table(name=name, create=create, uuid=str(uuid), has_parts="MergeTree" in engine)
                for name, create, uuid, engine in rows
            ]
            self._known = _Tables(database=self._known.database, tables=tables)
            for table in tables:
                if table.has_parts:
                    self._command(table.name, f"FREEZE WITH NAME {sql.text(self._name)}")
        except ClickHouseError as error:
            raise FreezeFailed(f"ClickHouse: {error}") from error

    def copy(self, to: Path) -> None:
        """Copy the parts, and what makes their tables."""
        for table in self._known.tables:
            parts = self._shadow / "store" / table.uuid[:3] / table.uuid
            if table.has_parts and parts.is_dir():
                copy_tree(parts, to / "parts" / table.name)
        to.mkdir(parents=True, exist_ok=True)
        (to / TABLES).write_bytes(msgspec.json.format(msgspec.json.encode(self._known)))

    def close(self) -> None:
        """Let the links go.

        Raises:
            FreezeFailed: ClickHouse refuses; the next backup lets them go.
        """
        try:
            self._unfreeze(self._name)
        except ClickHouseError as error:
            raise FreezeFailed(f"ClickHouse: {error}") from error
        finally:
            self._client.close()

    def _forget_others(self) -> None:
        """Let go of what a backup that was killed had frozen."""
        for left in self._shadow.parent.glob(f"{_PREFIX}*"):
            self._unfreeze(left.name)

    def _unfreeze(self, name: str) -> None:
        for table in self._client.query(_QUERY).result_rows:
            if "MergeTree" in table[3]:
                self._command(table[0], f"UNFREEZE WITH NAME {sql.text(name)}")

    def _command(self, table: str, what: str) -> None:
        self._client.command(f"ALTER TABLE {sql.name(table)} {what}")


def put_back(url: str, directory: Path, backup: Path) -> None:
    """Make the tables of a backup in an empty engine, and attach their parts.

    Args:
        url: of the engine.
        directory: of its data.
        backup: where the tables and parts are.

    Raises:
        FreezeFailed: ClickHouse refuses.
    """
    known = msgspec.json.decode((backup / TABLES).read_bytes(), type=_Tables)
    client = _client(url)
    try:
        client.command(f"CREATE DATABASE IF NOT EXISTS {sql.name(known.database)}")
        for table in sorted(known.tables, key=lambda each: not each.has_parts):
            client.command(table.create)
        for table in known.tables:
            source = backup / "parts" / table.name
            if table.has_parts and source.is_dir():
                _attach(client, known.database, table.name, source, directory)
    except ClickHouseError as error:
        raise FreezeFailed(f"ClickHouse: {error}") from error
    finally:
        client.close()


def _attach(client: Client, database: str, table: str, source: Path, directory: Path) -> None:
    query = (
        "SELECT toString(uuid) FROM system.tables WHERE database = {d:String} AND name = {t:String}"
    )
    uuid = str(client.query(query, parameters={"d": database, "t": table}).result_rows[0][0])
    detached = directory / "data" / "store" / uuid[:3] / uuid / "detached"
    for part in sorted(source.iterdir()):
        copy_tree(part, detached / part.name)
        where = f"{sql.name(database)}.{sql.name(table)}"
        client.command(f"ALTER TABLE {where} ATTACH PART {sql.text(part.name)}")


_QUERY: Final = (
    "SELECT name, create_table_query, toString(uuid), engine FROM system.tables"
    " WHERE database = currentDatabase() AND NOT is_temporary ORDER BY name"
)


def _client(url: str) -> Client:
    try:
        return clickhouse_connect.get_client(
            dsn=url, autogenerate_session_id=False, send_receive_timeout=_ANSWER_SECONDS
        )
    except ClickHouseError as error:
        raise FreezeFailed(f"ClickHouse does not answer: {error}") from error
