"""Files of prices: each format, each thing that may be wrong with one."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rules.errors import Rejected
from sources.price_files import read_prices

DATA = Path(__file__).parents[4] / "shared" / "data"
HEADER = "timestamp,bid,ask\n"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"the sample data is not in {DATA}")


def micros(*when: int) -> int:
    return int(datetime(*when, tzinfo=UTC).timestamp()) * 1_000_000  # type: ignore[misc,arg-type]


def written(path: Path, text: str, encoding: str = "utf-8") -> list[Path]:
    path.write_text(text, encoding=encoding)
    return [path]


@needs_data
def test_histdata_is_in_new_york_time() -> None:
    table = read_prices([DATA / "eurusd-ticks-2020-01-01.csv"])
    assert table.started_at == micros(2020, 1, 1, 22, 0, 0) + 65_000
    assert (len(table), table.bid[0], table.ask[0]) == (9500, 1.1212, 1.12172)
    assert table.offset[1] == 10_382_000


@needs_data
def test_iso_ticks() -> None:
    table = read_prices([DATA / "usdjpy-ticks-2013-01-01.csv"])
    assert (len(table), table.bid[1], table.ask[1]) == (1000, 86.657, 86.728)
    assert table.started_at == micros(2013, 1, 1, 22, 0, 0) + 295_000


@needs_data
@pytest.mark.parametrize("swapped", [False, True])
def test_two_files_of_bars(swapped: bool) -> None:
    files = [DATA / "usdjpy-m1-bid-2013.csv", DATA / "usdjpy-m1-ask-2013.csv"]
    table = read_prices(files[::-1] if swapped else files)
    assert table.started_at == micros(2013, 2, 1)
    assert table.bid[:4].tolist() == [91.715, 91.715, 91.653, 91.653]
    assert table.ask[4:8].tolist() == [91.655, 91.654, 91.707, 91.666]  # high raised to the bid's
    assert np.all(table.ask >= table.bid)
    assert np.all(np.diff(table.offset) > 0)


@needs_data
def test_one_file_of_bars_gets_a_spread() -> None:
    low = read_prices([DATA / "usdjpy-m1-bid-2013.csv"])
    high = read_prices([DATA / "usdjpy-m1-ask-2013.csv"])
    assert (low.bid[0], low.ask[0]) == (91.715, 91.724)
    assert (high.bid[0], high.ask[0]) == (91.708, 91.717)


def test_mt5_exports(tmp_path: Path) -> None:
    ticks = (
        "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"
        "2024.01.02\t00:00:00.123\t1.10\t1.11\t\t\t6\n"
        "2024.01.02\t00:00:00.223\t\t1.12\t\t\t4\n"
    )
    table = read_prices(written(tmp_path / "t.csv", ticks, "utf-16"))
    assert table.started_at == micros(2024, 1, 2) + 123_000
    assert (table.bid.tolist(), table.ask.tolist()) == ([1.1, 1.1], [1.11, 1.12])
    bars = (
        "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>\n"
        "2024.01.02\t00:00:00\t1.10000\t1.20000\t1.00000\t1.15000\t9\t0\t3\n"
    )
    table = read_prices(written(tmp_path / "b.csv", bars))
    assert table.bid.tolist() == [1.1, 1.0, 1.2, 1.15]
    assert table.ask[0] == 1.10011


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC"])
def test_parquet(tmp_path: Path, unit: str, zone: str | None) -> None:
    at = pa.array([micros(2024, 1, 2), micros(2024, 1, 2, 0, 0, 5)], pa.timestamp("us", zone))
    at = at.cast(pa.timestamp(unit, zone))
    table = pa.table({"Timestamp": at, "bid": [1.0, 2.0], "ask": [1.5, 2.5]})
    pq.write_table(table, tmp_path / "p.parquet")
    prices = read_prices([tmp_path / "p.parquet"])
    assert (prices.started_at, prices.offset.tolist()) == (micros(2024, 1, 2), [0, 5_000_000])
    assert (prices.bid.tolist(), prices.ask.tolist()) == ([1, 2], [1.5, 2.5])


def test_unix_times_and_other_separators(tmp_path: Path) -> None:
    table = read_prices(
        written(tmp_path / "a.csv", "time;ask;bid\n1704153600;2;1\n1704153601.5;3;2")
    )
    assert (table.started_at, table.offset.tolist()) == (micros(2024, 1, 2), [0, 1_500_000])
    assert table.bid.tolist() == [1, 2]
    table = read_prices(written(tmp_path / "b.csv", "time,bid,ask\n1704153600250,1,2\n"))
    assert table.started_at == micros(2024, 1, 2) + 250_000


def test_a_few_wrong_rows_are_left_out(tmp_path: Path) -> None:
    rows = [f"2024-01-02 00:{i // 60:02}:{i % 60:02},1.1,1.2" for i in range(600)]
    rows[10] = "2024-01-02 00:00:10,1.3,1.2"  # crossed
    rows[20] = "2024-01-02 00:00:01,1.1,1.2"  # back in time
    rows[30] = "2024-01-02 00:00:30,nan,1.25"  # bid unchanged
    table = read_prices(written(tmp_path / "a.csv", HEADER + "\n".join(rows)))
    assert len(table) == 598
    assert np.all(np.diff(table.offset) > 0)
    assert (table.bid[28], table.ask[28]) == (1.1, 1.25)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        (HEADER, "holds no prices"),
        ("a,b,c\n1,2,3\n", "line 1: no known format: .* found 'a,b,c'"),
        (HEADER + "yesterday,1,2\n", "line 2: no time: 'yesterday,1,2'"),
        (HEADER + "2024-01-02,1,2\n\n2024-01-02,x,2\n", "line 4: no price: 'x'"),
        (HEADER + "2024-01-02,1\n", "line 2: 2 columns, expected 3"),
        (HEADER + "2024-01-02,0,1\n", "line 2: a price must be above 0 and finite, found 0"),
        (HEADER + "2024-01-02,inf,1\n", "line 2: a price must be above 0 and finite, found inf"),
        (HEADER + "2024-01-02,2,1\n" * 2, "line 2: bid 2, ask 1; 2 of 2 rows are wrong"),
        (HEADER + "2024-01-02,nan,nan\n", "holds no prices"),
        (
            HEADER + "2024-01-03,1,2\n2024-01-02,1,2\n2024-01-01,1,2\n",
            "line 3: a time before the row above; 2 of 3 rows are wrong",
        ),
        (
            "timestamp,open,high,low,close\n2024-01-02,1,0.5,1,1\n2024-01-03,1,0.5,1,1\n",
            r"line 2: no sound bar.*2 of 2 bars are wrong",
        ),
    ],
)
def test_wrong_files_are_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    files = written(tmp_path / "wrong.csv", text)
    with pytest.raises(Rejected, match=rf"wrong\.csv.*{complaint}") as refused:
        read_prices(files)
    assert "\n" not in str(refused.value)


def test_wrong_kinds_of_files(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="No such file"):
        read_prices([tmp_path / "none.csv"])
    (tmp_path / "x.csv").write_bytes(HEADER.encode() + b"\xff\x00")
    with pytest.raises(Rejected, match="line 2: not a text of prices"):
        read_prices([tmp_path / "x.csv"])
    (tmp_path / "x.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(Rejected, match="not a readable Parquet file"):
        read_prices([tmp_path / "x.parquet"])
    pq.write_table(pa.table({"bid": [1.0]}), tmp_path / "y.parquet")
    with pytest.raises(Rejected, match="expected columns timestamp"):
        read_prices([tmp_path / "y.parquet"])
    ticks = written(tmp_path / "t.csv", HEADER + "2024-01-02,1,2\n")
    with pytest.raises(Rejected, match="has bid and ask already"):
        read_prices([*ticks, *ticks])
    with pytest.raises(Rejected, match="got 3"):
        read_prices([*ticks, *ticks, *ticks])
