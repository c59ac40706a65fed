"""What is used of chdb's connections, with types; the import of the engine itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from collections.abc import Callable


class Result(Protocol):
    """What a statement gave, in an output format."""

    def bytes(self) -> bytes:
        """The output."""

    def rows_read(self) -> int:
        """Rows read from tables."""

    def bytes_read(self) -> int:
        """Bytes read from tables."""

    def rows_written(self) -> int:
        """Rows written to tables, those of materialized views included."""

    def bytes_written(self) -> int:
        """Bytes written to tables."""


class Stream(Protocol):
    """A result that comes block by block, each formatted on its own."""

    def fetch(self) -> Result | None:
        """The next block, None after the last."""

    def close(self) -> None:
        """End the query, if it still runs."""


class Written(Protocol):
    """What an insert wrote."""

    rows_written: int
    bytes_written: int


class Inserter(Protocol):
    """An insert that takes its rows in pieces."""

    def append(self, data: bytes) -> None:
        """Add a piece, cut anywhere."""

    def finish(self) -> Written:
        """Write what is left, and wait until it is written."""

    def cancel(self) -> None:
        """Give the insert up."""


class Connection(Protocol):
    """One connection of the engine: one statement at a time, settings of its own."""

    def query(self, query: str | bytes, format: str) -> Result:  # noqa: A002 - chdb's name
        """Run a statement to its end."""

    def send_query(self, query: str | bytes, format: str) -> Stream:  # noqa: A002
        """Start a SELECT."""

    def send_insert(self, query: str | bytes, format: str) -> Inserter:  # noqa: A002
        """Start an INSERT; its rows follow in the given format."""

    def close(self) -> None:
        """End it; the engine ends with the last one."""


def connect(target: str) -> Connection:
    """Open a connection, and with the first one the engine: 250 MB, and no fork any more.

    Args:
        target: chdb's connection string.

    Raises:
        RuntimeError: the engine cannot open the directory; its text seldom says why.
    """
    from chdb.state.sqlitelike import Connection as Chdb  # noqa: PLC0415 - loads the engine

    return cast("Callable[[str], Connection]", Chdb)(target)
