"""What a command ends with: its exit code, and the one line that says why."""

from __future__ import annotations

import errno
import sys
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class Exit(IntEnum):
    """Exit codes; those above 63 have the meaning that sysexits.h gives them."""

    OK = 0
    PROBLEMS = 1  # the command worked and found something wrong
    USAGE = 2  # wrong arguments or wrong input
    UNAVAILABLE = 69  # the system, or a part of it, is not running
    INTERNAL = 70  # a fault of the program, or a process that ended unasked
    CANNOT_CREATE = 73  # a file or directory cannot be written
    BUSY = 75  # something else is at work here; try again later
    CONFIG = 78  # settings, or a home, that this release cannot use
    INTERRUPTED = 130  # Ctrl-C


class CommandError(Exception):
    """The command cannot go on; the message is the line that the user reads."""

    def __init__(self, message: str, code: Exit = Exit.USAGE) -> None:
        super().__init__(message)
        self.code = code


# By name, so that a command which never loads a driver does not load it to name its errors.
# The first that matches an error's class, or one of its bases, wins.
_CODES: tuple[tuple[str, Exit], ...] = (
    ("embedded.errors.Busy", Exit.BUSY),
    ("embedded.errors.PortBusy", Exit.BUSY),
    ("embedded.errors.Unwritable", Exit.CANNOT_CREATE),
    ("embedded.errors.NotAHome", Exit.CONFIG),
    ("embedded.errors.WrongVersion", Exit.CONFIG),
    ("embedded.errors.ServerFailed", Exit.UNAVAILABLE),
    ("embedded.errors.EmbeddedError", Exit.INTERNAL),
    ("redis.exceptions.AuthenticationError", Exit.CONFIG),
    ("redis.exceptions.ConnectionError", Exit.UNAVAILABLE),
    ("redis.exceptions.TimeoutError", Exit.UNAVAILABLE),
    ("redis.exceptions.OutOfMemoryError", Exit.UNAVAILABLE),
    ("redis.exceptions.RedisClusterException", Exit.UNAVAILABLE),
    ("config.errors.SettingsError", Exit.CONFIG),
    ("sinks.duckdb.database.DatabaseBusy", Exit.BUSY),
    ("sinks.duckdb.database.DatabaseMissing", Exit.UNAVAILABLE),
    ("sinks.duckdb.database.DatabaseTooNew", Exit.CONFIG),
    ("sinks.clickhouse.DatabaseTooNew", Exit.CONFIG),
    ("sinks.postgres.DatabaseTooNew", Exit.CONFIG),
    ("sinks.postgres.CannotSee", Exit.CONFIG),
    ("rules.errors.Transient", Exit.UNAVAILABLE),
    ("rules.errors.Rejected", Exit.USAGE),
    ("rules.errors.TradecastError", Exit.INTERNAL),
    ("builtins.PermissionError", Exit.CANNOT_CREATE),
    ("builtins.FileNotFoundError", Exit.USAGE),
    ("builtins.IsADirectoryError", Exit.USAGE),
)
# Told by the number: there are no classes of them.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS})


def explain(error: BaseException) -> tuple[str, Exit, bool]:
    """Say what an error means to the user.

    Returns:
        The line (one for each mistake of a file), the exit code, and whether the error was
        foreseen (one that was not deserves a traceback in the log).
    """
    if isinstance(error, CommandError):
        return str(error), error.code, True
    names = {f"{base.__module__}.{base.__qualname__}" for base in type(error).__mro__}
    for name, code in _CODES:
        if name in names:
            return _sentence(error), code, True
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        where = f"{error.filename}: " if error.filename is not None else ""
        return f"{where}cannot write: {error.strerror}", Exit.CANNOT_CREATE, True
    return f"internal error: {type(error).__name__}: {one_line(str(error))}", Exit.INTERNAL, False


def one_line(text: str) -> str:
    """A text without line breaks."""
    return " ".join(text.split())


def complain(message: str) -> None:
    """Write a message for the user on standard error, each of its lines with our name."""
    for line in message.splitlines():
        print(f"tradecast: {line.strip()}", file=sys.stderr, flush=True)


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what it was raised from, outermost first."""
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _sentence(error: BaseException) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}"
    if type(error).__module__.startswith("redis."):
        return one_line(f"Redis does not answer as it should: {error}")
    problems: tuple[str, ...] | None = getattr(error, "problems", None)
    return one_line(str(error)) if problems is None else "\n".join(map(one_line, problems))
