"""The generator of alerts: the same from the same seed, in proportion, and bad in every way."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.demo import alerts
from flows.demo.bad import BAD_KINDS
from flows.errors import CommandError
from schema.codes import ReasonCode

THEME = alerts.Theme(
    big="london",
    small=("asia", "scalper"),
    inactive="retired",
    symbols=("EURUSD", "GBPUSD", "USDJPY", "GOLD"),
    price=lambda _symbol, at: (1.1 + at / 1e4, 1.1002 + at / 1e4),
)
START = datetime(2026, 11, 21, 8, 30, tzinfo=UTC)


def bodies(found: list[alerts.Alert]) -> list[dict[str, object]]:
    return [json.loads(alert.entry["json"]) for alert in found if alert.kind == "good"]


@pytest.fixture(scope="module")
def replay() -> list[alerts.Alert]:
    return alerts.generate(THEME, seed=1, count=2000, seconds=60)


def test_the_same_seed_makes_the_same_alerts(replay: list[alerts.Alert]) -> None:
    again = alerts.generate(THEME, seed=1, count=2000, seconds=60)
    assert [one.line() for one in again] == [one.line() for one in replay]
    other = alerts.generate(THEME, seed=2, count=2000, seconds=60)
    assert [one.line() for one in other] != [one.line() for one in replay]


def test_alerts_come_in_proportion(replay: list[alerts.Alert]) -> None:
    kinds = Counter(one.kind for one in replay)
    assert len(replay) == 2000
    assert kinds["resend"] == 60
    assert kinds.total() - kinds["resend"] - kinds["good"] >= 100  # at least 5 % bad
    strategies = Counter(body["strategy"] for body in bodies(replay))
    assert strategies["london"] == 100
    actions = {str(body["action"]).lower() for body in bodies(replay)}
    assert actions == {
        "buy",
        "sell",
        "close",
        "close_long",
        "close_short",
        "reverse",
        "target",
        "modify",
        "cancel",
    }
    types = Counter(body.get("order_type", "market") for body in bodies(replay))
    assert types.keys() == {"market", "limit", "stop"}


def test_nothing_is_left_pending(replay: list[alerts.Alert]) -> None:
    pending: dict[tuple[str, str], bool] = {}
    for alert in replay:
        if alert.kind == "good":
            body = json.loads(alert.entry["json"])
            place = body["strategy"], body["symbol"].rpartition(":")[2]
            if body.get("order_type") in ("limit", "stop"):
                pending[place] = True
            elif str(body["action"]).lower() == "cancel":
                pending[place] = False
    assert len(pending) > 5
    assert not any(pending.values())


def test_bursts_are_many_alerts_at_one_moment(replay: list[alerts.Alert]) -> None:
    moments = Counter(one.at for one in replay)
    assert sum(1 for count in moments.values() if count >= alerts.BURST_SIZE) >= 10
    assert all(0 <= one.at <= 60 for one in replay)
    assert [one.at for one in replay] == sorted(one.at for one in replay)


def test_every_bad_kind_is_there_and_names_a_reason(replay: list[alerts.Alert]) -> None:
    wanted = {kind.reason for kind in BAD_KINDS}
    assert wanted <= {one.kind for one in replay}
    # Every reason for which an entry itself can be wrong.
    entry_reasons = {code.name for code in ReasonCode if 0 < code < 60}
    assert wanted == entry_reasons


def test_a_resend_repeats_an_earlier_alert(replay: list[alerts.Alert]) -> None:
    seen: set[tuple[int, bytes]] = set()
    for one in replay:
        if one.kind == "resend":
            assert (one.stream, one.entry["json"]) in seen
        elif one.kind == "good":
            seen.add((one.stream, one.entry["json"]))


def test_a_world_without_an_inactive_strategy_has_all_other_kinds() -> None:
    theme = alerts.Theme(**{**vars(THEME), "inactive": None})
    found = alerts.generate(theme, seed=1, count=2000, seconds=60)
    assert len(found) == 2000
    missing = {kind.reason for kind in BAD_KINDS} - {one.kind for one in found}
    assert missing == {"STRATEGY_INACTIVE"}


def test_targets_follow_from_each_other(replay: list[alerts.Alert]) -> None:
    before: dict[tuple[object, str], int] = {}
    for body in bodies(replay):
        if str(body["action"]).lower() != "target":
            continue
        key = body["strategy"], str(body["symbol"]).rpartition(":")[2]
        sign = {"long": 1, "short": -1, "flat": 0}[str(body["prev_position"])]
        assert sign * int(str(body["prev_position_size"])) == before.get(key, 0)
        before[key] = int(str(body["position_size"]))


def test_a_file_of_alerts_reads_back_as_it_was_made(replay: list[alerts.Alert]) -> None:
    read = alerts.read([one.line() for one in replay], streams=1)
    assert [dict(one.entry) for one in read] == [dict(one.entry) for one in replay]
    assert [one.at for one in read] == pytest.approx([one.at for one in replay])


@given(st.integers(-1_000_000, 1_000_000))
@settings(max_examples=50)
def test_times_are_filled_in_as_rfc_3339(milliseconds: int) -> None:
    sign, size = "-" if milliseconds < 0 else "+", abs(milliseconds) / 1000
    body = f'{{"fired_at": "{{now{sign}{size}}}", "id": "{{now}}"}}'.encode()
    found = json.loads(alerts.fill_times(body, START))
    moment = datetime.fromisoformat(found["fired_at"])
    assert abs(moment - START - timedelta(milliseconds=milliseconds)) <= timedelta(milliseconds=1)
    assert found["id"] == "2026-11-21T08:30:00.000Z"


def test_placeholders_of_tradingview_are_left_alone() -> None:
    assert alerts.fill_times(b"{{timenow}} {nowhere}", START) == b"{{timenow}} {nowhere}"


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("nonsense", "line 2"),
        ("[]", "one JSON object"),
        ('{"stream": 0, "body": "x"}', "'at' is missing"),
        ('{"at": -1, "body": "x"}', "at is a number"),
        ('{"at": "1", "body": "x"}', "at is a number"),
        ('{"at": 1, "stream": 3, "body": "x"}', "stream is one of 0 to 1"),
        ('{"at": 1}', "exactly one of"),
        ('{"at": 1, "body": "x", "body_base64": "eA=="}', "exactly one of"),
        ('{"at": 1, "body_base64": "***"}', "line 2"),
    ],
)
def test_a_wrong_line_is_told_with_its_number(line: str, complaint: str) -> None:
    with pytest.raises(CommandError, match="alerts file, line 2") as told:
        alerts.read(['{"at": 0, "body": "fine"}', line], streams=2)
    assert complaint in str(told.value)
