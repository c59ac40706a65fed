"""What a running system tells Prometheus: all of the reference, and it moves."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows.metrics_page import metrics
from tests.acceptance.running_system import EXAMPLE, rows, running, trade, tradecast, with_tables
from tests.servers import eventually

pytestmark = pytest.mark.timeout(180)
DOCS = EXAMPLE.parents[1]
TEXTS = [
    (DOCS / name).read_text(encoding="utf-8")
    for name in ("howto/operate.md", "alerts/tradecast.rules.yml")
]
# What operators are told to ask.
QUERIES = [
    re.sub(r"\s+", " ", query)
    for text in TEXTS
    for query in re.findall(r'tradecast sql "(.+?)"', text, re.DOTALL)
]
STEPS = {
    "tradecast_execute_step_seconds_count": {"claim", "send", "confirm"},
    "tradecast_archive_step_seconds_count": {"decode", "write", "flush"},
    "tradecast_trade_step_seconds_count": {
        *("events", "validate", "route", "size", "guard", "dispatch", "results"),
    },
}


class Scraper:
    """Asks as Prometheus does: first whom to ask, then each of them."""

    def __init__(self, base: str) -> None:
        self._base = base
        self.samples: list[tuple[str, dict[str, str], float]] = []
        self.names: set[str] = set()

    def targets(self) -> dict[str, str]:
        found: Any = json.loads(_get(f"{self._base}/targets"))
        return {group["labels"]["instance"]: group["targets"][0] for group in found}

    def scrape(self) -> Scraper:
        self.samples, self.names = [], set()
        for target in self.targets().values():
            for family in text_string_to_metric_families(_get(f"http://{target}/metrics")):
                kind = "_total" if family.type == "counter" else ""
                self.names.add(f"{family.name}{kind}")
                self.samples += [(s.name, s.labels, s.value) for s in family.samples]
        return self

    def value(self, name: str, **labels: str) -> float:
        """The sum of all samples that have these labels."""
        return sum(v for n, at, v in self.samples if n == name and labels.items() <= at.items())

    def words(self, name: str, label: str) -> set[str]:
        """What a label says where a metric is above zero."""
        return {at[label] for n, at, value in self.samples if n == name and value}


def test_operators_are_told_what_to_ask() -> None:
    assert len(QUERIES) >= 6


def _get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=10) as answer:
        text: str = answer.read().decode()
    return text


def test_prometheus_finds_everything_and_sees_it_move(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(with_tables(home)) as said:
        (base,) = re.findall(r"metrics +(http://\S+)/metrics", said)
        assert tradecast(home, "apply", str(EXAMPLE)).returncode == 0
        trade(home, "buy")
        scraper = Scraper(base)
        parts = {"up", "clickhouse", "trade-0", "archive-duckdb", "archive-clickhouse"}
        parts |= {"snapshots-0"}
        terminals = {"execute-alpha-1", "execute-alpha-2", "execute-beta-1"}
        eventually(lambda: set(scraper.targets()) == parts | terminals, what="targets")
        eventually(
            lambda: scraper.scrape().value("tradecast_up_config_version") == 1, 20, what="version"
        )
        assert {name for name, _, _, _ in metrics()} - scraper.names == set()
        for name, steps in STEPS.items():
            assert scraper.words(name, "step") >= steps, name
        for name in (
            *("tradecast_trade_orders_total", "tradecast_execute_orders_sent_total"),
            *("tradecast_execute_submit_seconds_count", "tradecast_execute_accounts"),
            *("tradecast_execute_journal_bytes", "tradecast_execute_redis_links_total"),
            *("tradecast_archive_rows_total", "tradecast_archive_spool_limit_bytes"),
            *("tradecast_up_home_free_bytes", "tradecast_up_redis_answers"),
        ):
            assert scraper.value(name) > 0, name
        leases = scraper.value("tradecast_execute_leases")
        assert leases == scraper.value("tradecast_execute_partitions") > 0
        quoted = scraper.value("tradecast_execute_newest_quote_timestamp_seconds")
        assert quoted > 3 * 1_700_000_000
        assert scraper.value("tradecast_up_restarts_total") == 0
        assert scraper.value("process_start_time_seconds") > 0
        for query in QUERIES:
            rows(home, query)
        _look_at_memory(home)
        _restart(home, scraper)
    said_at_exit = {out.name: out.read_text() for out in (home / "log").glob("*-*.out")}
    assert len(said_at_exit) == 7
    assert set(said_at_exit.values()) == {""}, "what is to be told stands in the logs"


def _look_at_memory(home: Path) -> None:
    """No process has loaded what takes 40 MB each and serves it for nothing."""
    facts = json.loads((home / "run" / "up.json").read_text())
    for part in facts["parts"]:
        loaded = Path(f"/proc/{part['pid']}/maps").read_text(encoding="utf-8")
        assert "pandas" not in loaded, part["name"]
        assert ("polars" in loaded) == part["name"].startswith(("trade", "archive")), part["name"]
        if part["name"].startswith("execute"):
            assert "pyarrow/_compute." not in loaded, "a fifth of a second within its first orders"


def _restart(home: Path, scraper: Scraper) -> None:
    """A part that is killed is counted, and is the same instance on another port."""
    before = scraper.targets()["trade-0"]
    facts = json.loads((home / "run" / "trade-0.json").read_text())
    os.kill(facts["pid"], signal.SIGKILL)

    def came_back() -> bool:
        # Each tells its own part: the shard that it is ready, and `up`, now and then, the rest.
        scraper.scrape()
        counted = scraper.value("tradecast_up_restarts_total", part="trade-0")
        return scraper.value("tradecast_trade_ready") == counted == 1

    eventually(lambda: scraper.targets()["trade-0"] != before, 30, what="another port")
    eventually(came_back, 30, what="the shard", poll=0.2)
    assert scraper.value("tradecast_up_running", part="trade-0") == 1
    started = scraper.value("tradecast_up_start_time_seconds", part="trade-0")
    assert started > scraper.value("tradecast_up_start_time_seconds", part="archive-duckdb")
