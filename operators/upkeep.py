"""What a shard does beside deciding: snapshots, trimming under them, expiry, forgetting.

Nothing is trimmed that somebody still needs (design, law 3): an event or decision goes only
under a stored snapshot of its partition, a decision only when each of its orders has an outcome,
a signal only below the marks of all partitions and when both stores have its row.
"""

import logging
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import redis

from config import faults
from operators.replay import order_of
from operators.shard import Shard
from rules import decision_log, snapshots
from rules.state import State
from schema import keys
from schema.codes import ReasonCode
from schema.enums import OrderState, Outcome
from schema.ids import PARTITIONS
from schema.wire import REPORT, Records
from sinks.snapshots import SnapshotWriter

log = logging.getLogger(__name__)
_AT_ONCE = 8  # partitions with a snapshot in one round
_PAGE = 500
_EXPIRY_EVERY = 1_000_000  # microseconds, as all times here
_EXPIRY_AGAIN = 60_000_000
_SIGNALS_EVERY = 5_000_000
_FORGET_EVERY = 60_000_000
_GAPS_EVERY = 60_000_000
_PATIENCE = 5_000_000


class Claims(Protocol):
    """See sinks.claims.Claims."""

    def close(self, partition: int, reports: Records) -> object:
        """Record "not sent" outcomes of orders that nobody has claimed."""
        ...

    def forget(self, partition: int, order_ids: Sequence[bytes]) -> None:
        """Drop the claims of orders whose decisions were trimmed."""
        ...


