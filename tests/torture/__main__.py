"""`make torture`: rounds of torture until the time is over; the first bad one ends it."""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.torture.round import Round, run
from tests.torture.surroundings import faketime


def main() -> int:
    """Run rounds; print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=20.0)
    parser.add_argument("--seed", type=int, help="of the first round; the clock by default")
    parser.add_argument("--rounds", type=int, help="end after so many")
    parser.add_argument("--seconds", type=float, default=40.0, help="of alerts in a round")
    parser.add_argument("--signals", type=int, default=800)
    parser.add_argument("--accounts", type=int, default=40)
    parser.add_argument("--keep", action="store_true", help="keep what a bad round leaves")
    args = parser.parse_args()
    if not faketime():
        print("libfaketime is not installed: the clock of Valkey is not stepped", flush=True)
    seed = args.seed if args.seed is not None else int(time.time())
    end = time.monotonic() + 60 * args.minutes
    rounds = 0
    while time.monotonic() < end and (args.rounds is None or rounds < args.rounds):
        began = time.monotonic()
        directory = Path(tempfile.mkdtemp(prefix="tradecast-torture-"))
        try:
            done = run(
                seed,
                directory,
                seconds=args.seconds,
                signals=args.signals,
                accounts=args.accounts,
                keep=args.keep,
            )
            tell(done, time.monotonic() - began)
        finally:
            if not args.keep:
                shutil.rmtree(directory, ignore_errors=True)
        if done.problems:
            again = f"--seed {seed} --rounds 1 --seconds {args.seconds:g}"
            print(f"again: python -m tests.torture {again} --keep")
            return 1
        seed, rounds = seed + 1, rounds + 1
    print(f"{rounds} rounds: nothing lost, nothing doubled, books and stores agree")
    return 0


def tell(done: Round, seconds: float) -> None:
    """Print what a round came to."""
    plan, result = done.plan, done.result
    print(
        f"seed {plan.seed}: {plan.shards} shards, {len(plan.blows)} blows, faults struck:"
        f" {', '.join(done.struck) or 'none'}{'; ClickHouse down' if plan.clickhouse_down else ''};"
        f" {result.get('orders', 0):,} orders, {seconds:.0f} s,"
        f" {'good' if not done.problems else 'BAD'}",
        flush=True,
    )
    if done.problems:
        print("  blows: " + "; ".join(map(str, plan.blows)))
        print("  faults: " + plan.faults)
        for problem in done.problems[:40]:
            print(f"  {problem}")


if __name__ == "__main__":
    sys.exit(main())
