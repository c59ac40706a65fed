"""The fuzzer: entries that take a new step through the code are kept, and changed further."""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.fuzz.arcs import Arc, Arcs
from tests.fuzz.mutations import mutate
from tests.fuzz.oracle import Entry, outcome

# Lines of watched code per byte, and for any entry: what is linear stays far below.
STEPS_PER_BYTE, STEPS = 12, 5000
SECONDS = 2.0  # of the processor, for one entry of at most 100 kB under tracing


class Slow(AssertionError):
    """An entry took more than its size explains."""


@dataclass
class Fuzzer:
    """Coverage-guided search from seeds, the same for the same random seed and count."""

    seeds: Sequence[tuple[bytes, bytes]]  # field and data
    rng: random.Random
    kept: list[tuple[bytes, bytes]] = field(default_factory=list)
    seen: set[Arc] = field(default_factory=set)
    runs: int = 0
    arcs: Arcs = field(default_factory=Arcs)

    def start(self) -> None:
        """Run the seeds."""
        for name, data in self.seeds:
            self.run(name, data)

    def step(self) -> None:
        """Change one entry that was kept, and run it."""
        name, data = self.rng.choice(self.kept)
        _, other = self.rng.choice(self.kept)
        self.run(name, mutate(self.rng, data, other))

    def run(self, name: bytes, data: bytes) -> None:
        """Run one entry; keep it if it did something new.

        Raises:
            Exception: Of the entry, with it in a note.
        """
        entry: Entry = {name: data}
        self.runs += 1
        before = time.process_time()
        try:
            found = self.arcs.of(lambda: outcome(entry))
            if self.arcs.steps > STEPS + STEPS_PER_BYTE * len(data):
                raise Slow(f"{self.arcs.steps} steps for {len(data)} bytes")
            if time.process_time() - before > SECONDS:
                raise Slow(f"{time.process_time() - before:.1f} s for {len(data)} bytes")
        except Exception as error:
            error.add_note(f"entry: {name!r}: {data!r}")
            raise
        if not found <= self.seen:
            self.seen |= found
            self.kept.append((name, data))
