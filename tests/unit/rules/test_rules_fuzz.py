"""Some seconds of the fuzzer; `make fuzz MINUTES=10` goes on for longer, from other seeds."""

import random

from tests.fuzz.engine import Fuzzer
from tests.fuzz.seeds import corpus

ENTRIES = 4000


def test_the_fuzzer_finds_nothing() -> None:
    fuzzer = Fuzzer(corpus(), random.Random(7))
    fuzzer.start()
    known = len(fuzzer.seen)
    for _ in range(ENTRIES):
        fuzzer.step()
    assert known > 300, "the watched code was not watched"
