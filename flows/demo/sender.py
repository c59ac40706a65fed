"""Send alerts at their times, exactly once each, whatever happens to Redis meanwhile.

The demo is the only publisher of its streams, so after a broken connection the streams
themselves say which alerts have arrived.
"""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

import redis

from flows.errors import CommandError, Exit
from flows.publish import add, wait_durable
from schema import keys

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from flows.demo.alerts import Alert

_MOST_AT_ONCE = 100
_RECONNECT_SECONDS = 0.2
_GIVE_UP_SECONDS = 30.0
_TICK = 0.02

Entry = tuple[str, dict[bytes, bytes]]


@dataclass
class Sender:
    """Sends alerts and notes each with its entry id in a file.

    Args:
        client: of Redis.
        durability: mode of Redis.
        note: file that takes one JSON object per entry: stream, entry_id, at, kind, and
            `fields_base64` as sent.
    """

    client: redis.Redis
    durability: str
    note: IO[str]
    sent: int = 0
    _last: dict[str, str] = field(default_factory=dict)

    def send(self, alerts: Sequence[Alert], tick: Callable[[], None]) -> None:
        """Send all alerts.

        Args:
            alerts: in order.
            tick: called some times a second.

        Raises:
            CommandError: Redis did not come back.
        """
        start = time.monotonic()
        moment = datetime.now(UTC)
        place = 0
        while place < len(alerts):
            now = time.monotonic() - start
            due = place
            while due < min(len(alerts), place + _MOST_AT_ONCE) and alerts[due].at <= now:
                due += 1
            if due > place:
                self._send([(alert, alert.fields(moment)) for alert in alerts[place:due]])
                place = due
            else:
                time.sleep(min(_TICK, max(0.0, alerts[place].at - now)))
            tick()

    def _send(self, batch: list[tuple[Alert, dict[str, bytes]]]) -> None:
        entries = [(keys.signals(alert.stream), fields) for alert, fields in batch]
        try:
            ids = add(self.client, entries)
            wait_durable(self.client, self.durability)
        except (redis.ConnectionError, redis.TimeoutError):
            ids = self._send_again(entries)
        for (stream, _), entry_id, (alert, fields) in zip(entries, ids, batch, strict=True):
            self._last[stream] = entry_id
            line = {
                "stream": alert.stream,
                "entry_id": entry_id,
                "at": alert.at,
                "kind": alert.kind,
                "fields_base64": {k: base64.b64encode(v).decode() for k, v in fields.items()},
            }
            self.note.write(json.dumps(line) + "\n")
        self._flush()
        self.sent += len(batch)

    def _flush(self) -> None:
        """Have the note on disk; a full disk is waited for, as a broken Redis is."""
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            try:
                self.note.flush()
            except OSError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(_RECONNECT_SECONDS)
            else:
                return

    def _send_again(self, entries: list[tuple[str, dict[str, bytes]]]) -> list[str]:
        """Send what has not arrived, until all has; return the ids in the entries' order."""
        deadline = time.monotonic() + _GIVE_UP_SECONDS
        while True:
            time.sleep(_RECONNECT_SECONDS)
            try:
                found = {stream: self._arrived(stream) for stream, _ in entries}
                ids: list[str | None] = []
                for stream, fields in entries:
                    here = found[stream]
                    known = bool(here) and here[0][1] == {k.encode(): v for k, v in fields.items()}
                    ids.append(here.pop(0)[0] if known else None)
                missing = [entry for entry, known in zip(entries, ids, strict=True) if not known]
                new = iter(add(self.client, missing))
                wait_durable(self.client, self.durability)
                return [known or next(new) for known in ids]
            except (redis.ConnectionError, redis.TimeoutError) as error:
                if time.monotonic() > deadline:
                    raise CommandError(
                        f"Redis did not come back: {error}", Exit.UNAVAILABLE
                    ) from error

    def _arrived(self, stream: str) -> list[Entry]:
        """Entries behind the last one that was noted."""
        client: Any = self.client
        last = self._last.get(stream)
        found = client.xrange(stream, f"({last}" if last else "-", "+")
        return [(entry_id.decode(), fields) for entry_id, fields in found]
