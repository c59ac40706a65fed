"""The alert rules speak of metrics that there are, and tell what to do."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from flows.metrics_page import metrics

ALERTS = Path(__file__).parents[3] / "docs" / "alerts"
RULES = (ALERTS / "tradecast.rules.yml").read_text(encoding="utf-8")
OPERATE = (ALERTS.parent / "howto" / "operate.md").read_text(encoding="utf-8")
EACH = dict(re.findall(r"- alert: (\w+)\n(.+?)(?=\n +- alert|\Z)", RULES, re.DOTALL))


def test_every_metric_of_a_rule_exists() -> None:
    known = {name: set(labels) for name, _, labels, _ in metrics()}
    named = set(re.findall(r"tradecast_[a-z_]+", RULES)) - {"tradecast_test"}
    assert named - known.keys() == set()
    assert len(named) > 15


def test_labels_of_the_texts_are_those_of_a_metric_or_of_prometheus() -> None:
    known = {label for _, _, labels, _ in metrics() for label in labels} | {"instance"}
    assert set(re.findall(r"\$labels\.(\w+)", RULES)) <= known


@pytest.mark.parametrize("name", EACH)
def test_a_rule_is_complete_and_explained(name: str) -> None:
    text = EACH[name]
    for part in (" expr: ", " for: ", " summary: ", " description: "):
        assert part in text, part
    assert re.search(r"severity: (page|ticket)\b", text)
    assert f"`{name}`" in OPERATE


def test_there_are_rules() -> None:
    assert len(EACH) >= 12


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
@pytest.mark.parametrize("what", [("check", "rules.yml"), ("test", "test.yml")])
def test_promtool_accepts_them(what: tuple[str, str]) -> None:
    verb, file = what
    command = ["promtool", verb, "rules", str(ALERTS / f"tradecast.{file}")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
