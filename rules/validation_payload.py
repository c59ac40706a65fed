"""The payload kept with a rejection: cut, and with secrets masked."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from decimal import Decimal
from typing import Any

PAYLOAD_LIMIT = 8 * 1024
MASK = "***"
_WORDS = r"token|secret|passw(?:or)?d|passphrase|credential|authorization|key"
_SECRET = re.compile(_WORDS, re.IGNORECASE)
# No part can run back over what another has read, so the time is linear in the text.
_IN_TEXT = re.compile(
    rf"((?:{_WORDS})[\w-]{{0,32}}\\?[\"']?\s{{0,8}}[:=]\s{{0,8}})"
    r"(\"(?:[^\"\\]|\\.)*\"?|'[^']*'?|[^\s\"',;&}\]]+)",
    re.IGNORECASE,
)


def payload_text(raw: Any) -> str:
    """Return what was received as text of at most 8 KiB of UTF-8, without secrets.

    Args:
        raw: JSON bytes, the fields of an Arrow row, or all fields of an entry.
    """
    if isinstance(raw, bytes):
        text = raw.decode("utf-8", "replace")
        with suppress(ValueError, RecursionError):  # not JSON: the words alone must do
            text = _masked_json(text)
    elif raw and all(isinstance(key, str) for key in raw):
        text = json.dumps(_mask(raw)[0], default=_number, ensure_ascii=False)
    else:
        text = _entry_text(raw)
    text = _IN_TEXT.sub(rf"\1{MASK}", text)
    return text.encode("utf-8", "backslashreplace")[:PAYLOAD_LIMIT].decode("utf-8", "ignore")


def _number(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _masked_json(text: str) -> str:
    """Mask by structure, which escapes in keys and nested values cannot evade."""
    hidden = False

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        # What is inside was masked before: a look at each level of it would take its square.
        nonlocal hidden
        masked = {key: MASK if _SECRET.search(key) else value for key, value in pairs}
        hidden |= any(value is MASK for value in masked.values())
        return masked

    found = json.loads(text, object_pairs_hook=note)
    return json.dumps(found, ensure_ascii=False) if hidden else text


def _mask(value: Any) -> tuple[Any, bool]:
    if isinstance(value, dict):
        parts = {k: (MASK, True) if _SECRET.search(k) else _mask(v) for k, v in value.items()}
        return {k: v for k, (v, _) in parts.items()}, any(hit for _, hit in parts.values())
    if isinstance(value, list):
        items = [_mask(v) for v in value]
        return [v for v, _ in items], any(hit for _, hit in items)
    return value, False


def _entry_text(fields: Mapping[bytes, bytes]) -> str:
    parts = []
    for name, value in list(fields.items())[:64]:
        if name == b"arrow":
            parts.append(f"arrow: {len(value):,} bytes")
            continue
        shown = value[: 2 * PAYLOAD_LIMIT].decode("utf-8", "replace")
        parts.append(f"{name.decode('utf-8', 'replace')[:64]}={shown}")
    return "\n".join(parts)
