"""The steps of the trade flow, each a function of a round and the shard.

A broken link makes the shard stale and the round fail; the entries are read and decided
again after the logs were folded. Everything else that raises is a bug and ends the process.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import redis
from redis.exceptions import OutOfMemoryError

from config import faults
from operators.grounds import strategy_status
from operators.result_rows import changed
from operators.shard import Shard
from operators.upkeep import Upkeep
from rules import decision_log
from rules.asked import Asked
from rules.deciding import decide, with_variants
from rules.rounds import Round, Routed
from rules.routing import route
from rules.sizing import size
from rules.tables import Rows
from rules.touched import Touched
from rules.validation import validate
from schema import keys
from schema.codes import ReasonCode
from schema.enums import Side
from schema.ids import PARTITIONS
from schema.wire import ORDER, VERDICT

log = logging.getLogger(__name__)
Batches = Mapping[str, pa.RecordBatch]
Step = Callable[[Shard, Round], None]
_PATIENCE = 750_000  # microseconds
_LAST_LIVE_ROWS = 2000  # of each kind: a stop waits for half a second of it, not more


class Results(Protocol):
    """See sinks.spooled_results.SpooledResults."""

    def write(self, entries: Sequence[tuple[str, Batches]]) -> bool:
        """Append one entry to each of several results streams; return whether they are safe."""
        ...

    def write_signals(self, stream: int, last: str, batches: Batches) -> bool:
        """Append what was decided per signal, unless another shard has come as far."""
        ...

    def drain(self) -> None:
        """Move rows from the spool to Redis, if there is room."""
        ...


def guarded(step: Step, shard: Shard) -> Callable[[Round], Round]:
    """Return the step as a function of a round that fails the round when the link breaks."""

    def run(turn: Round) -> Round:
        if turn.failed or not shard.ready:
            turn.failed = True
            return turn
        try:
            step(shard, turn)
        except redis.RedisError as error:
            full = isinstance(error, OutOfMemoryError)
            what = "Redis is full" if full else "the link to Redis broke"
            log.warning("%s; folding again: %s", what, error)
            shard.failed(full=full)
            turn.failed = True
        return turn

    return run


def fold_events(shard: Shard, turn: Round) -> None:
    """Step `events`: take in what executors report, and prices."""
    # In each round, for one that is refused for want of memory has no later step.
    shard.pressure.look(turn.now)
    shard.take_signals(turn.signals, turn.marks)
    shard.fold_events(turn.events)
    shard.grounds.take_quotes(turn.quotes, turn.now)


def validate_signals(shard: Shard, turn: Round) -> None:
    """Step `validate`: sort entries into signals, resends and rejections; take a round's share."""
    if turn.signals:
        _admit(shard, turn)
    if shard.backlog and not turn.last:
        turn.admitted, turn.intents, turn.marks = shard.backlog.take(shard.grounds.book)


def _admit(shard: Shard, turn: Round) -> None:
    book = shard.grounds.book
    admitted = shard.intake.admit(validate(turn.signals), strategy_status(book))
    came = {stream for stream, _, _ in turn.signals}
    streams = [s for s in shard.settings.streams if keys.signals(s) in came]
    shard.signal_rows.add(book, admitted, streams, turn.marks)
    signals, intents = admitted.signals, admitted.resolved.intents
    goes = admitted.resolved.reason == ReasonCode.NONE
    if not goes.all():
        signals, intents = signals.take(goes), intents.take(goes)
    shard.backlog.put(signals, intents, turn.marks)


def route_signals(shard: Shard, turn: Round) -> None:
    """Step `route`: one row per signal and subscribed account that this shard has to decide."""
    if turn.admitted is None or turn.intents is None:
        return
    signals, intents, origin = with_variants(turn.admitted, turn.intents)
    pairs = route(shard.grounds.book, signals, intents, turn.now)
    pairs = pairs.take(_undecided(shard, signals, pairs))
    if shard.pressure.pauses:
        paused = np.where(pairs.reason == 0, ReasonCode.EXPOSURE_PAUSED, pairs.reason)
        pairs = replace(pairs, reason=paused.astype(pairs.reason.dtype))
    turn.routed = Routed(signals=signals, intents=intents, pairs=pairs, origin=origin)


def size_pairs(shard: Shard, turn: Round) -> None:
    """Step `size`: volume and stops of each opening."""
    if turn.routed is None:
        return
    signals, intents, pairs = turn.routed.signals, turn.routed.intents, turn.routed.pairs
    grounds = shard.grounds
    balances = grounds.links.balances()
    sized = size(grounds.book, signals, intents, pairs, grounds.market, balances, turn.now)
    turn.asked = Asked(
        signals=signals,
        intents=intents,
        pairs=pairs,
        sized=sized,
        origin=turn.routed.origin,
        quote=_quotes(shard, signals, intents, pairs),
    )


