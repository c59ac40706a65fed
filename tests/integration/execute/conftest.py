"""What the tests of the executor share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from tests.integration.execute.bench import Bench
from tests.integration.execute.books import Books


@pytest.fixture
def bench(redis_client: redis.Redis, tmp_path: Path) -> Iterator[Bench]:
    """An executor with an empty journal."""
    bench = Bench(redis_client, tmp_path)
    yield bench
    bench.journal.close()


@pytest.fixture
def books(bench: Bench) -> Books:
    """Its terminal, with books that the test writes."""
    terminal = Books()
    bench.terminal = bench.executor.terminal = terminal
    return terminal
