"""What readers of the database have, whether the archive runs or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, Self

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pyarrow as pa

    from schema.audit_chain import Head
    from sinks.duckdb.changes import Actor, Changed
    from sinks.personal import Forgetting
    from sinks.upkeep import Done, Wanted


class Reader(Protocol):
    """What the archive's server and the files themselves both offer."""

    def query(
        self, sql: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> pa.RecordBatchReader:
        """Run one SELECT; rows come as they are read. One query at a time.

        Raises:
            QueryFailed: the database refuses it.
        """

    def read_control(self) -> tuple[int, dict[str, pa.Table]]:
        """Return the configuration's version, and its current rows by table."""

    def write_control(self, tables: Mapping[str, pa.Table], note: str) -> int:
        """Write changed rows as one new version of the configuration, and return it.

        Raises:
            QueryFailed: nothing was written.
            ControlRefused: the same.
        """

    def change(
        self,
        tables: Mapping[str, pa.Table],
        gone: Mapping[str, Sequence[str]],
        by: Actor,
        *,
        whole: bool = False,
    ) -> Changed:
        """Write and delete rows of control tables and records, with their audit.

        Args:
            tables: rows by table; a changed row has a greater version than the stored one.
            gone: keys of rows to delete, by table.
            by: who does it.
            whole: whether one bad row refuses all; else it alone is left out, and said.

        Raises:
            QueryFailed: nothing was changed.
            ControlRefused: the same.
        """

    def append(self, tables: Mapping[str, pa.Table], positions: Mapping[str, str]) -> None:
        """Append versions of rows of history, and marks of how far they reach, all or none.

        Raises:
            QueryFailed: nothing was stored.
            WriteFailed, WriteRefused: the same, of the files themselves.
        """

    def seal(self) -> list[Head]:
        """Seal what the audit has got since the last seal; return the new ends of the chain.

        Raises:
            QueryFailed: it was not sealed.
            ControlRefused: the same.
        """

    def maintain(self, wanted: Wanted) -> Sequence[Done]:
        """Remove what retention lets go, and write the log into the files; tell what was done.

        Raises:
            QueryFailed: it was not done, or not all of it; the message says why.
            CheckpointFailed: the same.
        """

    def forget(self, which: Forgetting) -> dict[str, int]:
        """Remove or pseudonymise a user's rows, and count them by table.

        Raises:
            QueryFailed: the control data is as it was.
        """

    def close(self) -> None:
        """Let go of the database."""

    def __enter__(self) -> Self: ...
    def __exit__(self, *_: object) -> None: ...
