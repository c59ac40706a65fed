"""One way of writing rows: the same rows in every format."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import pyarrow as pa
import pytest

from flows import output
from flows.errors import CommandError, Exit, explain

ID = UUID("6f0e4b52-97a3-5d0c-8a61-3c1f5e2d7b90")
BATCH = pa.record_batch(
    {
        "id": pa.array([ID.bytes, None], pa.binary(16)),
        "price": pa.array([Decimal("1.08500000"), None], pa.decimal128(18, 8)),
        "at": pa.array(
            [datetime(2026, 11, 21, 8, 30, tzinfo=UTC), None], pa.timestamp("us", "UTC")
        ),
        "text": ["tab\there", "line\nbreak, and comma"],
    }
)


def test_plain_keeps_one_line_for_a_row(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_batches(BATCH.schema, [BATCH], "plain")
    assert capsys.readouterr().out.splitlines() == [
        "id\tprice\tat\ttext",
        f"{ID}\t1.08500000\t2026-11-21 08:30:00+00:00\ttab\\there",
        "\t\t\tline\\nbreak, and comma",
    ]


def test_csv_reads_back(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_batches(BATCH.schema, [BATCH], "csv")
    rows = list(csv.reader(io.StringIO(capsys.readouterr().out)))
    assert rows[0] == ["id", "price", "at", "text"]
    assert rows[1][0] == str(ID)
    assert rows[2] == ["", "", "", "line\nbreak, and comma"]


@pytest.mark.parametrize("batches", [[BATCH], [], [BATCH, BATCH]])
def test_json_is_one_value(
    batches: list[pa.RecordBatch], capsys: pytest.CaptureFixture[str]
) -> None:
    output.write_batches(BATCH.schema, batches, "json")
    found = json.loads(capsys.readouterr().out)
    assert len(found) == 2 * len(batches)
    if found:
        assert found[0]["id"] == str(ID)
        assert found[0]["price"] == 1.085
        assert found[1]["price"] is None


def test_arrow_reads_back(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    output.write_batches(BATCH.schema, [BATCH], "arrow")
    table = pa.ipc.open_stream(capfdbinary.readouterr().out).read_all()
    assert table.equals(pa.Table.from_batches([BATCH]))


def test_a_table_shows_every_value(capsys: pytest.CaptureFixture[str]) -> None:
    output.write_rows(("name", "count"), [("[bold]", 1), ("b", None)], "table", title="things")
    told = capsys.readouterr().out
    assert "[bold]" in told  # a value is no markup
    assert "things" in told


@pytest.mark.parametrize("form", ["plain", "csv", "json", "arrow"])
def test_rows_of_mixed_values_have_every_format(
    form: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    output.write_rows(("a",), [(1,), ("x",), (None,)], form)
    assert capfdbinary.readouterr().out


def test_elsewhere_than_on_a_terminal_output_is_plain() -> None:
    assert output.chosen(None, io.StringIO()) == "plain"
    assert output.chosen("csv", io.StringIO()) == "csv"


def test_an_unforeseen_error_is_internal_and_one_line() -> None:
    line, code, foreseen = explain(ValueError("two\nlines"))
    assert (line, code, foreseen) == ("internal error: ValueError: two lines", Exit.INTERNAL, False)
    assert explain(CommandError("no", Exit.BUSY)) == ("no", Exit.BUSY, True)


@pytest.mark.parametrize("wanted", ["table", "plain", "csv"])
def test_a_day_is_shown_as_one(wanted: str, capsys: pytest.CaptureFixture[str]) -> None:
    batch = pa.record_batch({"date": pa.array([date(2026, 11, 21)])})
    output.write_batches(batch.schema, [batch], wanted)
    assert "2026-11-21" in capsys.readouterr().out
