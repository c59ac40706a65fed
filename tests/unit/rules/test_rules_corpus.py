"""A fixed corpus of entries, nearly all of them bad: one outcome for each row, and the right one."""

from typing import Any

import pytest

from rules.validation import validate
from schema.codes import ReasonCode
from tests.fuzz.seeds import CORPUS, cases, data_of

MANIFEST = cases()
ENTRY_ID = "1763690400000-0"  # 2025-11-21T02:00:00Z


@pytest.mark.parametrize("case", MANIFEST, ids=[case["name"] for case in MANIFEST])
def test_the_corpus_has_the_outcomes_of_its_manifest(case: dict[str, Any]) -> None:
    entry = {case["field"].encode(): data_of(case)}
    found = validate([("signals:0", ENTRY_ID, entry)])
    outcomes = [(row, "NONE") for row in found.signals.entry_row.tolist()]
    outcomes += [
        (row, ReasonCode(code).name)
        for row, code in zip(
            found.rejections.entry_row.tolist(), found.rejections.reason.tolist(), strict=True
        )
    ]
    expected = case["expected"]
    rows = expected if isinstance(expected, list) else [expected]
    assert sorted(outcomes) == list(enumerate(rows))
    assert all(found.rejections.message.tolist())


def test_every_file_of_the_corpus_is_in_its_manifest() -> None:
    files = {file.name for file in CORPUS.iterdir()} - {"manifest.json"}
    assert files == {case["file"] for case in MANIFEST if "file" in case}


def test_the_corpus_has_every_reason_that_an_entry_alone_can_be_refused_for() -> None:
    """Those that are missing need an identity that came before, a strategy, or 65,537 rows."""
    beside = {"IDENTITY_REUSED", "UNKNOWN_STRATEGY", "STRATEGY_INACTIVE", "UNKNOWN_POSITION"}
    beside |= {"TWO_PAYLOADS", "TOO_MANY_ROWS"}
    codes = {code.name for code in ReasonCode if 0 < code < ReasonCode.NO_SUBSCRIBER}
    told: set[str] = set()
    for case in MANIFEST:
        told.update(case["expected"] if isinstance(case["expected"], list) else [case["expected"]])
    assert told - {"NONE"} == codes - beside


def test_a_byte_order_mark_is_named_as_such() -> None:
    found = validate([("signals:0", ENTRY_ID, {b"json": b"\xef\xbb\xbf{}"})])
    assert "begins with a byte order mark" in found.rejections.message[0]
