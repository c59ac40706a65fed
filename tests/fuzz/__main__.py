"""Fuzz for some minutes, and say what was found: `python -m tests.fuzz --minutes 10`."""

import argparse
import hashlib
import random
import sys
import time
import traceback
from pathlib import Path

from tests.fuzz.engine import Fuzzer
from tests.fuzz.seeds import corpus

FOUND = Path(__file__).parent / "found"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=time.time_ns())
    args = parser.parse_args()
    fuzzer = Fuzzer(corpus(), random.Random(args.seed))
    fuzzer.start()
    print(f"seed {args.seed}: {fuzzer.runs} seeds, {len(fuzzer.seen)} arcs", flush=True)
    problems, told = 0, time.monotonic()
    end = told + 60 * args.minutes
    while time.monotonic() < end:
        before = sys.getrecursionlimit()
        try:
            fuzzer.step()
        except Exception as error:
            problems += 1
            _keep(error)
        assert sys.getrecursionlimit() == before
        if time.monotonic() - told > 30:
            told = time.monotonic()
            _say(fuzzer, problems)
    _say(fuzzer, problems)
    return 1 if problems else 0


def _say(fuzzer: Fuzzer, problems: int) -> None:
    print(
        f"{fuzzer.runs} entries, {len(fuzzer.seen)} arcs, {len(fuzzer.kept)} kept,"
        f" {problems} problems",
        flush=True,
    )


def _keep(error: Exception) -> None:
    """Write down what went wrong, with the entry; it belongs in the corpus."""
    text = "".join(traceback.format_exception(error))
    FOUND.mkdir(exist_ok=True)
    file = FOUND / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.txt"
    file.write_text(text, encoding="utf-8", errors="backslashreplace")
    print(f"{type(error).__name__}: {str(error)[:200]}; see {file}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
