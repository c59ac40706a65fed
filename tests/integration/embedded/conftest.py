"""What the tests of the embedded servers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.embedded_http import ask

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.servers import ClickHouseServer


@pytest.fixture
def table(clickhouse: ClickHouseServer) -> Iterator[str]:
    """An empty table `h` of a number and a text."""
    assert ask(clickhouse, "DROP TABLE IF EXISTS h").status == 200
    ddl = "CREATE TABLE h (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
    assert ask(clickhouse, ddl).status == 200
    yield "h"
    ask(clickhouse, "DROP TABLE h")
