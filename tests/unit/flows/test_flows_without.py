"""A process does without modules that others load where they are installed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ASK = """
import sys
from flows.without import Without
Without("pandas").install()
import pyarrow as pa
pa.array([1, 2]), pa.chunked_array([[1], [2]]).combine_chunks()  # where it would load pandas
import clickhouse_connect, colorsys, duckdb, polars as pl
duckdb.sql("SELECT 1 AS n").arrow()
assert pl.DataFrame({"n": [1]}).to_arrow().num_rows == 1
try:
    import pandas
except ModuleNotFoundError as error:
    print(error.name, "pandas" in sys.modules)
"""


THREADS = """
from flows.__main__ import entry_point
entry_point()
import numpy
from pathlib import Path
print(len(list(Path("/proc/self/task").iterdir())))
"""

GARBAGE = """
import gc
from flows.__main__ import entry_point
made = gc.get_stats()[0]["collections"]
entry_point()
import flows.trade
print(gc.get_stats()[0]["collections"] - made)
"""


def _said(*command: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout, done.stderr


def test_what_is_done_without_looks_as_if_it_were_not_installed() -> None:
    assert _said("-c", ASK) == ("pandas False\n", "")


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="Linux tells of threads here")
def test_a_command_has_no_threads_for_matrices() -> None:
    said, errors = _said("-c", THREADS, "--version")
    assert (said.splitlines()[-1], errors) == ("1", "")


def test_a_start_hardly_looks_for_garbage() -> None:
    said, errors = _said("-c", GARBAGE, "--version")
    assert not errors
    assert int(said.splitlines()[-1]) < 20, "of what it makes nothing is garbage"
