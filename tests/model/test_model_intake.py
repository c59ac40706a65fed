"""Identities at intake: every short history of sends, resends and reuse, cut and replayed anywhere.

What an entry is, the original, a resend or a reuse, follows from the entries before it alone; so
it is the same for every cut into batches, for a shard that died and reads again from any place,
and for two shards that read at their own pace.
"""

import itertools
import json
from typing import Any

import redis

from operators.admitted import Admitted
from operators.intake import Intake
from rules.validation import validate
from schema.codes import ReasonCode

MS = 1_763_690_400_000
LENGTH = 3
Entry = tuple[str, str, dict[bytes, bytes]]
KINDS = tuple(itertools.product("ab", (1, 2)))  # the identity and the content


def entries_of(strategy: str, history: tuple[tuple[str, int], ...]) -> list[Entry]:
    """A history as entries; the strategy sets its identities apart from all others'."""
    return [
        (
            "signals:0",
            f"{MS}-{number}",
            {
                b"json": json.dumps(
                    {
                        "strategy": strategy, "symbol": "E", "action": "buy",
                        "signal_id": name, "price": content,
                    }
                ).encode()
            },
        )
        for number, (name, content) in enumerate(history, 1)
    ]  # fmt: skip


def expected(history: tuple[tuple[str, int], ...]) -> dict[int, str]:
    """What each entry is, said by what came before it."""
    first: dict[str, tuple[int, int]] = {}
    said = {}
    for number, (name, content) in enumerate(history, 1):
        original, known = first.setdefault(name, (number, content))
        if original == number:
            said[number] = "original"
        else:
            said[number] = f"resend of {original}" if known == content else "reused"
    return said


def told(found: Admitted) -> dict[int, str]:
    said = dict.fromkeys(found.signals.entry_seq.tolist(), "original")
    resends = found.resends
    for number, original in zip(
        resends.entry_seq.tolist(), resends.original_seq.tolist(), strict=True
    ):
        said[number] = f"resend of {original}"
    for number, reason in zip(
        found.rejections.entry_seq.tolist(), found.rejections.reason.tolist(), strict=True
    ):
        assert reason == ReasonCode.IDENTITY_REUSED
        said[number] = "reused"
    return said


def active(names: Any) -> list[ReasonCode]:
    return [ReasonCode.NONE for _ in names]


class Reader:
    """A shard's intake, and how far it has read."""

    def __init__(self, client: redis.Redis, entries: list[Entry]) -> None:
        self._intake = Intake(client)
        self._entries = entries
        self.at = 0

    def read(self, count: int) -> dict[int, str]:
        batch = self._entries[self.at : self.at + count]
        self.at += len(batch)
        return told(self._intake.admit(validate(batch), active))


def test_an_entry_is_the_same_however_it_is_read(redis_client: redis.Redis) -> None:
    """All cuts into two batches, and a death that goes back to any place between."""
    number = 0
    for history in itertools.product(KINDS, repeat=LENGTH):
        want = expected(history)
        for cut, back in itertools.product(range(1, LENGTH + 1), range(LENGTH)):
            if back > cut:
                continue
            number += 1
            entries = entries_of(f"cut {number}", history)
            shard = Reader(redis_client, entries)
            said = shard.read(cut)
            shard.at = back  # it died; another reads on from an older mark
            for place, word in shard.read(LENGTH).items():
                assert said.setdefault(place, word) == word, (history, cut, back)
            assert said == want, (history, cut, back)


def test_shards_that_read_at_their_own_pace_agree(redis_client: redis.Redis) -> None:
    """All interleavings of two shards, each reading one entry after the other."""
    number = 0
    turns = sorted(set(itertools.permutations("xxxyyy")))
    for history in itertools.product(KINDS, repeat=LENGTH):
        if history[0] != KINDS[0]:
            continue  # the names and contents may be exchanged
        want = expected(history)
        for order in turns:
            number += 1
            entries = entries_of(f"turns {number}", history)
            shards = {name: Reader(redis_client, entries) for name in "xy"}
            for name in order:
                for place, word in shards[name].read(1).items():
                    assert word == want[place], (history, order)