class Upkeep:
    """The upkeep of one shard, in small pieces between its rounds.

    Args:
        client: Of the server that has the logs.
        shard: Whose logs they are.
        claims: Closes orders that nobody claimed, and forgets claims.
        stores: Names of the stores that must have a signal's row before it may go.
        grace: How long an order may be overdue before the shard expires it: an executor that
            lives does it itself.
        durability: With `waitaof` a snapshot counts once it is fsynced.
    """

    def __init__(
        self,
        client: redis.Redis,
        shard: Shard,
        claims: Claims,
        *,
        stores: Sequence[str],
        grace: int = 15_000_000,
        durability: str = "always",
    ) -> None:
        self._client: Any = client
        self._shard = shard
        self._claims = claims
        self._stores = tuple(stores)
        self._grace = grace
        self._snapshots = SnapshotWriter(client, durability=durability)
        self._snapshot_ms: dict[int, int] = {}
        self._tried: dict[bytes, int] = {}  # order that another has claimed -> next try
        self._trimmable: dict[int, tuple[str, str]] = {}  # see _trim_signals
        self._due: dict[str, int] = {}  # when each kind of work was done last

    def overdue(self, now: int, *, busy: bool = False) -> list[int]:
        """Return partitions that are to have a snapshot at a decision of this round.

        Args:
            now: Microseconds.
            busy: Whether signals wait in this round; a snapshot then waits for another one.
        """
        if self._shard.relief:
            # Once each: what cannot be trimmed now must not keep the shard from deciding.
            first, self._shard.relief = self._shard.relief[:_AT_ONCE], self._shard.relief[_AT_ONCE:]
            return first
        settings, now_ms = self._shard.settings, (now - busy * _PATIENCE) // 1000
        every = settings.snapshot_ms
        due: list[tuple[int, int]] = []
        for place, partition in enumerate(settings.partitions):
            # Spread over the time between two, so that no round has all of them.
            spread = every * place // len(settings.partitions)
            last = self._snapshot_ms.setdefault(partition, now // 1000 - spread)
            # One of a time to come: the clock went back, by who knows how much.
            if now_ms - last >= every or last > now // 1000:
                due.append((last, partition))
        # Who waits longest first: where rounds are slow, all are due again before the last had one.
        return [partition for _, partition in sorted(due)[:_AT_ONCE]]

    def keep(self, partitions: Sequence[int], now: int) -> None:
        """Do what is due. Call it when all rows of these partitions were written.

        Args:
            partitions: Which of them stand at the decision of this round.
            now: Microseconds.

        Raises:
            Fatal: Events are gone unread.
            redis.RedisError: Fold again; what is half done is done again.
        """
        if self._is_due("gaps", now, _GAPS_EVERY):
            self._shard.look_for_gaps()
        # What is not whole must not become a snapshot, which would hide that.
        if not self._shard.check_events(partitions):
            return
        self._snapshot(partitions, now)
        if self._is_due("expire", now, _EXPIRY_EVERY):
            self._expire(now)
        if 0 in self._shard.settings.partitions and self._is_due("signals", now, _SIGNALS_EVERY):
            for stream in self._shard.settings.streams:
                self._trim_signals(stream)
        if not self._shard.touched.any and self._is_due("forget", now, _FORGET_EVERY):
            done = self._shard.forget_finished(now)
            self._due["forget"] = now if done else now - _FORGET_EVERY

    def is_held_up(self, now: int) -> bool:
        """Return whether upkeep has waited long for a round that leaves no row unwritten."""
        return now - self._due.setdefault("forget", now) > 2 * _FORGET_EVERY

    def _is_due(self, name: str, now: int, every: int) -> bool:
        if 0 < now - self._due.get(name, 0) < every:
            return False
        self._due[name] = now
        return True

    def _snapshot(self, partitions: Sequence[int], now: int) -> None:
        shard, taken = self._shard, []
        for partition in partitions:
            place = shard.places[partition]
            if order_of(shard.events[partition]) != order_of(place.events):
                continue
            marks = dict(place.marks)
            blob = snapshots.take(shard.state, partition, place.decision, place.events, marks)
            taken.append((partition, place.decision, blob))
        kept = self._snapshots.keep(taken)
        if kept.overtaken:
            log.warning("another shard decides for these partitions; folding again")
            shard.stale = True
        for partition in kept.partitions:
            self._snapshot_ms[partition] = now // 1000
            faults.point("trade.snapshot", redis.ConnectionError)
            self._trim(partition)

    def _trim(self, partition: int) -> None:
        """Trim the logs of a partition whose snapshot was just stored."""
        place = self._shard.places[partition]
        self._client.xtrim(keys.events(partition), minid=place.events, approximate=False)
        faults.point("trade.trimming", redis.ConnectionError)
        cut = min(place.decision, _oldest_open(self._shard.state, partition), key=order_of)
        log_key = keys.decisions(partition)
        while True:
            page = self._client.xrange(log_key, "-", f"({cut}", count=_PAGE)
            if not page:
                return
            orders = [o for _, f in page for o in decision_log.read(f).orders["order_id"].tolist()]
            after = page[-1][0].decode()
            self._client.xtrim(log_key, minid=_next(after), approximate=False)
            faults.point("trade.forgetting", redis.ConnectionError)
            # Only now: an order whose decision is in the log could be claimed again.
            self._claims.forget(partition, orders)

    def _trim_signals(self, stream: int) -> None:
        """Trim signals that every partition has decided and both stores have.

        While signals come, no store ever has all rows. So what may go once the rows of now are
        stored is remembered, and goes when they are.
        """
        found = self._decided_signals(stream)
        if found is None:
            return
        cut, newest = self._trimmable.setdefault(stream, found)
        if self._is_stored(keys.signal_results(stream), newest):
            # Redis may have lost the end of a log since then: what it says now counts too.
            cut = min(cut, found[0], key=order_of)
            self._client.xtrim(keys.signals(stream), minid=cut, approximate=False)
            self._trimmable[stream] = found

    def _decided_signals(self, stream: int) -> tuple[str, str] | None:
        """Return where the signals end that are decided, and an entry that has all their rows."""
        name = keys.signals(stream)
        pipe: Any = self._client.pipeline(transaction=False)
        pipe.hget(keys.signal_mark(stream), "mark")
        for partition in range(PARTITIONS):
            pipe.xrevrange(keys.decisions(partition), count=1)
        written, *last = pipe.execute()
        if written is None or not all(last):
            return None
        marks = [decision_log.read(found[0][1]).marks.get(name, "0-0") for found in last]
        try:
            # Asked for after the mark, so that it has the rows up to there.
            rows = self._client.xinfo_stream(keys.signal_results(stream))
        except redis.ResponseError:
            return None  # no row was ever written
        cut = min([written.decode(), *marks], key=order_of)
        return cut, rows["last-generated-id"].decode()

    def _is_stored(self, results: str, newest: str) -> bool:
        """Return whether all stores have the rows of an entry, and all before it."""
        stored = self._client.mget([keys.stored(results, store) for store in self._stores])
        return all(at is not None and order_of(at.decode()) >= order_of(newest) for at in stored)

    def _expire(self, now: int) -> None:
        """Expire orders that are too old and that nobody has claimed."""
        orders = self._shard.state.orders.rows
        late = (orders["outcome"] == Outcome.NONE) & (orders["state"] == OrderState.DISPATCHED)
        late &= (orders["valid_until"] > 0) & (orders["valid_until"] < now - self._grace)
        mine = [
            row
            for row in np.flatnonzero(late).tolist()
            if self._tried.get(orders["order_id"][row].tobytes(), 0) <= now
        ]
        chosen = orders[np.array(mine, dtype=np.int64)]
        for partition in np.unique(chosen["partition"]).tolist():
            part = chosen[chosen["partition"] == partition]
            reports = np.zeros(len(part), REPORT)
            reports["order_id"], reports["account_id"] = part["order_id"], part["account_id"]
            reports["state"], reports["outcome"] = OrderState.FINAL, Outcome.EXPIRED
            reports["reason"], reports["reported_at"] = ReasonCode.ORDER_EXPIRED, now
            # The outcome comes back as an event; what another has claimed is its own to say.
            self._claims.close(partition, reports)
        again = dict.fromkeys(chosen["order_id"].tolist(), now + _EXPIRY_AGAIN)
        self._tried = {key: at for key, at in self._tried.items() if at > now} | again


def _oldest_open(state: State, partition: int) -> str:
    """Return the oldest decision of a partition with an order that may have to be claimed."""
    orders = state.orders.rows
    # One that waits for an unresolved order may still be claimed.
    waits = (orders["outcome"] == Outcome.UNRESOLVED) & (orders["sent"] == 0)
    waits |= orders["outcome"] == Outcome.NONE
    mine = orders[(orders["partition"] == partition) & waits]
    if not len(mine):
        return f"{(1 << 63) - 1}-0"
    first = np.lexsort((mine["decision_seq"], mine["decision_ms"]))[0]
    return f"{mine['decision_ms'][first]}-{mine['decision_seq'][first]}"


def _next(entry_id: str) -> str:
    ms, seq = order_of(entry_id)
    return f"{ms}-{seq + 1}"
