"""ClickHouse's error codes, and the HTTP status that goes with each."""

from __future__ import annotations

import re
from typing import Final

UNSUPPORTED_METHOD: Final = 1
BAD_ARGUMENTS: Final = 36
NOT_IMPLEMENTED: Final = 48
SYNTAX_ERROR: Final = 62
UNKNOWN_FORMAT: Final = 73
TOO_MANY_SIMULTANEOUS_QUERIES: Final = 202
TIMEOUT_EXCEEDED: Final = 159
QUERY_IS_TOO_LARGE: Final = 229
ABORTED: Final = 236
NOT_ENOUGH_SPACE: Final = 243
CANNOT_DECOMPRESS: Final = 271
RECEIVED_EMPTY_DATA: Final = 295
INTO_OUTFILE_NOT_ALLOWED: Final = 358
SETTING_CONSTRAINT_VIOLATION: Final = 452
ACCESS_DENIED: Final = 497
AUTHENTICATION_FAILED: Final = 516
UNKNOWN_EXCEPTION: Final = 1002

# As in ClickHouse: 400 what cannot be parsed or does not fit, 404 what is unknown, else 500.
_PARSING = (6, 25, 26, 27, 36, 38, 41, 62, 72, 117, 271, 376, 441, 457, 675, 676)
_UNFIT = (8, 15, 37, 44, 53, 80, 123, 167, 168, 223, 295, 321, 358)
_STATUSES: Final[dict[int, tuple[int, ...]]] = {
    400: (*_PARSING, *_UNFIT),
    401: (194,),
    403: (192, 193, 516),
    404: (46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 139, 152, 336),
    408: (159,),
    411: (381,),
    413: (229,),
    501: (1, 48),
    503: (76, 202, 209, 236, 439),
}
_STATUS_OF: Final = {code: status for status, codes in _STATUSES.items() for code in codes}

_CODE = re.compile(r"Code: (\d+)\. ")

# What chdb raises for the engine's errors: the second where the text of one is no UTF-8.
EngineErrors: Final = (RuntimeError, UnicodeDecodeError)


class QueryError(Exception):
    """A request that failed, as ClickHouse reports it.

    Args:
        code: ClickHouse's error code.
        message: what a client reads, beginning with `Code: N. DB::Exception: `.
        status: HTTP status; by default the one that belongs to the code.
    """

    def __init__(self, code: int, message: str, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or _STATUS_OF.get(code, 500)

    @classmethod
    def of(cls, code: int, text: str, name: str, status: int | None = None) -> QueryError:
        """An error of our own, worded as the engine words its errors."""
        return cls(code, f"Code: {code}. DB::Exception: {text}. ({name})", status)

    @classmethod
    def from_engine(cls, error: Exception) -> QueryError:
        """The error that chdb raised, without what its Python binding puts in front."""
        text = str(error).strip()
        # The binding gives up where the engine's text is no UTF-8; a stream of rows says so in an
        # error of its own.
        for cause in (error, error.__cause__, error.__context__):
            if isinstance(cause, UnicodeDecodeError):
                text = cause.object.decode(errors="replace").strip()
                break
        found = _CODE.search(text)
        if found is None:
            return cls(UNKNOWN_EXCEPTION, f"Code: {UNKNOWN_EXCEPTION}. DB::Exception: {text}")
        return cls(int(found[1]), text[found.start() :])
