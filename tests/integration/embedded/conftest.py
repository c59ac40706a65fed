"""What the tests of the embedded servers share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pytest

from schema import clickhouse as store
from schema.registry import TABLES
from tests.embedded_http import ask
from tests.servers import ClickHouseServer
from tests.two_users import ANN, BOB, rows

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD_DICTIONARY = """CREATE DICTIONARY _ UUID '6f2b1d2e-5d0c-4a57-9d5a-8f2f5b7f4a11'
(`account_id` UUID, `user_id` UUID) PRIMARY KEY account_id
SOURCE(CLICKHOUSE(TABLE 'accounts' DB 'default'))
LIFETIME(MIN 0 MAX 0) LAYOUT(COMPLEX_KEY_HASHED())
"""


@pytest.fixture
def table(clickhouse: ClickHouseServer) -> Iterator[str]:
    """An empty table `h` of a number and a text."""
    assert ask(clickhouse, "DROP TABLE IF EXISTS h").status == 200
    ddl = "CREATE TABLE h (n UInt64, s String) ENGINE = MergeTree ORDER BY n"
    assert ask(clickhouse, ddl).status == 200
    yield "h"
    ask(clickhouse, "DROP TABLE h")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """All tables, with a row of Ann's and one of Bob's in each, written in two versions."""
    directory = tmp_path_factory.mktemp("readers")
    with ClickHouseServer(directory, migrated=True) as server:
        ask(server, "CREATE DATABASE other")
        uuid = ask(server, "SELECT uuid FROM system.databases WHERE name = 'other'").body.decode()
    # No dictionary can be made any more, but an older home may have one.
    definitions = directory / "data" / "store" / uuid[:3] / uuid.strip()
    definitions.mkdir(parents=True, exist_ok=True)
    (definitions / "owners.sql").write_text(OLD_DICTIONARY)
    with ClickHouseServer(directory) as server:
        assert ask(server, "SELECT count() FROM system.dictionaries").body == b"1\n"
        with server.client() as client:
            for each in TABLES.values():
                if "clickhouse" in each.stores and each.kind != "system":
                    both = pa.concat_tables([rows(each, ANN), rows(each, BOB)])
                    for _ in range(2):
                        client.insert_arrow(store.target(each), both)
            client.command("CREATE VIEW other.all_orders AS SELECT * FROM default.orders")
            client.command("CREATE TABLE other.copy ENGINE = Memory AS SELECT * FROM orders")
            client.command(
                "CREATE TABLE other.joined (account_id UUID, symbol String)"
                " ENGINE = Join(ANY, LEFT, account_id)"
            )
            client.command("INSERT INTO other.joined SELECT account_id, symbol FROM orders")
            client.command("CREATE VIEW default.everything AS SELECT * FROM orders")
        yield server
