"""What the steps of the execute flow tell of themselves, over a terminal that answers by script."""

import shutil
from pathlib import Path
from unittest import mock

import pytest
import redis

from sinks.claims import OldJournal
from sinks.journal import NAME
from tests.integration.execute.bench import NOW, Bench, order
from tests.integration.execute.steps import SECOND, Flow


@pytest.fixture
def flow(bench: Bench) -> Flow:
    return Flow(bench)


def test_an_order_moves_every_step(flow: Flow, bench: Bench) -> None:
    flow.turn(fresh=True)
    assert flow.metric("step_seconds_count", step="claim") == 0, "there was nothing to do"
    bench.decide(order(1))
    flow.turn(2)
    for step in ("claim", "send", "confirm"):
        assert flow.metric("step_seconds_count", step=step) == 1, step
    assert flow.metric("orders_sent_total") == flow.metric("submit_seconds_count") == 1
    assert flow.metric("decided_to_sent_seconds_sum") == 2
    assert flow.metric("results_total", outcome="filled", reason="NONE") == 1
    assert flow.metric("journal_bytes") == bench.journal.size > 0
    assert flow.metric("leases") == flow.metric("partitions") == 1
    assert flow.metric("newest_quote_timestamp_seconds") == NOW / SECOND
    assert flow.metric("redis_links_total") == 1
    assert flow.metric("retries_total") == 0


def test_what_is_asked_for_again_is_a_retry(flow: Flow, bench: Bench) -> None:
    bench.terminal.unreachable = 1
    bench.decide(order(1))
    flow.turn()
    assert flow.metric("orders_waiting") == 1
    flow.turn(2)
    assert flow.metric("orders_sent_total") == 2
    assert flow.metric("retries_total") == 1
    assert flow.metric("orders_waiting") == 0


def test_an_order_without_an_answer_is_unresolved_until_it_is_found(
    flow: Flow, bench: Bench
) -> None:
    bench.terminal.lose_answers = True
    bench.decide(order(1))
    flow.turn()
    assert flow.metric("orders_unresolved") == 1
    assert flow.metric("step_seconds_count", step="search") == 0
    flow.turn(2)
    assert flow.metric("step_seconds_count", step="search") == 1
    assert flow.metric("orders_unresolved") == 0


def test_a_turn_whose_link_broke_failed(flow: Flow, bench: Bench) -> None:
    bench.decide(order(1))
    lost = redis.ConnectionError("the reply is lost")
    with mock.patch.object(bench.executor.claims, "claim_all", side_effect=lost):
        flow.turn()
    assert flow.metric("failed_turns_total") == 1
    assert flow.metric("orders_sent_total") == 0


def test_a_journal_that_has_gone_back_is_counted(bench: Bench, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copy(tmp_path / NAME, copy)
    bench.decide(order(1))
    bench.work()
    bench.executor.lease()
    bench.journal.close()
    shutil.copy(copy, tmp_path / NAME)
    with pytest.raises(OldJournal):
        bench.start()
    flow = Flow(bench)
    flow.turn(fresh=True)
    assert flow.metric("journals_put_aside_total") == 1
    assert flow.desk.journal_is_old
