"""Alerts as TradingView sends them, made from a seed: the good, the resent and the bad.

Times stand in the text as `{now+S}`, S seconds after the replay starts; so the same seed makes
the same bytes on any day.
"""

from __future__ import annotations

import base64
import json
import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from flows.demo.bad import BAD_KINDS
from flows.demo.provider import Provider
from flows.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

# Of all alerts; the remainder is good, and most of it belongs to the small strategies.
BAD_SHARE = 0.06
RESEND_SHARE = 0.03
BIG_SHARE = 0.05
BURST_SHARE = 0.2
BURST_SIZE = 25
_NOW = re.compile(rb"\{now(?:([+-])\s*([0-9]+(?:\.[0-9]+)?))?\}")


@dataclass(frozen=True)
class Alert:
    """One entry to be sent.

    Attributes:
        at: seconds after the start.
        stream: number of the signal stream.
        entry: fields of the stream entry; times are still written as `{now+S}`.
        kind: what it was made for: `good`, `resend`, or the reason it is to be rejected with;
            empty for an alert from a file.
    """

    at: float
    stream: int
    entry: Mapping[str, bytes]
    kind: str = ""

    def fields(self, start: datetime) -> dict[str, bytes]:
        """The fields with their times, for a replay that starts at `start` (UTC)."""
        return {name: fill_times(body, start) for name, body in self.entry.items()}

    def line(self) -> str:
        """The alert as a line of an alerts file."""
        known: dict[str, Any] = {"at": round(self.at, 3), "stream": self.stream}
        if set(self.entry) == {"json"}:
            try:
                known["body"] = self.entry["json"].decode()
            except UnicodeDecodeError:
                known["body_base64"] = base64.b64encode(self.entry["json"]).decode()
        else:
            known["fields_base64"] = {
                name: base64.b64encode(body).decode() for name, body in self.entry.items()
            }
        return json.dumps(known, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True)
class Theme:
    """What the alerts are about.

    Attributes:
        big: key of the strategy that all accounts subscribe to.
        small: keys of the other active strategies.
        inactive: key of a strategy that is not active, if there is one.
        symbols: provider's symbols.
        price: bid and ask of a symbol some seconds after the start.
        streams: number of signal streams.
        stream_of: number of a strategy's stream.
    """

    big: str
    small: Sequence[str]
    inactive: str | None
    symbols: Sequence[str]
    price: Callable[[str, float], tuple[float, float]]
    stream_of: Callable[[str], int] = field(default=lambda _strategy: 0)


