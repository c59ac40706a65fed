"""What must be known of a statement before the engine sees it: its kind, format and data."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from embedded.clickhouse import forbidden
from embedded.clickhouse.errors import SYNTAX_ERROR, QueryError
from embedded.clickhouse.tokens import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator

Kind = Literal["select", "insert", "other"]

_AFTER_FORMAT = re.compile(rb"[ \t\f]*;?[ \t\f]*\r?\n?")
_SELECTS = frozenset((b"SELECT", b"WITH", b"FROM", b"("))


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, cut where the engine needs it cut.

    Attributes:
        kind: whether rows come out of it, go into it, or neither.
        text: the statement without a closing semicolon; of an `insert` without its format and
            data, of anything else with its format.
        format: the format it names, None if it names none.
        format_at: where in `text` the word FORMAT stands; `len(text)` if it does not.
        data_at: where in the source the rows of an `insert` begin.
        for_session: whether it does nothing but change a session.
    """

    kind: Kind
    text: bytes
    format: str | None
    format_at: int
    data_at: int
    for_session: bool = False


def parse(source: bytes) -> Statement:
    """Cut a statement.

    Args:
        source: the statement; of an INSERT with rows, at least all that precedes the rows.

    Raises:
        QueryError: it is empty, more than one, or names what is forbidden.
    """
    tokens = _tokens(source)
    first = next(tokens, None)
    if first is None:
        raise QueryError.of(SYNTAX_ERROR, "Empty query", "SYNTAX_ERROR")
    if first.upper == b"INSERT":
        return _insert(source, tokens)
    kind: Kind = "select" if first.upper in _SELECTS else "other"
    return _query(source, kind, [first, *tokens])


@dataclass(slots=True)
class _Token:
    start: int
    end: int
    upper: bytes
    is_word: bool


def _tokens(source: bytes) -> Iterator[_Token]:
    """The tokens outside of brackets, and each outermost opening bracket."""
    depth = 0
    for found in TOKEN.finditer(source):
        kind = found.lastgroup
        if kind == "space":
            continue
        if kind == "close":
            depth = max(0, depth - 1)
            continue
        if depth == 0:
            upper = b"" if kind == "quoted" else found[0].upper()
            yield _Token(found.start(), found.end(), upper, kind == "word")
        if kind == "open":
            depth += 1


def _insert(source: bytes, tokens: Iterator[_Token]) -> Statement:
    before = b""
    selects = False
    for token in tokens:
        # After INTO, TABLE and a dot stands a name, which may be `values` or `format`.
        named = before in (b"INTO", b"TABLE", b".")
        selects = selects or (not named and token.upper in (b"SELECT", b"WITH"))
        if token.upper == b"VALUES" and not named and not selects:
            return _with_rows(source[: token.start], "Values", token.end)
        if token.upper == b"FORMAT" and not named and not selects:
            name = next(tokens, None)
            if name is None or not name.is_word:
                break
            after = _AFTER_FORMAT.match(source, name.end)
            data_at = name.end if after is None else after.end()
            called = source[name.start : name.end].decode()
            return _with_rows(source[: token.start], called, data_at)
        before = token.upper
    return _query(source, "other", list(_tokens(source)))


def _with_rows(before: bytes, name: str, data_at: int) -> Statement:
    text = before.rstrip()
    _check(text)
    return Statement("insert", text, name, len(text), data_at)


def _query(source: bytes, kind: Kind, tokens: list[_Token]) -> Statement:
    while tokens and tokens[-1].upper == b";":
        tokens.pop()
    if not tokens:
        raise QueryError.of(SYNTAX_ERROR, "Empty query", "SYNTAX_ERROR")
    text = source[: max(_end(source, tokens[-1]), tokens[-1].end)]
    _check(text)
    name: str | None = None
    format_at = len(text)
    for index, token in enumerate(tokens):
        following = tokens[index + 1] if index + 1 < len(tokens) else None
        if token.upper == b"FORMAT" and following is not None and following.is_word:
            rest = tokens[index + 2 :]
            if not rest or rest[0].upper == b"SETTINGS":
                name = source[following.start : following.end].decode()
                format_at = token.start
    return Statement(kind, text, name, format_at, len(source), _for_session(tokens))


def _check(text: bytes) -> None:
    if forbidden.may_end_within(text):
        raise QueryError.of(
            SYNTAX_ERROR, "Syntax error (Multi-statements are not allowed)", "SYNTAX_ERROR"
        )
    forbidden.check(text)


def _for_session(tokens: list[_Token]) -> bool:
    words = [token.upper for token in tokens[:4]]
    return words[0] in (b"SET", b"USE") or (words[0] == b"CREATE" and b"TEMPORARY" in words)


def _end(source: bytes, last: _Token) -> int:
    """Where the statement ends: an outermost bracket's end is not a token of its own."""
    end = last.end
    for found in TOKEN.finditer(source, last.start):
        if found.lastgroup not in ("space", "end"):
            end = found.end()
    return end
