"""What a statement may not name: ways to the server's files and to this process.

The engine's grants refuse `file`, `url`, `s3`, `remote` and their like as tables. These checks are
for what no grant covers. They look at words, not at grammar, so a column of such a name cannot be
used either; a text in quotes may hold anything.
"""

from __future__ import annotations

import re
from typing import Final

from embedded.clickhouse.errors import (
    ACCESS_DENIED,
    INTO_OUTFILE_NOT_ALLOWED,
    SETTING_CONSTRAINT_VIOLATION,
    QueryError,
)
from embedded.clickhouse.tokens import TOKEN

# The function `file` and the tables `python` (variables of this process) and `executable`, and
# `disk`, which puts a table anywhere; the engines that take a path or the address of another host
# and ask for no grant, and the one that runs its rows as statements.
_NAMES: Final = frozenset(
    b"datalakecatalog disk embeddedrocksdb executable executablepool file filelog python"
    b" queryrunner".split()
)
_ANY: Final = b"|".join(sorted(_NAMES))
_NAMED_RAW: Final = re.compile(rb"\b(?:%b)\b" % _ANY, re.IGNORECASE)
_NAMED_ANYWHERE: Final = re.compile(rb"%b|\\" % _ANY, re.IGNORECASE)
_OUTFILE: Final = re.compile(rb"\b(?:out|in)file\b", re.IGNORECASE)
_SETTING: Final = re.compile(
    rb"input_format_values_(?:interpret|deduce_templates_of)_expressions", re.IGNORECASE
)
_ATTACH_FROM: Final = re.compile(rb"\battach\b.*\bfrom\b", re.IGNORECASE | re.DOTALL)
# The engine reads these as quotes, minus and texts of their own, and a comment within a comment
# needs an end of its own; where quotes begin and end is then not sure here, and quoted texts are
# looked at like the rest.
_UNSURE: Final = re.compile(
    "[\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}\N{MINUS SIGN}$\0]".encode()
    + rb"|/\*(?:(?!\*/).)*?/\*",
    re.DOTALL,
)
_LETTER: Final = re.compile(rb"[\w$]")
_SUBQUERIES: Final = frozenset((b"select", b"with", b"from", b"format"))


def check(text: bytes) -> None:
    """Check a statement, without the rows that it inserts.

    Raises:
        QueryError: it names what is refused.
    """
    if _OUTFILE.search(text):
        # The words alone, even within quotes: the engine writes the file without asking anybody.
        raise QueryError.of(
            INTO_OUTFILE_NOT_ALLOWED,
            "INTO OUTFILE and FROM INFILE are not allowed over HTTP, nor are these words in a text:"
            " pass the text as a parameter",
            "INTO_OUTFILE_NOT_ALLOWED",
        )
    check_setting(text)
    if _ATTACH_FROM.search(text) and words(text)[:1] == [b"attach"]:
        raise _denied("ATTACH ... FROM")
    found = _forbidden(text)
    if found:
        raise _denied(found)


def check_setting(name: bytes) -> None:
    """Check the name of a setting, or a statement that may hold one.

    Raises:
        QueryError: it is one that must stay as it is.
    """
    found = _SETTING.search(name)
    if found:
        raise QueryError.of(
            SETTING_CONSTRAINT_VIOLATION,
            f"Setting {found[0].decode()} should not be changed",
            "SETTING_CONSTRAINT_VIOLATION",
        )


def has_harmless_expressions(rows: bytes) -> bool:
    """Whether rows of VALUES, all of them, have expressions that may be computed."""
    named = words(rows)
    if not named or _UNSURE.search(rows) or _forbidden(rows) is not None:
        return False
    return _SUBQUERIES.isdisjoint(named)


def is_unsure(text: bytes) -> bool:
    """Whether a text has signs that the engine may read in another way than is done here."""
    return _UNSURE.search(text) is not None


def may_end_within(text: bytes) -> bool:
    """Whether the engine may find a second statement in a text."""
    if b";" not in text:
        return False
    plain = []
    for found in TOKEN.finditer(text):
        if found.lastgroup == "end":
            return True
        closed = found.lastgroup in ("space", "quoted")
        # Right behind a word the `$` of such a text is one more letter of the word.
        if found[0][:1] == b"$" and _LETTER.match(text[max(0, found.start() - 1) : found.start()]):
            closed = False
        if found[0][:2] == b"/*" and b"/*" in found[0][2:]:
            closed = False
        plain.append(b" " if closed else found[0])
    return is_unsure(b"".join(plain))


def _forbidden(text: bytes) -> str | None:
    """The first forbidden name of a text."""
    if not _NAMED_ANYWHERE.search(text):
        return None
    if _UNSURE.search(text):
        found = _NAMED_RAW.search(text)
        if found:
            return found[0].decode()
    for word in words(text):
        if word in _NAMES:
            return word.decode()
        if b"\\" in word:
            return "a backslash in a quoted name"
    return None


def words(text: bytes) -> list[bytes]:
    """Words and quoted names, in lower case, without their quotes."""
    named = []
    for found in TOKEN.finditer(text):
        if found.lastgroup == "word":
            named.append(found[0].lower())
        elif found.lastgroup == "quoted" and found[0][:1] in (b'"', b"`"):
            named.append(found[0][1:-1].lower())
    return named


def _denied(what: str) -> QueryError:
    return QueryError.of(
        ACCESS_DENIED,
        f"default: Not enough privileges: {what} is not allowed here, for it reaches the server's"
        " files, its process or other hosts",
        "ACCESS_DENIED",
    )
