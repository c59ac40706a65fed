"""A shard's real memory over logs in plain lists, beside the model of what it should hold.

Everything that folds, replays, snapshots, trims and forgets here is the project's own; only the
streams are lists, so that thousands of histories can be tried, with entry ids as close as can be.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from operators.grounds import Grounds
from operators.live_state import LiveState
from operators.pressure import Pressure
from operators.shard import Shard
from operators.shard_parts import ShardSettings
from operators.upkeep import Upkeep
from rules import decision_log
from rules.new_rows import fold_decision
from rules.state import State, TradeState
from rules.touched import Touched
from schema import keys
from schema.wire import DEAL, MARK, ORDER, REPORT, VERDICT, Records, decode, encode
from tests.model.logs import Logs, place
from tests.model.naive import Facts, Naive

PARTITIONS = (0, 1)


class Nobody:
    """Shows no live state, and holds no claims."""

    def write(self, *_: Any) -> None: ...

    def close(self, *_: Any) -> None: ...

    def forget(self, *_: Any) -> None: ...


def records(dtype: np.dtype[Any], rows: Sequence[Facts]) -> Records:
    """Facts as records; what is not said is empty."""
    made = np.zeros(len(rows), dtype)
    for row, facts in zip(made, rows, strict=True):
        for name, value in facts.items():
            row[name] = np.void(value) if isinstance(value, bytes) and len(value) == 16 else value
    return made


def facts_of(rows: Records) -> list[Facts]:
    """Records as facts."""
    return [{n: row[n].item() for n in rows.dtype.names or ()} for row in rows]


class Memory:
    """A shard over logs, that can be killed, and the model of it."""

    def __init__(self) -> None:
        self.logs = Logs()
        self.history: dict[int, list[tuple[str, Any]]] = {p: [] for p in PARTITIONS}
        self.heard: dict[int, int] = dict.fromkeys(PARTITIONS, 0)  # of the events ever written
        self.events: dict[int, list[tuple[str, dict[bytes, bytes]]]] = {p: [] for p in PARTITIONS}
        self.versions: dict[tuple[str, bytes, int], Facts] = {}
        self.shard = self.begin()

    def begin(self) -> Shard:
        """A shard that knows nothing but the logs."""
        nobody = Nobody()
        settings = ShardSettings(partitions=PARTITIONS, keep_finished_us=0)
        shard = Shard(
            self.logs,  # type: ignore[arg-type]
            intake=None,  # type: ignore[arg-type]
            send=self._send,
            last=self._last,
            grounds=Grounds(settings, lambda: None, lambda: None),
            live=LiveState(nobody),
            pressure=Pressure(lambda: 0.0),
        )
        shard.recover()
        return shard

    def _send(
        self, appends: Sequence[tuple[int, str, Mapping[bytes, bytes]]], *, beyond: bool
    ) -> list[str | None]:
        """Append as the script does: only behind the decision that was folded."""
        assert beyond, "there is memory enough"
        made: list[str | None] = []
        for partition, previous, fields in appends:
            stream = keys.decisions(partition)
            last = self.logs.xrevrange(stream, 1)
            if (last[0][0].decode() if last else "0-0") != previous:
                made.append(None)
                continue
            made.append(self.logs.add(stream, dict(fields)))
            seen = fields[b"events"].decode()
            entries = [e for e in self.events[partition] if place(e[0]) <= place(seen)]
            known = sum(kind == "event" for kind, _ in self.history[partition])
            self.history[partition] += [("event", entry) for entry in entries[known:]]
            self.history[partition].append(("decision", decision_log.read(fields)))
        return made

    def _last(self, partitions: Sequence[int]) -> list[str]:
        found = [self.logs.xrevrange(keys.decisions(p), 1) for p in partitions]
        return [entries[0][0].decode() if entries else "0-0" for entries in found]

    # What can happen.

    def tell(
        self,
        partition: int,
        *,
        reports: Sequence[Facts] = (),
        deals: Sequence[Facts] = (),
        marks: Sequence[Facts] = (),
    ) -> None:
        """An executor writes an entry of events."""
        fields = {
            name: encode(records(dtype, rows))
            for name, dtype, rows in (
                (b"reports", REPORT, reports),
                (b"deals", DEAL, deals),
                (b"marks", MARK, marks),
            )
            if rows
        }
        entry_id = self.logs.add(keys.events(partition), fields)
        self.events[partition].append((entry_id, fields))

    def read(self, partition: int, count: int) -> None:
        """The shard reads some of the events that it has not read."""
        self.read_all({partition: count})

    def read_all(self, counts: Mapping[int, int]) -> None:
        """The shard reads events of several partitions in one round."""
        entries = [
            (p, entry_id, fields)
            for p, count in counts.items()
            for entry_id, fields in self.logs.after(keys.events(p), self.shard.events[p])[:count]
        ]
        self.shard.fold_events(entries)

    def decide(
        self,
        partition: int,
        waves: Sequence[tuple[Sequence[Facts], Sequence[Facts]]] = (),
        shard: Shard | None = None,
    ) -> None:
        """A shard decides waves of (verdicts, orders) and appends them as one entry."""
        shard = shard or self.shard
        touched, orders, verdicts = Touched(), [records(ORDER, ())], [records(VERDICT, ())]
        for judged, made in waves:
            verdicts.append(records(VERDICT, judged))
            orders.append(records(ORDER, made))
            parts = np.full(len(judged), partition, np.int32)
            touched.add(fold_decision(shard.state, orders[-1], verdicts[-1], parts))
        decision = decision_log.Decision(
            previous=shard.places[partition].decision,
            events=shard.events[partition],
            marks={},
            config=1,
            orders=np.concatenate(orders),
            verdicts=np.concatenate(verdicts),
        )
        shard.log_decisions({partition: decision}, touched, self.logs.ms * 1000)

    def crash(self) -> None:
        """The shard dies, and another one begins, which takes more than a millisecond."""
        self.logs.ms += 1
        self.shard = self.begin()

    def snapshot(self, partition: int) -> None:
        """The shard stores a snapshot at a decision, and trims under it."""
        self.decide(partition)
        Upkeep(self.logs, self.shard, Nobody(), stores=()).keep([partition], 1 << 40)  # type: ignore[arg-type]

    # What must be true.

    def model(self) -> Naive:
        """What was decided and happened, as far as the shard has come, in its order."""
        naive = Naive()
        for partition in PARTITIONS:
            steps = self.history[partition]
            known = sum(kind == "event" for kind, _ in steps)
            at = place(self.shard.events[partition])
            unsaid = [e for e in self.events[partition][known:] if place(e[0]) <= at]
            for kind, what in [*steps, *(("event", entry) for entry in unsaid)]:
                if kind == "decision":
                    naive.decide(facts_of(what.verdicts), facts_of(what.orders))
                    continue
                entry_id, fields = what
                told = {
                    name: facts_of(decode(fields[name], dtype)) if name in fields else []
                    for name, dtype in ((b"reports", REPORT), (b"deals", DEAL), (b"marks", MARK))
                }
                for word in told[b"reports"]:
                    naive.report(word)
                for deal in told[b"deals"]:
                    naive.deal(deal)
                for mark in told[b"marks"]:
                    naive.mark(mark, place(entry_id)[0] * 1000)
        return naive

    def check(self) -> None:
        """The shard holds what the model says, and no version of a row has two contents."""
        check_state(self.shard.state, self.model())
        self._check_versions()

    def _check_versions(self) -> None:
        state = self.shard.state
        for name, key, left_out in (
            ("orders", "order_id", {"pair", "trade"}),
            ("pairs", "signal_id", {"first"}),
            ("trades", "trade_id", {"account"}),
        ):
            rows: Records = getattr(state, name).records()
            names = [n for n in rows.dtype.names or () if n not in left_out]
            for row in rows:
                at = (name, row[key].tobytes() + row["account_id"].tobytes(), int(row["version"]))
                content = {n: row[n].item() for n in names}
                before = self.versions.setdefault(at, content)
                changed = {n: (before[n], content[n]) for n in names if before[n] != content[n]}
                assert not changed, f"{name} of one version say two things: {changed}"


def check_state(state: State, naive: Naive) -> None:
    """A shard's state says what the model says; it may have forgotten what is finished."""
    _check_orders(state, naive)
    _check_trades(state, naive)
    for row in state.accounts.records():
        account = row["account_id"].tobytes()
        assert row["open_trades"] == naive.open_trades(account)
        if account in naive.marks:
            mark = naive.marks[account][-1]
            for name in ("balance", "equity", "margin", "marked_at", "open_positions"):
                assert row[name] == mark[name], name
            assert (row["equity_low"], row["equity_high"]) == naive.range_of_minute(account)


