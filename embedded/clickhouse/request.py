"""What an HTTP request asks for, taken from its address and headers."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl

from embedded.clickhouse import forbidden, formats
from embedded.clickhouse.engine import set_all
from embedded.clickhouse.errors import (
    AUTHENTICATION_FAILED,
    BAD_ARGUMENTS,
    NOT_IMPLEMENTED,
    QueryError,
)
from schema.clickhouse_access import USER_SETTING

if TYPE_CHECKING:
    from email.message import Message

USER: Final = "default"
_PARAMETER: Final = "param_"

# Words to the HTTP layer, not settings of the engine.
_TRANSPORT: Final = frozenset(
    (
        "session_timeout",
        "quota_key",
        "client_protocol_version",
        "buffer_size",
        "http_zlib_compression_level",
        "send_progress_in_http_headers",
        "http_headers_progress_interval_ms",
        "cancel_http_readonly_queries_on_client_close",
        "add_http_cors_header",
        "user",
        "password",
    )
)
_UNSUPPORTED: Final = {
    "compress": "use enable_http_compression=1 and Accept-Encoding instead",
    "decompress": "use Content-Encoding instead",
    "session_check": "each request stands alone",
    "close_session": "each request stands alone",
}
# Fields of the request that are taken as they come.
_WORDS: Final = {
    "database": "database",
    "default_format": "format",
    "session_id": "session",
    "role": "role",
}
_FALSE: Final = frozenset(("", "0", "false"))
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
# clickhouse-connect names a session in every request, unless it is told not to.
_MADE_UP: Final = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\Z"
)


@dataclass(slots=True)
class Request:
    """One query with its circumstances.

    Attributes:
        query: the statement, or its beginning, from the address; empty if it is in the body.
        settings: of the engine, and `param_` values, as text.
        database: what unqualified names belong to; None for the default.
        format: of the answer, if the statement names none.
        query_id: given back in the answer.
        whole: answer only when the result is complete (`wait_end_of_query`).
        read_only: refuse what changes data: asked for by GET.
        compress: whether the answer may be compressed.
        session: the name of a session that the client did not choose; empty if there is none.
        role: that it is to run with; empty for the system's own.
        user: whose rows it is about, with the role of a reader.
    """

    query: bytes = b""
    settings: dict[str, str] = field(default_factory=dict)
    database: str | None = None
    format: str | None = None
    query_id: str = ""
    whole: bool = False
    read_only: bool = False
    compress: bool = False
    session: str = ""
    role: str = ""
    user: str = ""

    @property
    def values(self) -> dict[str, str]:
        """Values of the statement's parameters, by their names as settings."""
        return {n: v for n, v in self.settings.items() if n.startswith(_PARAMETER)}

    def set_up(self) -> str | None:
        """The SET statement that gives a fresh connection this request's settings, if any.

        Values of parameters are not among them: each request has others.
        """
        settings = {n: v for n, v in self.settings.items() if not n.startswith(_PARAMETER)}
        if self.read_only and settings.get("readonly", "0") in _FALSE:
            # 2: reading may still change settings. After the others, for it forbids itself.
            settings.pop("readonly", None)
            settings["readonly"] = "2"
        return set_all(settings) if settings else None


def parse(query_string: str, headers: Message, *, read_only: bool) -> Request:
    """Read the address and the headers.

    Raises:
        QueryError: a name that is none, or something that is not supported.
    """
    formats.check_name(headers.get("X-ClickHouse-Format") or formats.DEFAULT)
    request = Request(
        database=headers.get("X-ClickHouse-Database"),
        format=headers.get("X-ClickHouse-Format"),
        query_id=str(uuid.uuid4()),
        read_only=read_only,
    )
    # A text may hold bytes that are no UTF-8: they are given on as they came.
    add_fields(request, parse_qsl(query_string, keep_blank_values=True, errors="surrogateescape"))
    return request


def check_session(request: Request, headers: Message) -> None:
    """Check that no session was asked for.

    Raises:
        QueryError: one was.
    """
    made_up = "clickhouse-connect/" in headers.get("User-Agent", "")
    if request.session and not (made_up and _MADE_UP.match(request.session)):
        raise no_session("session_id is not supported")


def no_session(what: str) -> QueryError:
    """The refusal of what needs a session."""
    return QueryError.of(
        NOT_IMPLEMENTED,
        f"{what}: there are no sessions, each request stands alone. Leave session_id out"
        " (clickhouse-connect: autogenerate_session_id=False), and send settings and the database"
        " with each query",
        "NOT_IMPLEMENTED",
    )


def add_fields(request: Request, fields: list[tuple[str, str]]) -> None:
    """Add names and values, from the address or a form, to a request.

    Raises:
        QueryError: a name that is none, or something that is not supported.
    """
    for name, value in fields:
        if name == "query":
            request.query = value.encode(errors="surrogateescape")
        elif name in _WORDS:
            if name == "default_format":
                formats.check_name(value or formats.DEFAULT)
            setattr(request, _WORDS[name], value)
        elif name == "query_id":
            # It goes back in a header.
            request.query_id = "".join(filter(str.isprintable, value))
        elif name == "wait_end_of_query":
            request.whole = value not in _FALSE
        elif name == "enable_http_compression":
            request.compress = value not in _FALSE
        elif name == USER_SETTING:
            request.user = value.lower()
        elif name in _UNSUPPORTED:
            if value not in _FALSE:
                raise QueryError.of(
                    NOT_IMPLEMENTED,
                    f"{name}=1 is not supported: {_UNSUPPORTED[name]}",
                    "NOT_IMPLEMENTED",
                )
        elif name not in _TRANSPORT:
            if not _NAME.match(name):
                raise QueryError.of(
                    BAD_ARGUMENTS, f"{name!r} is not the name of a setting", "BAD_ARGUMENTS"
                )
            forbidden.check_setting(name.encode())
            request.settings[name] = value


def check_password(query_string: str, headers: Message, password: str) -> None:
    """Check who asks: `Authorization: Basic`, `X-ClickHouse-User` and `-Key`, or the address.

    Raises:
        QueryError: nobody said (status 401), or it is not the user with this password (403).
    """
    user, given = _credentials(query_string, headers)
    if user is None and given is None:
        raise QueryError.of(
            AUTHENTICATION_FAILED,
            f"{USER}: Authentication failed: a password is required",
            "AUTHENTICATION_FAILED",
            401,
        )
    name = USER if user is None else user
    right = hmac.compare_digest((given or "").encode(), password.encode())
    if name != USER or not right:
        raise QueryError.of(
            AUTHENTICATION_FAILED,
            f"{name}: Authentication failed: password is incorrect, or there is no user with such"
            " name",
            "AUTHENTICATION_FAILED",
        )


def _credentials(query_string: str, headers: Message) -> tuple[str | None, str | None]:
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            user, _, password = base64.b64decode(token, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return user, password
    user_header, key = headers.get("X-ClickHouse-User"), headers.get("X-ClickHouse-Key")
    if user_header is not None or key is not None:
        return user_header, key
    fields = dict(parse_qsl(query_string, keep_blank_values=True))
    return fields.get("user"), fields.get("password")
