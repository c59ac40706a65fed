"""From stream entries to fields: JSON text or Arrow rows become one dict per signal.

The fast decoder says nothing about repeated keys and little about errors, so what it refuses,
or what might hide a repeated key, is read again by the slower one, which can explain.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from rules.parsing_arrow import arrow_rows
from rules.parsing_faults import Fault
from schema.codes import ReasonCode

Fields = dict[str, Any]
Entry = tuple[str, str, Mapping[bytes, bytes]]

JSON_LIMIT = 64 * 1024
ARROW_LIMIT = 4 * 1024 * 1024
MAX_DEPTH = 32
_LAST_MS = 10**13 - 1  # in the year 2286; what follows would overflow one store or another
_LAST_SEQ = 2**63 - 1
_NAME = re.compile(rb"[\w.-]{1,32}")

_fast = msgspec.json.Decoder(float_hook=Decimal)


@dataclass(slots=True)
class Received:
    """One signal as it came, or what is wrong with it.

    Attributes:
        content: Its fields; numbers are int or Decimal. The fault where it could not be read.
        raw: What was received, for the payload of a rejection.
    """

    stream: int
    entry_ms: int
    entry_seq: int
    row: int
    content: Fields | Fault
    raw: Any


def parse(entries: Iterable[Entry]) -> Iterator[Received]:
    """Yield what every entry holds, in order; an entry of Arrow holds one signal per row."""
    streams: dict[str, int] = {}
    for key, entry_id, fields in entries:
        stream = streams.get(key)
        if stream is None:
            stream = streams[key] = int(key.rpartition(":")[2])
        ms, _, seq = entry_id.partition("-")
        place = (stream, int(ms), int(seq or 0))
        if place[1] > _LAST_MS or place[2] > _LAST_SEQ:
            yield _misplaced(place, entry_id, fields)
            continue
        try:
            kind, data = _payload(fields)
            if kind == b"json":
                yield Received(*place, 0, read_json(data), data)
                continue
            rows = arrow_rows(data)
        except Fault as fault:
            yield Received(*place, 0, fault, fields)
            continue
        for row, (content, raw) in enumerate(rows):
            yield Received(*place, row, content, raw)


def _misplaced(place: tuple[int, int, int], entry_id: str, fields: Any) -> Received:
    """Refuse an entry whose id a publisher chose; its place is the nearest that can be stored.

    Redis goes on from such an id by its second part alone, so that part must still differ,
    also from that of an ordinary entry.
    """
    stream, ms, seq = place
    if seq > _LAST_SEQ:
        seq = 2**62 | (seq & (2**62 - 1))
    fault = Fault(
        ReasonCode.OUT_OF_RANGE,
        f"The id of the entry, {entry_id}, lies too far in the future or is too large; "
        "write entries with XADD and the id *.",
    )
    return Received(stream, min(ms, _LAST_MS), seq, 0, fault, fields)


def _payload(fields: Mapping[bytes, bytes]) -> tuple[bytes, bytes]:
    text, arrow = fields.get(b"json"), fields.get(b"arrow")
    if len(fields) > 1 and (b"json again" in fields or b"arrow again" in fields):
        raise Fault(
            ReasonCode.TWO_PAYLOADS, "The entry has its `json` or `arrow` field twice; send one."
        )
    if text is not None and arrow is not None:
        raise Fault(
            ReasonCode.TWO_PAYLOADS, "The entry has both a `json` and an `arrow` field; send one."
        )
    if text is not None:
        if len(text) > JSON_LIMIT:
            raise Fault(
                ReasonCode.OVERSIZED, f"The JSON has {len(text):,} bytes; at most 65,536 are taken."
            )
        return b"json", text
    if arrow is not None:
        if len(arrow) > ARROW_LIMIT:
            raise Fault(
                ReasonCode.OVERSIZED,
                f"The Arrow data has {len(arrow):,} bytes; at most 4,194,304 are taken.",
            )
        return b"arrow", arrow
    names = ", ".join(map(_named, list(fields)[:5])) or "none"
    raise Fault(
        ReasonCode.NO_PAYLOAD,
        f"The entry has neither a `json` nor an `arrow` field; its fields are: {names}.",
    )


def _named(name: bytes) -> str:
    """Return the name of a field, unless it might be a payload, which may hold secrets."""
    return name.decode() if _NAME.fullmatch(name) else "a field with an odd name"


def read_json(data: bytes) -> Fields | Fault:
    """Return the fields of one JSON object, or the fault that says why it is none."""
    try:
        found = _fast.decode(data)
    except (ValueError, ArithmeticError, RecursionError):
        return _explained(data)
    if type(found) is dict:
        # Each key and each text has two quotes. More than that: a repeated key, an escaped
        # quote or a nested object; only the slow reader can tell.
        kinds = list(map(type, found.values()))
        if data.count(b'"') == 2 * (len(kinds) + kinds.count(str)) and list not in kinds:
            return found
    return _explained(data)


def _explained(data: bytes) -> Fields | Fault:
    try:
        return _precise(data)
    except Fault as fault:
        return fault


def _precise(data: bytes) -> Fields:
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise Fault(
            ReasonCode.NOT_UTF8, f"The text is not UTF-8: byte {error.start} is {error.reason}."
        ) from None
    if text.startswith("\ufeff"):
        raise Fault(
            ReasonCode.NOT_JSON,
            "The text begins with a byte order mark, which JSON must not have.",
        )
    try:
        found = json.loads(
            text, object_pairs_hook=_unique, parse_float=_decimal, parse_constant=_not_finite
        )
    except RecursionError:
        raise _too_deep() from None
    except json.JSONDecodeError as error:
        raise Fault(
            ReasonCode.NOT_JSON,
            f"The text is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.",
        ) from None
    except ValueError:
        raise Fault(ReasonCode.OUT_OF_RANGE, "A whole number has thousands of digits.") from None
    if not isinstance(found, dict):
        kind = "a list" if isinstance(found, list) else "a single value"
        raise Fault(ReasonCode.NOT_AN_OBJECT, f"The JSON is {kind}; one object is expected.")
    _check_nested(found)
    return found


def _unique(pairs: list[tuple[str, Any]]) -> Fields:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name, count in times.items() if count > 1)[:64]
        raise Fault(ReasonCode.DUPLICATE_KEY, f"The field `{twice}` stands twice.")
    return found


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except ArithmeticError:
        raise Fault(ReasonCode.OUT_OF_RANGE, f"The number {text[:40]} is out of range.") from None


def _not_finite(word: str) -> None:
    raise Fault(ReasonCode.NOT_FINITE, f"A number is {word}; only finite numbers are taken.")


def _too_deep() -> Fault:
    return Fault(ReasonCode.NOT_JSON, f"The JSON is nested deeper than {MAX_DEPTH} levels.")


def _check_nested(found: Fields) -> None:
    """Refuse what is nested too deep, and texts that no UTF-8 can hold."""
    level: list[Any] = [found]
    for _ in range(MAX_DEPTH):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += value
                inner += value.values()
            elif isinstance(value, list):
                inner += value
            elif isinstance(value, str) and not value.isascii():
                _check_text(value)
        if not inner:
            return
        level = inner
    raise _too_deep()


def _check_text(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise Fault(
            ReasonCode.NOT_UTF8, "A text has half of a surrogate pair, which UTF-8 cannot hold."
        ) from None
