"""The steps of the trade flow, each a function of a round and the shard.

A broken link makes the shard stale and the round fail; the entries are read and decided
again after the logs were folded. Everything else that raises is a bug and ends the process.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import redis

from operators.intake import Admitted
from operators.replay import order_of
from operators.shard import Shard, strategy_status
from rules import decision_log, rows
from rules.book import Book
from rules.deciding import Asked, decide, with_variants
from rules.fold import Touched, version_of
from rules.rounds import Round, Routed
from rules.routing import route
from rules.sizing import size
from rules.tables import Rows
from rules.validation import validate
from schema import arrow, keys
from schema.codes import ReasonCode
from schema.enums import Outcome, Side
from schema.ids import make_id
from schema.registry import table
from schema.wire import ORDER, VERDICT

log = logging.getLogger(__name__)
Batches = Mapping[str, pa.RecordBatch]
Step = Callable[[Shard, Round], None]
_RESULTS_EVERY = 250_000  # microseconds


class Results(Protocol):
    """See sinks.results.ResultsWriter."""

    def write(self, entries: Sequence[tuple[str, Batches]]) -> None:
        """Append one entry to each of several results streams."""
        ...

    def write_signals(self, stream: int, last: str, batches: Batches) -> bool:
        """Append what was decided per signal, unless another shard has come as far."""
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
            log.warning("the link to Redis broke; folding again: %s", error)
            shard.stale = turn.failed = True
        return turn

    return run


def fold_events(shard: Shard, turn: Round) -> None:
    """Step `events`: take in what executors report, and prices."""
    shard.fold_events(turn.events)
    shard.take_quotes(turn.quotes)


def validate_signals(results: Results) -> Step:
    """Return step `validate`: sort entries, and write down what is decided per signal."""

    def step(shard: Shard, turn: Round) -> None:
        if not turn.signals:
            return
        admitted = shard.intake.admit(validate(turn.signals), strategy_status(shard.book))
        for stream in shard.settings.streams:
            last = turn.marks.get(keys.signals(stream))
            if last is not None and any(s == keys.signals(stream) for s, _, _ in turn.signals):
                results.write_signals(stream, last, signal_rows(shard.book, admitted, stream))
        turn.admitted, turn.resolved = admitted.signals, admitted.resolved

    return step


def signal_rows(book: Book, admitted: Admitted, stream: int) -> dict[str, pa.RecordBatch]:
    """Return rows of trade_signal, signal_rejection and signal_resend of one stream."""
    signals, resolved = admitted.signals, admitted.resolved
    mine = np.flatnonzero(signals.stream == stream)
    strategy = np.array([book.strategy_index[k] for k in signals.strategy[mine]], np.int64)
    subscribers = book.strategies.subscribers[strategy].astype(np.int64)
    reason = np.where(
        resolved.reason[mine] != 0,
        resolved.reason[mine],
        np.where(subscribers == 0, ReasonCode.NO_SUBSCRIBER, ReasonCode.NONE),
    ).astype(np.uint8)
    copied = {
        name: getattr(signals, name)[mine]
        for name in (
            *("signal_id", "stream", "entry_row", "symbol", "action", "order_type", "strategy"),
            *("price", "stop_price", "stop_loss", "take_profit", "volume", "contracts", "atr"),
            *("position_size", "prev_position_size", "fired_at", "received_at", "expires_at"),
            *("comment", "order_ref", "provider_signal_id", "metadata", "clock_ahead"),
        )
    }
    for name in ("sl_pips", "tp_pips", "sl_percent", "tp_percent", "risk_percent"):
        values = getattr(signals, name)[mine]
        copied[name] = np.where(values > 0, values, np.nan)
    closing = resolved.intents.close_long[mine] + resolved.intents.close_short[mine] > 0
    entry_ms, entry_seq = signals.entry_ms[mine], signals.entry_seq[mine]
    out = {
        "trade_signal": {
            **copied,
            "strategy_id": book.strategies.strategy_id[strategy],
            "entry_id": _entries(entry_ms, entry_seq),
            "fraction": np.where(closing, signals.fraction[mine], np.nan),
            "outcome": np.where(reason != 0, Outcome.SKIPPED, Outcome.NONE).astype(np.uint8),
            "reason_code": reason,
            "subscribers": subscribers,
            "config_version": np.full(len(mine), book.version),
            "missed_alert": resolved.missed_alert[mine],
            "version": _versions(entry_ms, entry_seq),
        }
    }
    refused = admitted.rejections.take(admitted.rejections.stream == stream)
    out["signal_rejection"] = {
        **{
            name: getattr(refused, name)
            for name in ("signal_id", "stream", "entry_row", "strategy", "message", "payload")
        },
        "reason_code": refused.reason,
        "received_at": refused.received_at,
        "entry_id": _entries(refused.entry_ms, refused.entry_seq),
        "rejection_id": _row_ids("rejection", refused),
        "version": _versions(refused.entry_ms, refused.entry_seq),
    }
    again = admitted.resends.take(admitted.resends.stream == stream)
    out["signal_resend"] = {
        **{
            name: getattr(again, name)
            for name in ("signal_id", "stream", "entry_row", "received_at")
        },
        "entry_id": _entries(again.entry_ms, again.entry_seq),
        "original_entry_id": _entries(again.original_ms, again.original_seq),
        "resend_id": _row_ids("resend", again),
        "version": _versions(again.entry_ms, again.entry_seq),
    }
    return {
        name: arrow.batch(table(name), columns)
        for name, columns in out.items()
        if len(columns["entry_id"])
    }


def _entries(ms: Any, seq: Any) -> list[str]:
    return [f"{a}-{b}" for a, b in zip(ms.tolist(), seq.tolist(), strict=True)]


def _versions(ms: Any, seq: Any) -> np.ndarray[Any, np.dtype[np.uint64]]:
    pairs = zip(ms.tolist(), seq.tolist(), strict=True)
    return np.array([version_of(a, b) for a, b in pairs], dtype=np.uint64)


def _row_ids(kind: str, what: Any) -> list[bytes]:
    places = zip(
        what.stream.tolist(),
        _entries(what.entry_ms, what.entry_seq),
        what.entry_row.tolist(),
        strict=True,
    )
    return [make_id(kind, str(s), entry, str(row)).bytes for s, entry, row in places]


def route_signals(shard: Shard, turn: Round) -> None:
    """Step `route`: one row per signal and subscribed account that this shard has to decide."""
    if turn.admitted is None or turn.resolved is None:
        return
    goes = turn.resolved.reason == ReasonCode.NONE
    signals, intents, origin = with_variants(
        turn.admitted.take(goes), turn.resolved.intents.take(goes)
    )
    pairs = route(shard.book, signals, intents, turn.now)
    pairs = pairs.take(_undecided(shard, signals, pairs))
    turn.routed = Routed(signals=signals, intents=intents, pairs=pairs, origin=origin)


def size_pairs(shard: Shard, turn: Round) -> None:
    """Step `size`: volume and stops of each opening."""
    if turn.routed is None:
        return
    signals, intents, pairs = turn.routed.signals, turn.routed.intents, turn.routed.pairs
    sized = size(
        shard.book, signals, intents, pairs, shard.market, shard.links.balances(), turn.now
    )
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
    partition = shard.book.accounts.partition[pairs.account]
    accounts = shard.book.accounts.account_id[pairs.account].tolist()
    ids = signals.signal_id[pairs.signal].tolist()
    fresh = np.array(
        [s + a not in shard.state.pairs for s, a in zip(ids, accounts, strict=True)], dtype=bool
    )
    columns = (signals.stream, signals.entry_ms, signals.entry_seq)
    entries = list(zip(*(column.tolist() for column in columns), strict=True))
    decided = {
        (p, row)
        for p, row in set(zip(partition.tolist(), pairs.signal.tolist(), strict=True))
        if shard.already_decided(p, entries[row][0], entries[row][1:])
    }
    if decided:
        keys_of = zip(partition.tolist(), pairs.signal.tolist(), strict=True)
        fresh &= np.array([key not in decided for key in keys_of], dtype=bool)
    return np.flatnonzero(fresh)


def _quotes(shard: Shard, signals: Any, intents: Any, pairs: Any) -> Any:
    mapped = pairs.instrument >= 0
    instrument = np.maximum(pairs.instrument, 0)
    buys = intents.open_side[pairs.signal] == Side.BUY
    market = shard.market
    if not len(market.bid):
        return np.full(len(pairs), np.nan)
    price = np.where(buys, market.ask[instrument], market.bid[instrument])
    return np.where(mapped, price, np.nan)


def guard_and_decide(shard: Shard, turn: Round) -> None:
    """Step `guard`: waves of guards and legs, folded into the state as they are made."""
    if turn.asked is not None:
        turn.decided = decide(shard.state, shard.links, turn.asked, turn.now)


def dispatch(shard: Shard, turn: Round) -> None:
    """Step `dispatch`: one entry per partition, or nothing and a fold."""
    decided = turn.decided
    touched = decided.touched if decided is not None else Touched()
    partitions = set(shard.idle(turn.now // 1000))
    if decided is not None:
        partitions |= set(np.unique(decided.verdict_partition).tolist())
    if not partitions:
        return
    parts = {}
    for partition in sorted(partitions):
        place = shard.places[partition]
        orders, verdicts = np.zeros(0, ORDER), np.zeros(0, VERDICT)
        if decided is not None:
            orders = decided.orders[decided.order_partition == partition]
            verdicts = decided.verdicts[decided.verdict_partition == partition]
        marks = {**place.marks, **turn.marks}
        parts[partition] = decision_log.Decision(
            previous=place.decision,
            events=shard.events[partition],
            marks=marks,
            config=shard.book.version,
            orders=orders,
            verdicts=verdicts,
        )
    shard.log_decisions(parts, touched)


def write_results(results: Results) -> Step:
    """Return step `results`: rows of what changed, then a snapshot where one is due."""

    def step(shard: Shard, turn: Round) -> None:
        # Rows wait a moment for more of their kind, and do not stand between two decisions.
        if turn.now < shard.results_due:
            return
        shard.results_due = turn.now + _RESULTS_EVERY
        changed = _by_partition(shard)
        entries = [
            (keys.results(p), {name: arrow.batch(table(name), c) for name, c in tables.items()})
            for p, tables in changed.items()
        ]
        results.write(entries)
        shard.touched = Touched()
        shard.decisions = []
        shard.snapshot(turn.now // 1000)

    return step


def _by_partition(shard: Shard) -> dict[int, dict[str, Any]]:
    """Return the columns of each table for each partition that changed."""
    state, names, touched = shard.state, shard.names, shard.touched
    out: dict[int, dict[str, Any]] = {}
    orders = _unique(touched.orders)
    done = rows.finished(state, orders)
    trades = rows.opened(state, _unique(touched.trades))
    accounts = _unique(touched.accounts)
    accounts = accounts[state.accounts.rows["marked_at"][accounts] > 0]
    for name, chosen, records, columns in (
        ("orders", orders, state.orders.rows, lambda r: rows.order_rows(state, r, names)),
        ("trade_result", done, state.orders.rows, lambda r: rows.result_rows(state, r)),
        ("result_metrics", done, state.orders.rows, lambda r: rows.metric_rows(state, r, names)),
        (
            "signal_execution_status",
            _unique(touched.pairs),
            state.pairs.rows,
            lambda r: rows.status_rows(state, r),
        ),
        ("trades", trades, state.trades.rows, lambda r: rows.trade_rows(state, r, names)),
        ("account_marks", accounts, state.accounts.rows, lambda r: rows.mark_rows(state, r)),
    ):
        for partition, mine in _split(chosen, records["partition"][chosen]):
            out.setdefault(partition, {})[name] = columns(mine)  # type: ignore[no-untyped-call]
    if touched.deals:
        deals = np.concatenate(touched.deals)
        account = state.accounts.find(deals["account_id"].tolist())
        where = state.accounts.rows["partition"][account]
        for partition, mine in _split(np.arange(len(deals)), where):
            out.setdefault(partition, {})["deals"] = rows.deal_rows(state, deals[mine], names)
    made: dict[int, list[dict[str, Any]]] = {}
    for partition, entry_id, decision in shard.decisions:
        made.setdefault(partition, []).extend(
            rows.decision_rows(
                decision.verdicts, decision.orders, _shared(partition, entry_id, decision)
            )
        )
    for partition, lines in made.items():
        if lines:
            columns_of = {name: [line[name] for line in lines] for name in lines[0]}
            out.setdefault(partition, {})["signal_decisions"] = columns_of
    return out


def _shared(partition: int, entry_id: str, decision: decision_log.Decision) -> dict[str, Any]:
    return {
        "partition": partition,
        "decision_id": entry_id,
        "previous_id": decision.previous,
        "events_position": decision.events,
        "config_version": decision.config,
        "version": version_of(*order_of(entry_id)),
    }


def _unique(parts: Sequence[Rows]) -> Rows:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))


def _split(chosen: Rows, partition: Any) -> list[tuple[int, Rows]]:
    order = np.argsort(partition, kind="stable")
    found, starts = np.unique(partition[order], return_index=True)
    return list(zip(found.tolist(), np.split(chosen[order], starts[1:]), strict=False))
