"""A reverse on the real executor, killed at every step of its way, over every kind of answer.

Its two legs, the terminal's answers, where it dies and who goes on are all combined. Whatever
happens, no leg is executed twice, the opening goes out behind a close that was executed only, and
what is told in the end is what stands in the broker's books.
"""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import redis

from brokers.port import History
from config import faults
from rules.errors import Ambiguous
from rules.fold_reports import fold_reports
from rules.new_rows import fold_decision
from rules.state import State
from schema.broker import ANSWER, AnswerClass
from schema.codes import OUTCOME_RANK, ReasonCode
from schema.enums import LegKind, Outcome
from schema.wire import REPORT, UNITS, VERDICT, Records
from sinks import journal
from tests.integration.execute.bench import NOW, Bench, Scripted, order
from tests.long import LONG

OPENER, CLOSING, OPENING = ((number).to_bytes(16, "big") for number in (9, 1, 2))
PAIR = (77).to_bytes(16, "big")
SECOND = 1_000_000
REQUOTE, REJECT, DONE, DONE_PARTIAL = 10004, 10006, 10009, 10010

# What the terminal does with an order, call after call; the last word stays.
WAYS: dict[str, tuple[str, ...]] = {
    "done": ("done",),
    "in part": ("part",),
    "requoted once": ("requote", "done"),
    "requoted always": ("requote",),
    "refused": ("refused",),
    "answer lost": ("lost",),
    "request lost": ("nothing",),
}
EXECUTED = {"done", "in part", "requoted once", "answer lost"}
ASKING = {"execute.sending", "execute.acted"}
SURVIVORS = ("the same term", "a new term", "another journal")


class Died(BaseException):
    """The process is gone."""


class Bomb(faults.Faults):
    """Kills the process at one of the named steps that it passes."""

    def __init__(self, at: int) -> None:
        super().__init__({"execute.claimed": faults.Fault("kill")})
        self.left = at

    def passed(self, name: str, _error: type[Exception]) -> None:
        self.left -= 1
        if self.left == 0:
            raise Died(name)


class Broker(Scripted):
    """A terminal that does with each order what its way says."""

    def __init__(self, ways: dict[bytes, str]) -> None:
        super().__init__()
        self.ways = {key: iter(WAYS[way]) for key, way in ways.items()}
        self.last: dict[bytes, str] = {}

    def submit(self, requests: Records) -> Records:
        answers = [self._one(requests[row : row + 1]) for row in range(len(requests))]
        if any(answer is None for answer in answers):
            raise Ambiguous("the link broke")
        return np.concatenate(answers)

    def _one(self, request: Records) -> Records | None:
        key = request["order_id"][0].tobytes()
        word = self.last[key] = next(self.ways.get(key, iter(())), self.last.get(key, "done"))
        if word in ("requote", "refused"):
            answer = np.zeros(1, ANSWER)
            answer["order_id"] = request["order_id"]
            refused = word == "refused"
            answer["answer"] = AnswerClass.REJECTED if refused else AnswerClass.TRANSIENT
            answer["retcode"] = REJECT if refused else REQUOTE
            return answer
        if word == "nothing":
            return None
        answer = super().submit(request)
        if word == "part":
            answer["retcode"], answer["volume"] = DONE_PARTIAL, UNITS // 2
        return None if word == "lost" else answer

    def history(self, since: int) -> History:
        found = super().history(since)
        for row, key in zip(found.orders, self.sent, strict=True):
            if self.last.get(key) == "part":
                row["filled"] = row["volume"] // 2
        return found


def reverse() -> Records:
    """The legs of a reverse over one position."""
    legs = {"legs": 2, "signal_id": np.void(PAIR), "decided_at": NOW}
    close = order(1, leg=1, kind=LegKind.CLOSE, position=np.void(OPENER), **legs)
    return np.concatenate([close, order(2, leg=2, after=1, **legs)])


