"""A process that trades until it is killed: it prints each answer once it has it.

Usage: python -m tests.integration.brokers.driver DIRECTORY
"""

import sys
from pathlib import Path

from brokers.simulated import units
from tests.integration.brokers.world import World


def main() -> None:
    world = World(Path(sys.argv[1]))
    bench = world.bench()
    while True:
        answers = bench.submit(*(bench.request(volume=units("0.01")) for _ in range(5)))
        for got in answers:
            sys.stdout.write(f"{got['order_id'].tobytes().hex()} {got['order_ticket']}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
