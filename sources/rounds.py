"""The source of the trade flow: one round for each read of signals, events and prices."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol
from uuid import UUID

import redis
from bytewax.inputs import (
    AbortExecution,
    FixedPartitionedSource,
    StatefulSourcePartition,
)
from typing_extensions import override

from rules.rounds import Round
from schema import keys
from sources.again import Again
from sources.redis_clock import RedisClock
from sources.redis_streams import Entry, open_reader
from sources.stop import Stop

log = logging.getLogger(__name__)
_WAIT = 0.1  # seconds: how late a stop, a timer or a new configuration may be noticed
_RETRY = 0.2
_CONFIGURATION = 1.0


class Memory(Protocol):
    """What the source asks of a shard (see operators.shard.Shard)."""

    stale: bool

    def recover(self) -> dict[str, str]:
        """Fold the logs again and return where to read on."""
        ...

    def configure(self) -> bool:
        """Compile the book anew if the configuration has changed."""
        ...

    def has_rows(self, now: int) -> bool:
        """Return whether a round without signals has rows to write."""
        ...

    @property
    def carries(self) -> bool:
        """Whether no signals are to be read now."""
        ...

    @property
    def ready(self) -> bool:
        """Whether rounds can be worked on."""
        ...


class _Rounds(StatefulSourcePartition[Round, None]):
    def __init__(
        self,
        client: redis.Redis,
        memory: Memory,
        brokers: Callable[[], Sequence[bytes]],
        stop: Stop,
        clock: RedisClock,
    ) -> None:
        self._client = client
        self._memory = memory
        self._brokers = brokers
        self._stop = stop
        self._clock = clock
        self._reader = open_reader(client, {})
        self._quotes: dict[str, bytes] = {}
        self._due = 0.0
        self._ended = False
        self._folds = Again(stop)

    @override
    def next_batch(self) -> list[Round]:
        if self._ended:
            raise AbortExecution
        if self._stop.requested:
            self._ended = True
            return [Round(now=self._clock.now(), last=True)]
        try:
            if self._memory.stale and self._folds.wait():
                return []
            self._look_around()
            if not self._memory.ready:
                time.sleep(_WAIT)
                return []
            entries = self._entries()
        except redis.RedisError as error:
            log.warning("the logs cannot be read now; folding again: %s", error)
            self._memory.stale = True
            time.sleep(_RETRY)
            return []
        return [self._round(entries)]

    def _entries(self) -> list[Entry]:
        if self._memory.carries:
            return self._reader.take([s for s in self._reader.positions if not _is_signals(s)])
        return self._reader.poll(0 if self._memory.has_rows(self._clock.now()) else _WAIT)

    def _look_around(self) -> None:
        now = time.monotonic()
        if now >= self._due or self._memory.stale:
            self._clock.look()
            if self._memory.configure():
                self._watch_quotes()
            self._due = now + _CONFIGURATION
        if self._memory.stale:
            positions = self._memory.recover()
            self._folds.tried()
            self._reader.seek({**positions, **dict.fromkeys(self._quotes, "$")})
            self._watch_quotes()

    def _watch_quotes(self) -> None:
        self._quotes = {keys.quotes(UUID(bytes=b)): b for b in self._brokers()}
        kept = {
            key: at for key, at in self._reader.positions.items() if not key.startswith("quotes:")
        }
        if kept:
            self._reader.seek({**kept, **dict.fromkeys(self._quotes, "0-0")})

    def _round(self, entries: list[Entry]) -> Round:
        turn = Round(now=self._clock.now())
        for stream, entry_id, fields in entries:
            if stream in self._quotes:
                turn.quotes.append((self._quotes[stream], fields[b"q"]))
            elif stream.endswith(":events"):
                turn.events.append((int(stream[1 : stream.index("}")]), entry_id, fields))
            else:
                turn.signals.append((stream, entry_id, fields))
        turn.marks = self._marks()
        return turn

    def _marks(self) -> Mapping[str, str]:
        return {key: at for key, at in self._reader.positions.items() if _is_signals(key)}

    @override
    def snapshot(self) -> None:
        return None

    @override
    def close(self) -> None:
        self._reader.close()


def _is_signals(stream: str) -> bool:
    return stream.startswith("signals:")


class RoundSource(FixedPartitionedSource[Round, None]):
    """One partition: the shard's own. Its position is in the logs, not in Bytewax."""

    def __init__(
        self,
        client: redis.Redis,
        memory: Memory,
        brokers: Callable[[], Sequence[bytes]],
        stop: Stop,
        clock: RedisClock,
    ) -> None:
        self._parts: tuple[Any, ...] = (client, memory, brokers, stop, clock)

    @override
    def list_parts(self) -> list[str]:
        return ["shard"]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Rounds:
        return _Rounds(*self._parts)
