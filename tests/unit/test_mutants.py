"""The list of mutants is about the code as it is, and has each law."""

import pytest

from tests.mutants.mutants import ROOT, Mutant, read


@pytest.mark.parametrize("mutant", read(), ids=lambda mutant: mutant.name)
def test_a_mutant_can_be_made(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text(encoding="utf-8")
    assert mutant.applied(text) != text
    assert all((ROOT / path).exists() for path in mutant.tests)


def test_each_law_has_one() -> None:
    assert {mutant.law for mutant in read()} == {*range(1, 8), "audit", "isolation"}
