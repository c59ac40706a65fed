"""Every return code has a meaning, and no doubtful one says "surely not executed"."""

import pytest

from brokers.retcodes import UNKNOWN, VERDICTS, Retcode, verdict
from schema.broker import AnswerClass
from schema.codes import ReasonCode
from schema.enums import LegKind, Outcome


def test_each_code_has_a_verdict() -> None:
    assert set(VERDICTS) == set(Retcode)


@pytest.mark.parametrize("code", Retcode)
def test_outcome_fits_the_class(code: Retcode) -> None:
    outcomes = {
        AnswerClass.DONE: {Outcome.NONE, Outcome.DONE, Outcome.FILLED, Outcome.PARTIALLY_FILLED},
        AnswerClass.AMBIGUOUS: {Outcome.UNRESOLVED},
    }
    for kind in LegKind:
        got = verdict(code, kind)
        assert got.outcome in outcomes.get(got.answer, {Outcome.REFUSED})


@pytest.mark.parametrize("code", [10012, 10031, 10011, -10005, -10002, -1, 0, 4711, -99])
def test_doubtful_codes_are_ambiguous(code: int) -> None:
    assert verdict(code, LegKind.OPEN).answer is AnswerClass.AMBIGUOUS


@pytest.mark.parametrize(
    ("code", "kind", "outcome"),
    [
        (10009, LegKind.OPEN, Outcome.FILLED),
        (10009, LegKind.MODIFY, Outcome.DONE),
        (10008, LegKind.OPEN, Outcome.NONE),
        (10010, LegKind.OPEN, Outcome.PARTIALLY_FILLED),
        (10025, LegKind.MODIFY, Outcome.DONE),
        (10036, LegKind.CLOSE, Outcome.DONE),
        (10036, LegKind.MODIFY, Outcome.REFUSED),
    ],
)
def test_outcome_depends_on_the_leg(code: int, kind: LegKind, outcome: Outcome) -> None:
    assert verdict(code, kind).outcome is outcome


def test_unknown_code_is_to_be_looked_after() -> None:
    assert UNKNOWN.reason is ReasonCode.BROKER_OTHER
    assert UNKNOWN.outcome is Outcome.UNRESOLVED
