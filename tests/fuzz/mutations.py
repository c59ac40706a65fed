"""Changes to entries: of bytes, of words, and of the fields of an object."""

import json
import random
from collections.abc import Callable
from typing import Any

from rules.validation_fields import READERS

WORDS: tuple[bytes, ...] = (
    *(b"{", b"}", b"[", b"]", b'"', b":", b",", b"\\", b"\\u0000", b"\\ud800", b"\\udc00", b"\\n"),
    *(b"null", b"true", b"false", b"NaN", b"Infinity", b"-Infinity", b"-", b"e", b"E+", b"."),
    *(b"1e400", b"-0.0", b"1e-400", b"9" * 400, b"9" * 4400, b"9007199254740993", b"0.00000001"),
    *(b"\x00", b"\xff", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc0\xaf", b"\xe2\x80\xae"),
    *(b'"token": "x"', b"password=", b"key:'", b"[" * 40, b"]" * 40, b'{"a":' * 40, b"x" * 300),
    *(b"buy", b"target", b"close", b"limit", b"stop_limit", b"long", b"flat", b"OANDA:"),
    *(b"2026-11-21T02:00:00Z", b"10000-01-01T00:00:00Z", b"1763690400", b"1763690400000"),
    *(f'"{name}"'.encode() for name in READERS),
)
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -0.0, 1, -1, 0.5, 1e-9, 1e10, 10**10 - 1, 10**400, 1e308, [], {}, [1]),
    *("", " ", "0", "1", "-1", "1.5", "1e3", "1e9999", "NaN", "inf", "N/A", "1,5", "0x1", "\u0661"),
    *("buy", "SELL ", "close", "close_long", "reverse", "target", "modify", "cancel", "limit"),
    *("stop", "stop_limit", "market", "long", "short", "flat", "A:B", "A:", "a\x00b", "\x85"),
    *("2025-11-21T02:00:00Z", "2025-11-21T02:00:30+00:00", "2025-11-20T24:00:00Z", 1763690400),
    *(1763690400000, 1763690461000, "9999-12-31T23:59:59Z", "x" * 64, "x" * 65, "x" * 257),
    *({"token": "x"}, [{"a": [{}]}], "token=abc", "\ud800", "\U0001f680"),
)
Mutation = Callable[[random.Random, bytes, bytes], bytes]


def _places(rng: random.Random, data: bytes) -> tuple[int, int]:
    start = rng.randrange(len(data) + 1)
    return start, min(len(data), start + rng.choice((0, 1, 2, 4, 16, 64)))


def flip(rng: random.Random, data: bytes, _: bytes) -> bytes:
    if not data:
        return b"\x00"
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def word(rng: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _places(rng, data)
    return data[:start] + rng.choice(WORDS) + data[end:]


def cut(rng: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _places(rng, data)
    return data[:start] + data[end:]


def again(rng: random.Random, data: bytes, _: bytes) -> bytes:
    start, end = _places(rng, data)
    return data[:end] + data[start:end] * rng.choice((1, 2, 30)) + data[end:]


def splice(rng: random.Random, data: bytes, other: bytes) -> bytes:
    return data[: rng.randrange(len(data) + 1)] + other[rng.randrange(len(other) + 1) :]


def fields(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Set, drop or repeat fields of an object; what is none gets bytes changed."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return word(rng, data, other)
    if not isinstance(found, dict):
        return word(rng, data, other)
    for _ in range(rng.randint(1, 3)):
        name = rng.choice((*READERS, "extra", "", "comment"))
        if rng.random() < 0.2:
            found.pop(name, None)
        else:
            found[name] = rng.choice(VALUES)
    return json.dumps(found, ensure_ascii=rng.random() < 0.5).encode("utf-8", "surrogatepass")


MUTATIONS: tuple[Mutation, ...] = (flip, word, word, cut, again, splice, fields, fields, fields)


def mutate(rng: random.Random, data: bytes, other: bytes) -> bytes:
    """Return the bytes changed once or some times; never longer than some sizes of the limit."""
    for _ in range(rng.choice((1, 1, 2, 4))):
        data = rng.choice(MUTATIONS)(rng, data, other)
    return data[:100_000]