def generate(theme: Theme, *, seed: int, count: int, seconds: float) -> list[Alert]:
    """Make alerts, in the order in which they are sent.

    Args:
        theme: strategies, symbols and prices.
        seed: the same seed, theme, count and seconds make the same alerts.
        count: how many, bad ones and resends included.
        seconds: they are sent within this time.

    Returns:
        `count` alerts: `BAD_SHARE` bad, of every kind that the count leaves room for;
        `RESEND_SHARE` repeated word for word some seconds later.
    """
    rng = random.Random(seed)  # noqa: S311 - a demo, not a secret
    bad = min(max(round(count * BAD_SHARE), len(BAD_KINDS)), count // 2)
    resends = round(count * RESEND_SHARE)
    good = count - bad - resends
    times = _times(rng, good, seconds)
    bigs = set(rng.sample(range(good), min(good, max(1, round(count * BIG_SHARE)))))
    provider = Provider(rng, theme.symbols, theme.price)
    alerts: list[Alert] = []
    for at, time in enumerate(times):
        pending = provider.pending()
        if len(pending) >= good - at:
            # Before he leaves, so that every order of the demo comes to its end.
            strategy, symbol = pending[0]
            made = provider.cancel(strategy, symbol, time)
        else:
            strategy = theme.big if at in bigs or not theme.small else rng.choice(theme.small)
            made = provider.next(strategy, time)
        body = json.dumps(made).encode()
        alerts.append(Alert(time, theme.stream_of(strategy), {"json": body}, "good"))
    for original in rng.sample(alerts, min(resends, good)):
        later = round(min(original.at + rng.uniform(0.0, 5.0), seconds), 3)
        alerts.append(Alert(later, original.stream, original.entry, "resend"))
    originals = alerts[:good]
    kind = 0
    while len(alerts) < count:
        # What cannot be made of this alert may be made of the next, or of none in this world.
        for original in rng.sample(originals, min(20, good)):
            bad_kind = BAD_KINDS[kind % len(BAD_KINDS)]
            entry = bad_kind.make(rng, json.loads(original.entry["json"]), theme.inactive)
            if entry is not None:
                later = round(min(original.at + rng.uniform(0.0, 2.0), seconds), 3)
                alerts.append(Alert(later, original.stream, entry, bad_kind.reason))
                break
        kind += 1
    # Stable, so that what repeats an alert stays behind it.
    return sorted(alerts, key=lambda alert: alert.at)


def read(lines: Iterable[str], streams: int) -> list[Alert]:
    """Read an alerts file; the given order is kept.

    Args:
        lines: JSON objects: `at` (seconds), `stream`, and one of `body` (text), `body_base64`
            (bytes that are not UTF-8), `fields_base64` (name to bytes, a whole stream entry).
        streams: number of signal streams.

    Raises:
        CommandError: A line is wrong; the message has its number.
    """
    alerts = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            alerts.append(_parse(json.loads(line), streams))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise CommandError(f"alerts file, line {number}: {_why(error)}") from error
    return alerts


def read_file(path: Path, streams: int) -> list[Alert]:
    """Read an alerts file; see `read`.

    Raises:
        CommandError: It cannot be read, or a line is wrong.
    """
    try:
        with path.open(encoding="utf-8") as file:
            return read(file, streams)
    except OSError as error:
        raise CommandError(f"alerts file {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise CommandError(f"alerts file {path} is not UTF-8; use body_base64") from error


def fill_times(body: bytes, start: datetime) -> bytes:
    """Replace each `{now+S}`, `{now-S}` and `{now}` by an RFC 3339 time."""

    def moment(found: re.Match[bytes]) -> bytes:
        sign, seconds = found.groups()
        offset = float(seconds or 0) * (-1 if sign == b"-" else 1)
        at = (start + timedelta(seconds=offset)).astimezone(UTC)
        return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z".encode()

    return _NOW.sub(moment, body)


def _parse(value: Any, streams: int) -> Alert:
    if not isinstance(value, dict):
        raise TypeError("a line is one JSON object")
    stream = value.get("stream", 0)
    if not isinstance(stream, int) or not 0 <= stream < streams:
        raise ValueError(f"stream is one of 0 to {streams - 1}, was {stream!r}")
    at = value["at"]
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < float("inf"):
        raise ValueError(f"at is a number of seconds from 0, was {at!r}")
    forms = [name for name in ("body", "body_base64", "fields_base64") if name in value]
    if len(forms) != 1:
        raise ValueError("a line has exactly one of body, body_base64 and fields_base64")
    content = value[forms[0]]
    match forms[0]:
        case "body":
            # As sent: a body that was written as JSON inside the line is that JSON's text.
            text = content if isinstance(content, str) else json.dumps(content)
            return Alert(float(at), stream, {"json": text.encode()})
        case "body_base64":
            return Alert(float(at), stream, {"json": base64.b64decode(content, validate=True)})
        case _:
            entry = {k: base64.b64decode(v, validate=True) for k, v in content.items()}
            return Alert(float(at), stream, entry)


def _why(error: Exception) -> str:
    return f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)


def _times(rng: random.Random, count: int, seconds: float) -> list[float]:
    """Moments over the whole time, a part of them in bursts of one moment each."""
    crowd = int(count * BURST_SHARE) // BURST_SIZE
    moments = [rng.uniform(0, seconds) for _ in range(count - crowd * BURST_SIZE)]
    for _ in range(crowd):
        moments += [rng.uniform(0, seconds * 0.95)] * BURST_SIZE
    return sorted(round(moment, 3) for moment in moments)
