"""A process does without modules that others load where they are installed."""

from __future__ import annotations

import subprocess
import sys

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


def test_what_is_done_without_looks_as_if_it_were_not_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASK], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.stdout, done.stderr) == ("pandas False\n", "")