def _undecided(shard: Shard, signals: Any, pairs: Any) -> Rows:
    """Return the pairs that no decision in the log names: a replayed entry is not decided twice."""
    columns = shard.grounds.book.accounts
    partition, accounts = columns.partition[pairs.account], columns.account_id[pairs.account]
    fresh = shard.state.pairs.find(signals.signal_id[pairs.signal], accounts) < 0
    # Few partitions and signals come together again and again: each combination is asked once.
    both = partition.astype(np.int64) * len(signals) + pairs.signal
    found, member = np.unique(both, return_inverse=True)
    places = (signals.stream, signals.entry_ms, signals.entry_seq)
    entries = list(zip(*(column.tolist() for column in places), strict=True))
    decided = [
        shard.already_decided(p, entries[row][0], entries[row][1:])
        for p, row in (divmod(key, len(signals)) for key in found.tolist())
    ]
    if any(decided):
        fresh &= ~np.array(decided)[member]
    return np.flatnonzero(fresh)


def _quotes(shard: Shard, signals: Any, intents: Any, pairs: Any) -> Any:
    mapped = pairs.instrument >= 0
    instrument = np.maximum(pairs.instrument, 0)
    buys = intents.open_side[pairs.signal] == Side.BUY
    market = shard.grounds.market
    if not len(market.bid):
        return np.full(len(pairs), np.nan)
    price = np.where(buys, market.ask[instrument], market.bid[instrument])
    return np.where(mapped, price, np.nan)


def guard_and_decide(shard: Shard, turn: Round) -> None:
    """Step `guard`: waves of guards and legs, folded into the state as they are made."""
    if turn.asked is not None:
        turn.decided = decide(shard.state, shard.grounds.links, turn.asked, turn.now)


def dispatch(upkeep: Upkeep, clock: Callable[[], int]) -> Step:
    """Return step `dispatch`: one entry per partition, or nothing and a fold."""

    def step(shard: Shard, turn: Round) -> None:
        # A snapshot stands at a decision, so where one is due there is a decision, if an empty one.
        turn.snapshots = upkeep.overdue(turn.now, busy=turn.busy)
        _dispatch(shard, turn)
        turn.dispatched_at = clock()

    return step


def _dispatch(shard: Shard, turn: Round) -> None:
    decided = turn.decided
    touched = decided.touched if decided is not None else Touched()
    partitions = {*shard.idle(turn.now // 1000), *turn.snapshots}
    if decided is not None:
        partitions |= set(decided.verdict_partition.tolist())
    if not partitions:
        return
    orders, verdicts = ({}, {}) if decided is None else decided.by_partition()
    no_orders, no_verdicts = np.zeros(0, ORDER), np.zeros(0, VERDICT)
    parts = {}
    for partition in sorted(partitions):
        place = shard.places[partition]
        marks = {**place.marks, **turn.marks}
        parts[partition] = decision_log.Decision(
            previous=place.decision,
            events=shard.events[partition],
            marks=marks,
            config=shard.grounds.book.version,
            orders=orders.get(partition, no_orders),
            verdicts=verdicts.get(partition, no_verdicts),
        )
    shard.log_decisions(parts, touched, turn.now)
    if decided is not None:
        shard.backlog.went_well()


def write_results(results: Results, upkeep: Upkeep) -> Step:
    """Return step `results`: rows of what changed, then snapshots and other upkeep."""

    def step(shard: Shard, turn: Round) -> None:
        if not (turn.busy or turn.events or shard.pressure.crowded):
            shard.live.write(shard.state)
        if not _writes_now(shard, turn):
            return
        before, shard.results_at = shard.results_at, turn.now
        faults.point("trade.rows", redis.ConnectionError)
        told = shard.signal_rows.any
        safe = shard.signal_rows.write(results.write_signals)
        faults.point("trade.signal_rows", redis.ConnectionError)
        if not safe:
            return  # they wait, and so do the others
        if told and shard.touched.any and not turn.last and not turn.snapshots:
            shard.results_at = before  # the others with the next round: a signal may have come
            return
        every = turn.last or upkeep.is_held_up(turn.now)
        piece = shard.piece(range(PARTITIONS) if every else turn.snapshots)
        made = changed(shard.state, shard.grounds.names, piece.touched, piece.decisions)
        if not shard.owns(list(made)):
            turn.failed = True
            return
        entries = [(keys.results(p), batches) for p, batches in made.items()]
        if not results.write(entries):
            return  # they wait, and nothing is trimmed that they could be made from again
        results.drain()
        shard.wrote(piece)
        if not piece.is_all:
            shard.results_at = before
        if turn.last and not shard.pressure.crowded:
            shard.live.write(shard.state, _LAST_LIVE_ROWS)
        upkeep.keep(turn.snapshots, turn.now)

    return step


def _writes_now(shard: Shard, turn: Round) -> bool:
    """Return whether rows are written in this round.

    They wait a moment for more of their kind, and longer while there are signals: a signal that
    has come meanwhile waits for them.
    """
    patience = _PATIENCE if turn.busy else 0
    return turn.last or bool(turn.snapshots) or shard.rows_are_due(turn.now, patience)
