"""Declaring a key of a TOML file once: its type, range, default and meaning.

From the declaration come the check (`config.check`) and the reference page
(`config.reference`). Defaults live in the class and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import msgspec
from typing_extensions import override

_PASSWORD = re.compile(r"(?<=://)([^@/\s]*)@")
MASK = "***"


class Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of a TOML file. Its `repr` shows no password."""

    @override
    def __repr__(self) -> str:
        shown = ", ".join(
            f"{key.name}={_shown(key, getattr(self, key.name))}" for key in keys(type(self))
        )
        return f"{type(self).__name__}({shown})"

    __str__ = __repr__


@dataclass(frozen=True, kw_only=True)
class Rule:
    """What a value must be, beyond its type."""

    above: float | None = None
    least: float | None = None
    most: float | None = None
    words: tuple[str, ...] = ()
    pattern: str = ""
    form: str = ""  # the pattern in words
    length: int | None = None  # of a text, at most
    secret: bool = False


@dataclass(frozen=True)
class Key:
    """One key of a section, as its struct declares it."""

    name: str  # of the attribute
    spelling: str  # in the file
    kind: Any  # int, float, Decimal, str, bool, list[...], dict[...] or a Section
    rule: Rule
    description: str
    required: bool
    default: Any


def rule(
    description: str,
    *,
    above: float | None = None,
    least: float | None = None,
    most: float | None = None,
    words: tuple[str, ...] | list[str] = (),
    pattern: str = "",
    form: str = "",
    length: int | None = None,
    secret: bool = False,
) -> msgspec.Meta:
    """Describe a key, inside `Annotated`.

    Args:
        description: what it means, with its unit; one or two sentences.
        above: the value must be greater.
        least: the value must not be smaller.
        most: the value must not be greater.
        words: the only texts allowed.
        pattern: a regular expression that the whole text must match, or be empty.
        form: the pattern, in words.
        length: of a text or of each text in a list, at most.
        secret: it may hold a password, which is never shown.
    """
    found = Rule(
        above=above,
        least=least,
        most=most,
        words=tuple(words),
        pattern=pattern,
        form=form,
        length=length,
        secret=secret,
    )
    return msgspec.Meta(description=description, extra={"rule": found})


def keys(section: type[Section]) -> list[Key]:
    """Return the keys of a section, in the order they are declared."""
    hints = get_type_hints(section, include_extras=True)
    found = []
    for field in msgspec.structs.fields(section):
        kind, meta = hints[field.name], None
        if get_origin(kind) is Annotated:
            kind, meta = get_args(kind)
        default = field.default
        if field.default_factory is not msgspec.NODEFAULT:
            default = field.default_factory()
        found.append(
            Key(
                field.name,
                field.encode_name,
                _without_none(kind),
                meta.extra["rule"] if meta is not None and meta.extra else Rule(),
                (meta.description or "") if meta is not None else "",
                field.required,
                default,
            )
        )
    return found


def expected(key: Key, *, kind: bool = True) -> str:
    """Return in words what a value of the key must be; without its kind, only the range."""
    found = key.rule
    if found.words:
        return f"one of {', '.join(found.words)}"
    if found.form:
        return found.form
    limits = [
        f"{sign} {_number(limit)}"
        for sign, limit in ((">", found.above), (">=", found.least), ("<=", found.most))
        if limit is not None
    ]
    if found.length is not None:
        limits.append(f"at most {found.length} characters")
    text = " and ".join(limits)
    if not kind:
        return text
    return f"{kind_word(key.kind)} {text}".strip()


def kind_word(kind: Any) -> str:
    """Return the name of a type, as a user knows it."""
    words = {int: "a whole number", str: "text", bool: "true or false"}
    if kind in (float, Decimal):
        return "a number"
    if kind in words:
        return words[kind]
    if get_origin(kind) is list:
        inside = get_args(kind)[0]
        return "a text or a list of texts" if inside is str else "a list of tables"
    if get_origin(kind) in (dict, Mapping):
        return "a table"
    return "a table"


def masked(text: str) -> str:
    """Return an address without its user and password."""
    return _PASSWORD.sub(f"{MASK}@", text)


def _shown(key: Key, value: Any) -> str:
    return repr(masked(value)) if key.rule.secret else repr(value)


def _without_none(kind: Any) -> Any:
    if get_origin(kind) in (Union, UnionType):
        kinds = [one for one in get_args(kind) if one is not type(None)]
        return kinds[0] if len(kinds) == 1 else kind
    return kind


def _number(value: float) -> str:
    return f"{value:,.10g}".replace(",", "_") if abs(value) >= 10_000 else f"{value:.10g}"
