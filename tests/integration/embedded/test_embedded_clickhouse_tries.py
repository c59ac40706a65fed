"""Who reads ClickHouse for one user cannot get round it, whatever they write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from schema.clickhouse_access import USER_SETTING
from tests.embedded_http import ask
from tests.integration.embedded.readers import read, shows
from tests.two_users import ANN, BOB, MARKS

if TYPE_CHECKING:
    from tests.servers import ClickHouseServer

REFUSED = {
    "36",
    "115",
    "47",
    "48",
    "60",
    "62",
    "81",
    "164",
    "344",
    "358",
    "452",
    "497",
    "516",
    "636",
}
# Each must show Ann nothing of Bob's: it is refused, or filtered.
TRIES = [
    "SELECT * FROM merge('default', 'orders')",
    "SELECT * FROM merge('default', '.*versions')",
    "SELECT * FROM merge(REGEXP('.*'), 'orders')",
    "SELECT * FROM MERGE('default', 'orders')",
    'SELECT * FROM "merge"(\'default\', \'orders\')',
    "SELECT * FROM `me\\x72ge`('default', 'orders')",
    "SELECT * FROM me/**/rge('default', 'orders')",
    "SELECT * FROM loop('default', 'orders') LIMIT 5",
    "SELECT * FROM mergeTreeIndex('default', 'orders')",
    "SELECT * FROM mergeTreeProjection('default', 'orders', 'x')",
    "SELECT * FROM eval('SELECT * FROM orders')",
    "SELECT * FROM dictionary('other.owners')",
    "SELECT * FROM other.owners",
    "SELECT dictGet('other.owners', 'user_id', tuple(toUUID('{bob}')))",
    "SELECT dictHas('other.owners', tuple(toUUID('{bob}')))",
    "SELECT * FROM other.all_orders",
    "SELECT * FROM other.copy",
    "SELECT * FROM everything",
    "SELECT * FROM default.orders",
    "SELECT * FROM `default`.`orders`",
    'SELECT * FROM "default"."orders" AS o FINAL',
    "SELECT * FROM orders FINAL",
    "SELECT * FROM orders AS trade_signal",
    "SELECT * FROM/* '*/orders--'\n",
    "WITH orders AS (SELECT * FROM trade_signal) SELECT * FROM orders",
    "WITH accounts AS (SELECT toUUID('{bob}') AS account_id, toUUID('{ann}') AS user_id) SELECT o.* FROM orders o JOIN accounts USING (account_id)",
    "WITH reader_accounts AS (SELECT toUUID('{bob}') AS account_id) SELECT * FROM orders",
    "WITH RECURSIVE r AS (SELECT account_id FROM orders UNION ALL SELECT account_id FROM r WHERE false) SELECT * FROM r",
    "SELECT * FROM orders o RIGHT JOIN deals d ON o.account_id = d.account_id",
    "SELECT * FROM orders o FULL JOIN accounts a ON 1 = 1",
    "SELECT * FROM orders, accounts_versions",
    "SELECT * FROM brokers WHERE broker_id IN (SELECT broker_id FROM orders WHERE account_id = toUUID('{bob}'))",
    "SELECT * FROM orders WHERE account_id GLOBAL IN (SELECT toUUID('{bob}'))",
    "SELECT (SELECT groupArray(account_id) FROM orders)",
    "SELECT * FROM view(SELECT * FROM orders)",
    "SELECT * FROM viewIfPermitted(SELECT * FROM trade_signal ELSE null('x UInt8'))",
    "SELECT * FROM orders WHERE throwIf(account_id = toUUID('{bob}'), 'there he is: bob') = 0",
    "SELECT * FROM orders PREWHERE throwIf(account_id = toUUID('{bob}'), 'there he is: bob') = 0",
    "SELECT min(account_id), max(account_id), uniq(account_id) FROM orders",
    "SELECT * FROM orders ORDER BY symbol LIMIT 1 WITH TIES",
    "SELECT * FROM orders SETTINGS final = 0",
    "SELECT * FROM orders SETTINGS log_comment = '{bob}|{bob}|'",
    "SELECT * FROM orders SETTINGS additional_table_filters = {{}}",
    "SELECT * FROM orders SETTINGS readonly = 0",
    "SELECT * FROM (SELECT * FROM orders SETTINGS log_comment = '{bob}|{bob}|')",
    "SELECT * FROM orders SETTINGS SQL_tradecast_user = '{bob}'",
    "SET log_comment = '{bob}|{bob}|'",
    "SET ROLE tradecast_service",
    "SET ROLE ALL",
    "SET DEFAULT ROLE tradecast_service TO default",
    "SET readonly = 0",
    "EXECUTE AS default SELECT * FROM orders",
    "USE other",
    "SELECT 1; SELECT * FROM other.copy",
    "SELECT * FROM orders; SET ROLE tradecast_service",
    "INSERT INTO other.copy SELECT * FROM orders",
    "INSERT INTO orders SELECT * FROM orders",
    "INSERT INTO FUNCTION null('x UUID') SELECT account_id FROM orders",
    "CREATE TABLE other.mine AS orders",
    "CREATE TABLE other.mine ENGINE = Memory AS SELECT * FROM orders",
    "CREATE VIEW other.mine SQL SECURITY NONE AS SELECT * FROM orders",
    "CREATE VIEW other.mine DEFINER = default SQL SECURITY DEFINER AS SELECT * FROM orders",
    "CREATE TEMPORARY TABLE mine AS SELECT * FROM orders",
    "CREATE FUNCTION mine AS x -> x",
    "ALTER TABLE orders DELETE WHERE 1",
    "ALTER TABLE orders UPDATE symbol = 'X' WHERE 1",
    "DELETE FROM orders WHERE 1",
    "DROP TABLE orders",
    "TRUNCATE TABLE orders",
    "OPTIMIZE TABLE orders FINAL",
    "RENAME TABLE orders TO mine",
    "GRANT tradecast_service TO default",
    "SHOW CREATE TABLE orders",
    "SHOW PROCESSLIST",
    "DESCRIBE TABLE trade_signal",
    "EXPLAIN ESTIMATE SELECT * FROM orders",
    "EXPLAIN SELECT * FROM merge('default', 'orders')",
    "SYSTEM FLUSH LOGS",
    "KILL QUERY WHERE 1",
    "BACKUP TABLE orders TO Null",
    "SELECT * FROM file('/etc/passwd', 'LineAsString')",
    "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'x String')",
    "SELECT * FROM remote('127.0.0.1', 'default', 'orders')",
    "SELECT * FROM cluster('default', 'default', 'orders')",
    "SELECT * FROM python(orders)",
    "SELECT * FROM executable('cat', 'TSV', 'x String', (SELECT * FROM orders))",
    "SELECT * FROM orders INTO OUTFILE 'orders.tsv'",
    "SELECT * FROM input('x String')",
    "SELECT joinGet('other.joined', 'symbol', toUUID('{bob}'))",
    "SELECT * FROM format(Values, 'x String', '((SELECT symbol FROM other.copy))')",
    "SELECT $a$ ' $a$, * FROM other.copy -- '",
    "SELECT \N{LEFT SINGLE QUOTATION MARK} ' \N{RIGHT SINGLE QUOTATION MARK}, * FROM other.copy -- '",
    "SELECT * FROM merge('default', 'orders') FORMAT ArrowStream",
    "SELECT 1 FORMAT TSV SETTINGS merge = 1",
    "SELECT * FROM arrowstream(orders)",
    "SELECT * FROM _files.orders",
    "SELECT * FROM `data/store`",
    "SELECT * FROM SYSTEM.parts",
    "SELECT * FROM system . processes",
    "SELECT * FROM `system`.errors",
    'SELECT * FROM "sys\\x74em".errors',
    "SELECT * FROM system/**/.settings WHERE changed",
    "SELECT * FROM INFORMATION_SCHEMA.tables",
    "SELECT * FROM merge('system', 'processes')",
]  # fmt: skip


@pytest.mark.parametrize("query", TRIES)
def test_it_cannot_be_got_round(archive: ClickHouseServer, query: str) -> None:
    said = query.replace("{ann}", str(ANN)).replace("{bob}", str(BOB)).replace("{{}}", "{}")
    answer = read(archive, ANN, said)
    quoted = any(mark in said.lower().encode() for mark in MARKS[BOB])
    if answer.status == 200:
        # What Ann wrote herself may come back; rows of Bob's have more of him than that.
        assert not shows(answer, BOB) or (quoted and b"bob" not in answer.body.lower())
    else:
        assert answer.code in REFUSED, answer.body
        assert quoted or not shows(answer, BOB)
        assert b"DB::Exception: " in answer.body
    # Nothing was changed, and the next request is none of a reader's.
    assert ask(archive, "SELECT count(), currentRoles() FROM orders GROUP BY ALL").body == (
        b"2\t['tradecast_reader','tradecast_service']\n"
    )
    assert ask(archive, "EXISTS other.mine").body == b"0\n"


def test_only_refused_statements_reach_no_row(archive: ClickHouseServer) -> None:
    """Of the tries, those that name Bob's account as their own find none of his rows."""
    for query in (
        "SELECT count() FROM orders WHERE account_id = {who:UUID}",
        "SELECT count() FROM accounts_versions WHERE user_id = {who:UUID}",
        "WITH accounts AS (SELECT {who:UUID} AS account_id) SELECT count() FROM orders JOIN accounts USING account_id",
    ):
        assert read(archive, ANN, query, param_who=str(BOB)).body == b"0\n"
        assert read(archive, BOB, query, param_who=str(BOB)).body == b"1\n"


