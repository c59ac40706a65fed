"""Pages that people read: the generated ones are current, and examples are what they say."""

import json
import re
from pathlib import Path

import pytest

from flows.audit_page import audit_page
from flows.commands.registry import MODULES
from rules.validation import validate
from schema.codes import ReasonCode

DOCS = Path(__file__).parents[3] / "docs"
PUBLISH = (DOCS / "howto" / "publish.md").read_text(encoding="utf-8")
# What TradingView puts in the place of its placeholders.
FILLED = {
    "ticker": "EURUSD",
    "timenow": "2026-11-21T09:30:00Z",
    "strategy.order.contracts": "1000",
    "strategy.position_size": "1000",
    "strategy.prev_market_position": "flat",
    "strategy.prev_market_position_size": "0",
    "strategy.order.id": "Long",
    "strategy.order.price": "1.0845",
}
EXAMPLES = re.findall(r"```json\n(.+?)\n```", PUBLISH, re.DOTALL)


def test_the_audit_page_is_current() -> None:
    page = (DOCS / "reference" / "audit.md").read_text(encoding="utf-8")
    assert page == audit_page(), "run: make docs"


def test_the_readme_names_the_commands_in_the_order_of_the_help() -> None:
    page = (DOCS.parent / "README.md").read_text(encoding="utf-8")
    named = re.search(r"lists the commands: (.+?)\.\n", page, re.DOTALL)
    assert named is not None
    # `run` is what `up` starts.
    verbs = [module.NAME for module in MODULES if module.NAME != "run"]
    assert re.findall(r"`(\w+)`", named[1]) == verbs


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_is_a_good_signal(text: str) -> None:
    body = re.sub(r"\{\{(.+?)\}\}", lambda found: FILLED[found[1]], text)
    assert isinstance(json.loads(body), dict)
    done = validate([("signals:0", "1795253401000-0", {b"json": body.encode()})])
    assert [ReasonCode(int(code)).name for code in done.rejections.reason] == []
    assert len(done.signals) == 1


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md"), key=str))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), f"{page.name}: {target}"
