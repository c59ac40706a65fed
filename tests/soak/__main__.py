"""`python -m tests.soak`: the long form; prints each day, and fails where something grew."""

import argparse
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.soak.run import PLATEAU, Soak, settled

_SHOWN = (
    *("redis used", "redis identities", "redis keys", "resident", "shard orders"),
    *("executor outcomes", "journal bytes", "disk valkey", "milliseconds"),
)


def _say(*words: Any) -> None:
    sys.stdout.write(" ".join(map(str, words)) + "\n")
    sys.stdout.flush()


def main() -> int:
    """Run days until so many signals were sent; return 1 if anything went on growing."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--signals", type=int, default=10_000_000)
    parser.add_argument("--days", type=int, default=24)
    parser.add_argument("--accounts", type=int, default=250)
    parser.add_argument("--ticks", type=int, default=24)
    parser.add_argument(
        "--unfollowed", type=int, default=9, help="signals that nobody trades, for each traded one"
    )
    wanted = parser.parse_args()
    a_cycle = 2 * wanted.accounts * (1 + wanted.unfollowed)
    cycles = max(1, round(wanted.signals / (wanted.days * wanted.ticks * a_cycle)))
    began, days = time.perf_counter(), []
    with (
        tempfile.TemporaryDirectory(prefix="soak-") as directory,
        Soak(
            Path(directory),
            accounts=wanted.accounts,
            ticks=wanted.ticks,
            cycles=cycles,
            unfollowed=wanted.unfollowed,
        ) as soak,
    ):
        _say("day", "signals", *(name.replace(" ", "_") for name in _SHOWN))
        for number, sizes in enumerate(soak.days(wanted.days), 1):
            days.append(sizes)
            _say(number, soak.signals, *(sizes.get(name, 0) for name in _SHOWN))
        sent, traded = soak.signals, soak.orders
    _say(f"{sent} signals, {traded} orders, {time.perf_counter() - began:.0f} s")
    for name, size in sorted(days[-1].items()):
        _say(f"  {name:32} {size:>14,}")
    # A few ticks' signals wait for the slowest partition's mark.
    a_tick = cycles * a_cycle
    grown = settled(days, PLATEAU, 4 * wanted.accounts, 4 * a_tick)
    for name, (early, late) in grown.items():
        _say(f"GREW: {name} from {early:,} to {late:,}")
    return 1 if grown else 0


if __name__ == "__main__":
    sys.exit(main())
