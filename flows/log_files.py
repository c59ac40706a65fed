"""Log files: one for each process, of JSON lines; errors go to standard error as well."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from logging.handlers import RotatingFileHandler
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from embedded.server import make_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LOG_BYTES = 10_000_000
_LOGS_KEPT = 5


class JsonLines(logging.Formatter):
    """One JSON object per record: time, level, logger, message, extra fields, traceback."""

    _KNOWN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

    @override
    def format(self, record: logging.LogRecord) -> str:
        """Return the record on one line."""
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "time": f"{at}.{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        line.update((k, v) for k, v in vars(record).items() if k not in self._KNOWN)
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def open_log(directory: Path, name: str, level: str = "info") -> logging.Logger:
    """Send this process's log to `<name>.log` in a directory, and its errors to standard error."""
    make_private(directory)
    file = RotatingFileHandler(
        directory / f"{name}.log", maxBytes=_LOG_BYTES, backupCount=_LOGS_KEPT, encoding="utf-8"
    )
    file.setFormatter(JsonLines())
    screen = logging.StreamHandler(sys.stderr)
    screen.setLevel(logging.ERROR)
    screen.setFormatter(_Screen(f"tradecast {name}: "))
    root = logging.getLogger()
    root.setLevel(level.upper())
    root.handlers = [file, screen]
    logging.captureWarnings(capture=True)
    return logging.getLogger(f"tradecast.{name}")


def last_error(directory: Path, name: str) -> str:
    """The last error in a process's log, with its time; nothing if there is none."""
    for line in _last_lines(directory / f"{name}.log"):
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict) and record.get("level") in ("error", "critical"):
            return f"{record.get('time', '')} {record.get('message', '')}".strip()
    return ""


class _Screen(logging.Formatter):
    """One line, without the traceback, which the log file has."""

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    @override
    def format(self, record: logging.LogRecord) -> str:
        return f"{self._prefix}{' '.join(record.getMessage().split())}"


def _last_lines(path: Path, size: int = 256_000) -> Iterator[bytes]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - size))
            yield from reversed(file.read().splitlines())
    except OSError:
        return