def _check_orders(state: State, naive: Naive) -> None:
    held = set()
    for row in state.orders.records():
        leg = naive.legs[row["order_id"].tobytes()]
        held.add(row["order_id"].tobytes())
        for name in ("state", "outcome", "reason", "filled"):
            assert row[name] == leg.word[name], name
        for name in ("order_ticket", "position_ticket", "sent_at", "done_at"):
            assert row[name] == leg.last(name), name
        for name in ("profit", "commission", "swap"):
            assert row[name] == sum(deal[name] for deal in leg.deals), name
    assert all(leg.over for key, leg in naive.legs.items() if key not in held)
    pairs = set()
    for row in state.pairs.records():
        pair = (row["signal_id"].tobytes(), row["account_id"].tobytes())
        pairs.add(pair)
        verdict, legs = naive.pairs[pair]
        final = sum(leg.over for leg in legs)
        assert row["legs_final"] == final
        assert row["status"] == naive.status(pair)
        assert (row["finished_at"] > 0) == (final == len(legs))
        if legs and row["status"] != 0:
            reasons = [leg.word["reason"] for leg in legs if leg.word["outcome"] == row["status"]]
            assert row["status_reason"] == (reasons or [verdict["reason"]])[0]
    for pair, (_, legs) in naive.pairs.items():
        assert pair in pairs or all(leg.over for leg in legs)


def _check_trades(state: State, naive: Naive) -> None:
    held = set()
    for row in state.trades.records():
        trade = naive.trades[row["trade_id"].tobytes()]
        held.add(row["trade_id"].tobytes())
        assert TradeState(int(row["state"])).name == trade.state
        assert row["volume"] == trade.volume
        assert row["closed"] == trade.closed
        assert row["closing"] == trade.closing
        assert abs(int(row["entry_price"]) - trade.entry_price) <= len(trade.opener.deals)
        assert abs(int(row["exit_price"]) - trade.exit_price) <= len(trade.closers) + len(
            trade.strangers
        )
        assert (row["closed_at"] > 0) == (trade.state in {"CLOSED", "NEVER"})
        assert row["position_ticket"] == (trade.tickets[-1] if trade.tickets else 0)
        deals = [*trade.opener.deals, *trade.strangers]
        deals += [deal for leg in [*trade.closers, *trade.changes] for deal in leg.deals]
        once = {deal["deal_ticket"]: deal for deal in deals}.values()
        for name in ("profit", "commission", "swap"):
            assert row[name] == sum(deal[name] for deal in once), name
    for key, trade in naive.trades.items():
        assert key in held or trade.state in {"CLOSED", "NEVER"}
