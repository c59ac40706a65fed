"""The committed page of metrics is what the code says."""

from pathlib import Path

from flows.metrics_page import metrics, metrics_page

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "metrics.md"


def test_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == metrics_page(), "run: make docs"


def test_every_metric_has_a_name_with_its_unit_and_a_sentence() -> None:
    found = metrics()
    assert len(found) > 50
    for name, kind, _, meaning in found:
        assert name.startswith("tradecast_"), name
        assert meaning.endswith("."), name
        assert name.endswith("_total") == (kind == "counter"), name
        assert kind != "histogram" or name.endswith("_seconds"), name


def test_no_label_is_one_that_prometheus_gives_to_what_it_asks() -> None:
    assert not {label for _, _, labels, _ in metrics() for label in labels} & {"instance", "job"}
