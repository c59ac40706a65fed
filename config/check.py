"""Checking what a file says against the declared keys: everything, not the first mistake."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar, get_args, get_origin

from config.fields import MASK, Key, Section, expected, keys

S = TypeVar("S", bound=Section)

DECIMALS = 8  # of money, prices and lots in the stores
LARGEST = Decimal(10) ** 10  # DECIMAL(18,8)
_TRUE, _FALSE = frozenset({"true", "yes", "on", "1"}), frozenset({"false", "no", "off", "0"})


class Unfit(ValueError):
    """A value does not fit its key; the message says what was expected and found."""


class Problems:
    """Collects one line for each mistake, with its place.

    Args:
        source: where the values come from, put behind each line; "" for nothing.
        sources: places that come from somewhere else.
    """

    def __init__(self, source: str = "", sources: Mapping[str, str] | None = None) -> None:
        self.lines: list[str] = []
        self._source = source
        self._sources = sources or {}

    def add(self, place: str, message: str) -> None:
        """Note what is wrong at a place, as `accounts[3].broker`."""
        source = self._sources.get(place, self._source)
        line = f"{place}: {message}" if place else message
        self.lines.append(f"{line} (in {source})" if source else line)


def section(
    kind: type[S],
    data: object,
    place: str,
    problems: Problems,
    *,
    texts: frozenset[str] = frozenset(),
) -> S | None:
    """Return a section made of what a file says, or None when something is wrong with it.

    Args:
        kind: the section's class.
        data: what the file has there.
        place: its path in the file, "" for the whole file.
        problems: takes what is wrong.
        texts: paths whose values come as text (the environment), whatever their type.
    """
    if not isinstance(data, Mapping):
        problems.add(place, f"expected a table, was {shown(data)}")
        return None
    known = {key.spelling: key for key in keys(kind)}
    before = len(problems.lines)
    for name in data:
        if name not in known:
            problems.add(join(place, name), f"there is no such key{hint(name, known)}")
    values: dict[str, Any] = {}
    for name, key in known.items():
        path = join(place, name)
        if name not in data:
            if key.required:
                problems.add(path, f"is missing; expected {expected(key)}")
            continue
        if isinstance(key.kind, type) and issubclass(key.kind, Section):
            values[key.name] = section(key.kind, data[name], path, problems, texts=texts)
            continue
        try:
            found = _from_text(key, data[name]) if path in texts else data[name]
            values[key.name] = value(key, found)
        except Unfit as error:
            problems.add(path, str(error))
    return kind(**values) if len(problems.lines) == before else None


def value(key: Key, found: Any) -> Any:
    """Return a value as its key's type.

    Raises:
        Unfit: if it has another type, or lies outside its range.
    """
    secret = key.rule.secret
    out = _of_kind(key, key.kind, found)
    for one, was in _parts(out, found):
        if not _within(key, one):
            limits = expected(key, kind=False) or expected(key)
            raise Unfit(f"expected {limits}, was {MASK if secret else shown(was)}")
    return out


def _parts(out: Any, found: Any) -> Iterable[tuple[Any, Any]]:
    """Pair what each limit applies to with what the file has there."""
    if isinstance(out, list):
        return zip(out, found if isinstance(found, list) else [found], strict=True)
    if isinstance(out, dict):
        return [(text, text) for pair in out.items() for text in pair]
    return [(out, found)]


def hint(name: str, known: Iterable[str]) -> str:
    """Return the known name that is nearest, or all of them, as the end of a sentence."""
    known = list(known)
    near = difflib.get_close_matches(name, known, 1, cutoff=0.6)
    if near:
        return f"; did you mean `{near[0]}`?"
    return f"; known: {some(known)}" if known else ""


def some(names: Iterable[str], limit: int = 8) -> str:
    """Return names in one line, the first few and how many more."""
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return ", ".join(listed[:limit]) + more


def shown(found: object) -> str:
    """Return a value as a file has it, cut if long."""
    if isinstance(found, bool):
        return str(found).lower()
    text = f'"{found}"' if isinstance(found, str) else str(found)
    if isinstance(found, Mapping):
        text = "a table"
    return text if len(text) <= 60 else f"{text[:57]}..."


def join(place: str, name: str) -> str:
    """Return the path of a key inside a place."""
    return f"{place}.{name}" if place else name


def _of_kind(key: Key, kind: Any, found: Any) -> Any:
    wrong = Unfit(f"expected {expected(key)}, was {MASK if key.rule.secret else shown(found)}")
    if get_origin(kind) is list:
        if isinstance(found, str) and get_args(kind) == (str,):
            found = [found]
        if not isinstance(found, list):
            raise wrong
        return [_of_kind(key, get_args(kind)[0], one) for one in found]
    if get_origin(kind) is dict:
        if not isinstance(found, Mapping):
            raise wrong
        inside = get_args(kind)[1]
        return {name: _of_kind(key, inside, one) for name, one in found.items()}
    if kind is Any:
        return found
    if kind in (float, Decimal):
        return _number(kind, found, wrong)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise wrong
    if kind is int and not -(2**63) <= found < 2**63:
        raise wrong
    return found


def _number(kind: type, found: Any, wrong: Unfit) -> float | Decimal:
    if isinstance(found, bool) or not isinstance(found, (int, float, Decimal)):
        raise wrong
    if not math.isfinite(found):
        raise wrong
    if kind is float:
        return float(found)
    exact = Decimal(str(found))
    if abs(exact) >= LARGEST or exact != round(exact, DECIMALS):
        raise Unfit(f"expected a number with at most {DECIMALS} decimals, was {shown(found)}")
    return exact


def _within(key: Key, one: Any) -> bool:
    limits = key.rule
    if isinstance(one, str):
        if limits.words:
            return one in limits.words
        if limits.pattern and (one or key.required):
            return re.fullmatch(limits.pattern, one) is not None
        return limits.length is None or len(one) <= limits.length
    if isinstance(one, (int, float, Decimal)) and not isinstance(one, bool):
        return (
            (limits.above is None or one > limits.above)
            and (limits.least is None or one >= limits.least)
            and (limits.most is None or one <= limits.most)
        )
    return True


def _from_text(key: Key, text: str) -> Any:
    """Read a value of the environment; what cannot be read is left for `value` to refuse."""
    if key.kind is bool:
        word = text.strip().lower()
        return word in _TRUE if word in _TRUE | _FALSE else text
    if key.kind is int:
        return int(text) if re.fullmatch(r"\s*[-+]?\d{1,19}\s*", text) else text
    if key.kind in (float, Decimal):
        try:
            return Decimal(text.strip())
        except InvalidOperation:
            return text
    if get_origin(key.kind) is list:
        return [part.strip() for part in text.split(",") if part.strip()]
    return text
