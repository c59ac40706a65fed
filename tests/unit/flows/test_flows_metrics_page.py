"""The committed page of metrics is what the code says."""

from pathlib import Path

from flows.metrics_page import metrics_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), "run: make docs"


def test_every_metric_has_a_meaning_and_its_labels() -> None:
    lines = [line for line in metrics_page().splitlines() if line.startswith("| `tradecast_")]
    assert len(lines) > 20
    for line in lines:
        _, name, _, labels, meaning, _ = line.split("|")
        assert labels.strip(), name
        assert meaning.strip(), name
