"""The payload kept with a rejection: cut, and with secrets masked."""

import json
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from itertools import takewhile
from typing import Any

from rules.secrets import MASK, without_secrets
from rules.secrets import SECRET_KEY as _SECRET

PAYLOAD_LIMIT = 8 * 1024
_READ = 2 * PAYLOAD_LIMIT  # what lies beyond it would be cut away in the end
_FIELDS = 64
_KEPT_KEY = 64


def payload_text(raw: Any) -> str:
    """Return what was received as text of at most 8 KiB of UTF-8, without secrets.

    Args:
        raw: JSON bytes, the fields of an Arrow row, or all fields of an entry.
    """
    if isinstance(raw, bytes):
        text = _bytes_text(raw)
    elif raw and all(isinstance(key, str) for key in raw):
        text = json.dumps(_Masking().of(raw), default=_number, ensure_ascii=False)
    else:
        text = _entry_text(raw)
    # A character has at least a byte.
    text = text[:PAYLOAD_LIMIT]
    return text.encode("utf-8", "backslashreplace")[:PAYLOAD_LIMIT].decode("utf-8", "ignore")


def _number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _bytes_text(data: bytes) -> str:
    text = data.decode("utf-8", "replace")
    with suppress(ValueError, RecursionError):  # not JSON: the words alone must do
        return _masked_json(text)
    return without_secrets(text[:_READ])


def _masked_json(text: str) -> str:
    """Mask by structure, which escapes in keys and nested values cannot evade."""
    hidden = False

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # What is inside was masked before: a look at each level of it would take its square.
        nonlocal hidden
        masked = {key: MASK if _SECRET.search(key) else value for key, value in pairs}
        found = [
            (without_secrets(k), _texts(v) if masked[k] is not MASK else MASK) for k, v in pairs
        ]
        hidden = hidden or found != pairs
        return dict(found)

    read = json.loads(text, object_pairs_hook=note)
    found = _texts(read)
    return json.dumps(found, ensure_ascii=False) if hidden or found != read else text


def _texts(value: Any) -> Any:
    """Mask a text, or those of a list; objects were masked when they were read."""
    if isinstance(value, str):
        return without_secrets(value)
    return [_texts(inner) for inner in value] if isinstance(value, list) else value


class _Masking:
    """Masks values by structure, and leaves out what lies beyond what is kept."""

    def __init__(self) -> None:
        self._left = _READ

    def of(self, value: Any) -> Any:
        """Return a value without its secrets."""
        if isinstance(value, str):
            found = without_secrets(value[:_READ])
            self._left -= len(found)
            return found
        self._left -= 1
        if isinstance(value, dict):
            kept = takewhile(lambda item: self._goes_on(item[0]), value.items())
            return {
                name: MASK if secret else self.of(inner)
                for (name, secret), inner in ((_key_of(key), inner) for key, inner in kept)
            }
        if isinstance(value, list):
            return [self.of(inner) for inner in takewhile(lambda _: self._goes_on(""), value)]
        return value

    def _goes_on(self, key: str) -> bool:
        self._left -= len(key)
        return self._left > 0


def _key_of(key: str) -> tuple[str, bool]:
    """Return a key as it is shown, and whether its value is a secret."""
    return _short_key(key) if len(key) <= _KEPT_KEY else _short_key.__wrapped__(key[:_READ])


@lru_cache(maxsize=1024)
def _short_key(key: str) -> tuple[str, bool]:
    # The rows of an entry have the same keys.
    return without_secrets(key), _SECRET.search(key) is not None


def _entry_text(fields: Mapping[bytes, bytes]) -> str:
    parts: list[str] = []
    left = _READ
    for name, value in list(fields.items())[:_FIELDS]:
        if left <= 0:
            break
        if name.startswith(b"arrow"):
            parts.append(f"arrow: {len(value):,} bytes")
            continue
        key = name[:_READ].decode("utf-8", "replace")
        text = MASK if _SECRET.search(key) else _bytes_text(value[:_READ])
        parts.append(f"{without_secrets(key)[:64]}={text}")
        left -= len(parts[-1])
    return "\n".join(parts)
