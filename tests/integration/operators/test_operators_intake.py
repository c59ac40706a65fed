"""Identities and targets on a real server: resends, reuse, replays, races."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
import redis

from operators.admitted import Admitted
from operators.intake import Intake
from rules.validation import validate
from schema import keys
from schema.codes import ReasonCode as R

MS = 1_763_690_400_000
DAY = 86_400_000


def active(names: Sequence[str]) -> list[R]:
    return [R.NONE for _ in names]


def inactive(names: Sequence[str]) -> list[R]:
    return [R.STRATEGY_INACTIVE for _ in names]


def entry(seq: int, ms: int = MS, **fields: Any) -> tuple[str, str, dict[bytes, bytes]]:
    whole = {"strategy": "s", "symbol": "E", "action": "buy", **fields}
    return "signals:0", f"{ms}-{seq}", {b"json": json.dumps(whole).encode()}


def target(seq: int, size: float, **fields: Any) -> tuple[str, str, dict[bytes, bytes]]:
    return entry(seq, action="target", position_size=size, signal_id=str(seq), **fields)


def admit(client: redis.Redis, *entries: Any, status: Any = active) -> Admitted:
    return Intake(client).admit(validate(entries), status)


def seqs(found: Admitted) -> tuple[list[int], list[int], list[int]]:
    return (
        found.signals.entry_seq.tolist(),
        found.resends.entry_seq.tolist(),
        found.rejections.entry_seq.tolist(),
    )


def test_first_in_a_batch_is_the_original(redis_client: redis.Redis) -> None:
    batch = [entry(1, signal_id="a"), entry(2, signal_id="a"), entry(3, signal_id="a", price=2)]
    for _ in range(2):
        found = admit(redis_client, *batch)
        assert seqs(found) == ([1], [2], [3])
        assert found.resends.original_seq.tolist() == [1]
        assert found.rejections.reason.tolist() == [R.IDENTITY_REUSED]
    assert seqs(admit(redis_client, batch[1])) == ([], [2], [])
    assert redis_client.ttl(keys.identities(0, "2025-11-21")) > 8 * 86_400


def test_an_identity_is_found_for_seven_days(redis_client: redis.Redis) -> None:
    assert seqs(admit(redis_client, entry(1, signal_id="a"))) == ([1], [], [])
    late = admit(redis_client, entry(2, MS + 7 * DAY, signal_id="a"))
    assert seqs(late) == ([], [2], [])
    assert seqs(admit(redis_client, entry(3, MS + 8 * DAY, signal_id="a"))) == ([3], [], [])


@pytest.mark.parametrize("action", [{"action": "buy"}, {"action": "target", "position_size": 0}])
def test_a_signal_that_fired_after_its_entry_is_known_seven_days_later(
    redis_client: redis.Redis, action: dict[str, Any]
) -> None:
    """By UTC, its entry may lie on the eighth day before."""
    midnight = (MS // DAY + 1) * DAY
    sent = {**action, "signal_id": "a", "fired_at": midnight + 30_000}
    assert seqs(admit(redis_client, entry(1, midnight - 15_000, **sent))) == ([1], [], [])
    again = entry(2, midnight + 7 * DAY + 20_000, **sent)
    assert seqs(admit(redis_client, again)) == ([], [2], [])


def test_a_refused_signal_claims_nothing(redis_client: redis.Redis) -> None:
    first, again = entry(1, signal_id="a"), entry(2, signal_id="a")
    assert admit(redis_client, first, status=inactive).rejections.reason[0] == R.STRATEGY_INACTIVE
    assert seqs(admit(redis_client, again)) == ([2], [], [])
    assert seqs(admit(redis_client, first)) == ([], [], [1])
    assert seqs(admit(redis_client, again, status=inactive)) == ([2], [], [])


def test_targets_advance_in_a_batch_and_across_batches(redis_client: redis.Redis) -> None:
    batch = [target(1, 0), target(2, 2), target(3, 1), target(4, -1), target(5, -1)]
    whole = admit(redis_client, *batch)
    assert whole.resolved.intents.close_long.tolist() == [1, 0, 0.5, 1, 0]
    assert whole.resolved.intents.contracts.tolist() == [0, 2 * 10**8, 0, 10**8, 0]
    assert whole.resolved.reason.tolist() == [0, 0, 0, 0, R.NO_CHANGE]
    for number, one in enumerate(batch):  # a replay cut otherwise says the same
        again = admit(redis_client, one)
        assert seqs(again) == ([number + 1], [], [])
        assert again.resolved.intents.close_long[0] == whole.resolved.intents.close_long[number]
    following = admit(redis_client, target(6, -3, prev_position_size=-2))
    assert following.resolved.missed_alert.tolist() == [True]
    assert following.resolved.intents.contracts.tolist() == [10**8]


def test_an_unknown_position_stays_unknown_on_replay(redis_client: redis.Redis) -> None:
    assert admit(redis_client, target(1, 2)).rejections.reason.tolist() == [R.UNKNOWN_POSITION]
    assert seqs(admit(redis_client, target(2, 0), target(3, 5))) == ([2, 3], [], [])
    assert admit(redis_client, target(1, 2)).rejections.reason.tolist() == [R.UNKNOWN_POSITION]
    assert redis_client.hvals(keys.targets(0)) == [f"{MS}-3-0 5.0".encode()]


def test_an_empty_batch_is_nothing(redis_client: redis.Redis) -> None:
    assert seqs(admit(redis_client)) == ([], [], [])