def test_no_table_of_the_engine_is_shown(archive: ClickHouseServer) -> None:
    found = ask(archive, "SELECT name FROM system.tables WHERE database = 'system'").body
    assert len(found.split()) > 50
    for name in found.decode().split():
        for query in (f"SELECT * FROM system.{name}", f"SELECT * FROM merge('system', '^{name}$')"):
            assert read(archive, ANN, query).code == "497"
        assert read(archive, ANN, f"SELECT * FROM {name}", database="system").code == "497"
        parameters = {"param_d": "system", "param_t": name}
        asked = "SELECT * FROM {d:Identifier}.{t:Identifier}"
        assert read(archive, ANN, asked, **parameters).code == "497"


def test_no_function_that_makes_a_table_shows_more(archive: ClickHouseServer) -> None:
    found = ask(archive, "SELECT name FROM system.table_functions").body.decode().split()
    assert len(found) > 50
    for name in found:
        for arguments in (
            "'default', 'orders'",
            "default, orders",
            "'other', 'copy'",
            "other.copy",
        ):
            answer = read(archive, ANN, f"SELECT * FROM {name}({arguments}) LIMIT 3")
            assert answer.status != 200 or not shows(answer, BOB)
            assert not shows(answer, BOB)


@pytest.mark.parametrize(
    "more",
    [
        {"log_comment": f"{BOB}|{BOB}|"},
        {"database": "other"},
        {"database": "system"},
        {"additional_table_filters": "{}"},
        {"role": "tradecast_service"},
        {"role": ""},
        {USER_SETTING: ""},
        {USER_SETTING: "*"},
        {USER_SETTING: f"{ANN}' OR 1"},
        {USER_SETTING: f"{ANN}|{BOB}"},
        {"dialect": "prql"},
        {"apply_row_policy_after_final": "0"},
        {"readonly": "0", "final": "0"},
    ],
)
def test_a_request_cannot_change_what_it_is(archive: ClickHouseServer, more: Any) -> None:
    answer = read(archive, ANN, "SELECT * FROM orders", **more)
    assert answer.status != 200
    assert b"Who reads for a user" in answer.body or answer.code in REFUSED
    assert b'"' not in answer.body


def test_tables_of_ones_own_are_refused(archive: ClickHouseServer) -> None:
    boundary = "x1"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="accounts"; filename="a"\r\n\r\n'
        f"{BOB}\r\n--{boundary}--\r\n"
    )
    from tests.embedded_http import BASIC  # noqa: PLC0415

    answer = read(
        archive,
        ANN,
        body,
        query="SELECT * FROM orders",
        accounts_structure="account_id UUID",
        headers=BASIC | {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert answer.code == "497"
    assert b"may not bring tables" in answer.body
