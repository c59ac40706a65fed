"""Compressed inserts of several members, and of very few bytes."""

from __future__ import annotations

import gzip
import zlib
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import lz4.frame
import pytest
import zstandard

from tests.embedded_http import BASIC, ask
from tests.servers import ClickHouseServer

if TYPE_CHECKING:
    from collections.abc import Callable

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": partial(gzip.compress, compresslevel=1),
    "deflate": zlib.compress,
    "lz4": lz4.frame.compress,
    "zstd": zstandard.compress,
}
ROWS = b"".join(b"%d\trow\n" % n for n in range(20_000))


def rows_of(server: ClickHouseServer, table: str) -> bytes:
    return ask(server, f"SELECT count() FROM {table}").body


@pytest.mark.parametrize("encoding", PACKERS)
def test_rows_of_all_members_are_stored(
    clickhouse: ClickHouseServer, table: str, encoding: str
) -> None:
    pack = PACKERS[encoding]
    for members in ([b"1\tone\n2\ttwo\n", b"3\tthree\n"], [ROWS, ROWS, ROWS]):
        ask(clickhouse, f"TRUNCATE TABLE {table}")
        answer = ask(
            clickhouse,
            b"".join(map(pack, members)),
            query=f"INSERT INTO {table} FORMAT TSV",
            headers={**BASIC, "Content-Encoding": encoding},
        )
        assert answer.status == 200, answer.body
        assert int(rows_of(clickhouse, table)) == b"".join(members).count(b"\n")


@pytest.mark.parametrize("encoding", PACKERS)
@pytest.mark.parametrize("junk", [b"garbage", b"4\tfour\n"])
def test_nothing_is_stored_of_a_body_with_junk_at_its_end(
    clickhouse: ClickHouseServer, table: str, encoding: str, junk: bytes
) -> None:
    answer = ask(
        clickhouse,
        PACKERS[encoding](ROWS) + junk,
        query=f"INSERT INTO {table} FORMAT TSV",
        headers={**BASIC, "Content-Encoding": encoding},
    )
    assert (answer.status, answer.code) == (400, "271"), answer.body
    assert rows_of(clickhouse, table) == b"0\n"


@pytest.mark.parametrize("encoding", ["gzip", "lz4", "zstd"])
def test_few_bytes_that_become_many_take_little_memory(tmp_path: Path, encoding: str) -> None:
    packed = PACKERS[encoding]((b"0" * 63 + b"\n") * (3 << 20))
    with ClickHouseServer(tmp_path / "few") as server:
        ask(server, "CREATE TABLE n (n UInt8) ENGINE = Null")
        before = peak(server)
        answer = ask(
            server,
            packed,
            query="INSERT INTO n FORMAT TSV",
            headers={**BASIC, "Content-Encoding": encoding},
        )
        assert answer.status == 200, answer.body
        assert peak(server) - before < 120 << 20


def peak(server: ClickHouseServer) -> int:
    """Most bytes of memory that the endpoint's process had so far."""
    lines = Path(f"/proc/{server.pid}/status").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("VmHWM")]
    return int(line.split()[1]) << 10