class Story:
    """One history: ways of both legs, where the process dies, and who goes on."""

    def __init__(self, client: redis.Redis, directory: Path, ways: tuple[str, str]) -> None:
        client.flushall()
        self.directory = directory
        self.bench = Bench(client, directory / "one")
        self.broker = Broker(dict(zip((CLOSING, OPENING), ways, strict=True)))
        self.bench.terminal = self.broker
        self.bench.restart()
        self.bench.decide(order(9))
        self.bench.work()
        self.bench.decide(reverse())
        self.now = NOW

    def run(self, turns: int) -> None:
        """Take turns, ten seconds apart."""
        for _ in range(turns):
            self.now += 10 * SECOND
            self.bench.work(self.now)
            self.bench.look(self.now)

    def survive(self, survivor: str) -> None:
        """Begin again after a death."""
        old = self.bench
        if survivor != "the same term":
            old.executor.release()
        if survivor == "another journal":
            old.journal.close()
            self.bench = Bench(old.client, self.directory / "two")
            self.bench.terminal, self.bench.entries = self.broker, old.entries
        self.bench.restart()
        self.bench.reconnect()

    def told(self) -> State:
        """What the events come to."""
        state = State()
        decided = np.concatenate([order(9), reverse()])
        verdicts = np.zeros(2, VERDICT)
        verdicts["account_id"] = decided["account_id"][:2]
        verdicts["signal_id"], verdicts["legs"] = decided["signal_id"][:2], (1, 2)
        fold_decision(state, decided, verdicts, np.array([3, 3], np.int32))
        fold_reports(state, np.array(self.bench.reports(), REPORT), 1)
        return state

    def check(self, ways: tuple[str, str], survivor: str | None, died: bool) -> None:
        """What must be true in the end; `died`: while the broker was asked."""
        sent = [key for key in self.broker.sent if key != OPENER]
        assert len(sent) == len(set(sent)), "executed twice"
        assert OPENING not in sent or sent[0] == CLOSING, "opened over what was not closed"
        for report in self.bench.reports():
            if report["order_id"].tobytes() in self.broker.sent:
                assert OUTCOME_RANK[Outcome(report["outcome"])] != 2, "denied what was executed"
            else:
                assert OUTCOME_RANK[Outcome(report["outcome"])] != 3, "told what never was"
        rows = self.told().orders.records()
        closing, opening = (rows[rows["order_id"] == np.void(k)][0] for k in (CLOSING, OPENING))
        for row, key, way in ((closing, CLOSING, ways[0]), (opening, OPENING, ways[1])):
            rank = OUTCOME_RANK[Outcome(int(row["outcome"]))]
            if key in sent:
                assert rank == 3
                in_part = row["outcome"] == Outcome.PARTIALLY_FILLED
                assert in_part == (way == "in part")
                assert row["order_ticket"] == self.broker.sent.index(key) + 1
            else:
                assert rank in (1, 2)
        if survivor != "another journal":
            self.check_ends(died or ways[0] == "request lost", closing, opening)
        if survivor is None and ways[0] == "in part":
            assert sent == [CLOSING], "opened over what was closed in part"
            assert opening["reason"] == ReasonCode.CLOSE_FAILED
        elif survivor is None and ways[0] in EXECUTED and ways[1] in EXECUTED:
            assert sent == [CLOSING, OPENING]

    def check_ends(self, may_be_open: bool, closing: Any, opening: Any) -> None:
        """As long as the journal is there, only what the broker alone knows stays open."""
        assert closing["outcome"] != Outcome.UNRESOLVED or may_be_open
        if closing["outcome"] == Outcome.UNRESOLVED:
            assert opening["outcome"] == Outcome.UNRESOLVED
            assert opening["reason"] == ReasonCode.EARLIER_UNRESOLVED
        elif OUTCOME_RANK[Outcome(int(closing["outcome"]))] == 2:
            assert opening["outcome"] == Outcome.CANCELLED
            assert opening["reason"] == ReasonCode.CLOSE_FAILED

    def end(self) -> None:
        self.bench.journal.close()


def pairs() -> list[tuple[str, str]]:
    """Ways of both legs; all of them with TRADECAST_LONG=1."""
    whole = list(itertools.product(WAYS, WAYS))
    some = [(first, "done") for first in ("done", "in part", "requoted always", "refused")]
    some.append(("answer lost", "answer lost"))
    return whole if LONG else some


@pytest.mark.parametrize("ways", pairs(), ids=" + ".join)
def test_a_reverse_that_is_killed_anywhere_is_told_as_it_was(
    redis_client: redis.Redis,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    ways: tuple[str, str],
) -> None:
    # A process that dies loses nothing that it wrote; a host that does is another test.
    monkeypatch.setattr(journal, "sync_file", lambda _: None)
    deaths = 0
    for survivor in SURVIVORS:
        for at in itertools.count(1):
            story = Story(redis_client, tmp_path / f"{survivor}-{at}", ways)
            bomb = Bomb(at)
            with monkeypatch.context() as patch:
                patch.setattr(faults, "_faults", bomb)
                died = ""
                try:
                    story.run(6)
                except Died as death:
                    died = str(death)
            if died:
                deaths += 1
                story.survive(survivor)
                story.run(6)
            try:
                story.check(ways, survivor if died else None, died in ASKING)
            except AssertionError as error:
                told: list[Any] = [
                    (r["order_id"].tobytes()[-1], Outcome(r["outcome"]).name, int(r["reason"]))
                    for r in story.bench.reports()
                ]
                error.add_note(f"{ways}, died at {died} ({at}), {survivor}: told {told}")
                raise
            finally:
                story.end()
            if not died:
                break
    assert deaths >= 9
