"""`tradecast kpi`: values from files, mistakes in them, and what KPIs mean."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from flows.__main__ import main
from flows.kpi_page import kpis_page
from rules.kpi.compute import compute
from rules.kpi.inputs import inputs
from rules.kpi.kpi import Window
from rules.kpi.registry import BY_ID, KPIS
from tests.kpi_cases.case import daily, trades, weekdays

_PAGE = Path(__file__).parents[3] / "docs" / "reference" / "kpis.md"
_R = [0.01, -0.02, 1 / 3, 0.0, -0.05, 0.02, 0.01]


def _days() -> pl.DataFrame:
    return daily(
        weekdays(date(2024, 1, 1), len(_R)),
        r=_R,
        equity_open=[1000.0] * 7,
        equity=[1000.0 * (1 + r) for r in _R],
    )


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    _days().write_csv(tmp_path / "daily.csv")
    trades({}).drop("account").write_csv(tmp_path / "trades.csv")
    return ["--daily", str(tmp_path / "daily.csv"), "--trades", str(tmp_path / "trades.csv")]


def _run(*arguments: str) -> int:
    return main(["kpi", *arguments])


def test_json_has_every_kpi_to_the_last_bit(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("compute", *files, "--format", "json") == 0

    values = json.loads(capsys.readouterr().out)
    frame = inputs(
        daily=_days().with_columns(account=pl.lit(0)), trades=trades({}).with_columns(account=0)
    )
    expected = compute(frame).row(0, named=True)
    assert list(values) == [kpi.id for kpi in KPIS]
    for kpi, value in values.items():
        found = expected[kpi]
        assert value == (found.isoformat() if isinstance(found, date) else found)
    assert values["best_day"] == 1 / 3
    assert values["sharpe_30d"] is None
    assert values["max_drawdown_valley_date"] == "2024-01-05"


def test_parquet_gives_what_csv_gives(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _days().write_parquet(tmp_path / "d")
    trades({}).drop("account").write_parquet(tmp_path / "t")

    _run("compute", *files, "--format", "json")
    from_csv = capsys.readouterr().out
    _run("compute", "--daily", str(tmp_path / "d"), "--trades", str(tmp_path / "t"),
         "--format", "json")  # fmt: skip

    assert capsys.readouterr().out == from_csv


def test_settings_and_windows_are_heeded(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _run("compute", *files, "--format", "json", "--days-per-year", "365", "--window", "7d",
         "--as-of", "2024-01-03")  # fmt: skip

    values = json.loads(capsys.readouterr().out)
    assert values["annual_return_arithmetic"] == pytest.approx((0.01 - 0.02 + 1 / 3) / 3 * 365)
    assert values["return_30d"] is None  # it means nothing in a window of seven days
    assert Window.DAYS_7 not in BY_ID["return_30d"].windows


def test_rows_that_cannot_be_true_are_named(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = pl.concat([_days(), _days().tail(1)])
    twice.write_csv(tmp_path / "daily.csv")

    assert _run("compute", *files, "--format", "json") == 0

    assert capsys.readouterr().err == "tradecast: repeated day: 1\n"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("2024-01-02", "02.01.2024"),
         "daily.csv: date was '02.01.2024' in row 2, expected a date as 2024-01-31"),
        (lambda text: text.replace("-0.02", "low"),
         "daily.csv: r was 'low' in row 2, expected a number"),
        (lambda text: text.replace("-0.02", "nan"),
         "daily.csv: r was 'nan' in row 2, expected a number"),
        (lambda text: text.replace("2024-01-02", ""), "daily.date has an empty value"),
        (lambda text: text.replace("equity_low", "low").replace("flow", "f"),
         "daily.csv has no column flow, equity_low"),
        (lambda text: text[:0], "daily.csv is no CSV file"),
        (lambda text: "PAR1" + text, "daily.csv is no Parquet file"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_file_is_one_sentence(
    change: Callable[[str], str],
    message: str,
    files: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "daily.csv"
    file.write_text(change(file.read_text()))

    assert _run("compute", *files) == 2

    said = capsys.readouterr()
    assert message in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_a_time_with_its_zone_is_read(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "trades.csv"
    plain = file.read_text()
    for spelled in ("2024-01-02T10:00:00Z", "2024-01-02 10:00:00.000000"):
        file.write_text(plain.replace("2024-01-02T10:00:00.000000+0000", spelled))
        assert _run("compute", *files, "--format", "json") == 0, capsys.readouterr().err
    file.write_text(plain.replace("2024-01-02T10:00:00.000000+0000", "yesterday"))
    assert _run("compute", *files) == 2
    assert "expected a time in UTC" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--zone", "Mars/Olympus"], "Mars/Olympus"),
        (["--initial", "-5"], "initial was -5.0, expected more than 0"),
        (["--as-of", "today"], "expected YYYY-MM-DD, was 'today'"),
        (["--executions", "nowhere.csv"], "nowhere.csv: No such file"),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    arguments: list[str], message: str, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code = _run("compute", *files, *arguments)
    except SystemExit as ended:  # as argparse ends
        code = int(str(ended.code))

    said = capsys.readouterr().err
    assert code == 2
    assert message in said
    assert said.count("\n") == 1


def test_the_list_has_every_kpi(capsys: pytest.CaptureFixture[str]) -> None:
    _run("list", "--format", "json")
    assert {row["kpi"] for row in json.loads(capsys.readouterr().out)} == set(BY_ID)

    _run("list", "--group", "drawdown", "--format", "json")
    listed = json.loads(capsys.readouterr().out)
    assert {row["kpi"] for row in listed} == {k.id for k in KPIS if k.group == "drawdown"}


def test_a_kpi_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    _run("show", "sharpe_ratio", "--format", "json")
    told = {row["what"]: row["is"] for row in json.loads(capsys.readouterr().out)}
    assert told["formula"] == BY_ID["sharpe_ratio"].formula
    assert told["shown from"] == "20 days"


def test_who_mistypes_is_told_what_was_meant(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("show", "sharp_ratio") == 2
    assert "did you mean sharpe_ratio?" in capsys.readouterr().err
    assert _run("list", "--group", "nothing") == 2
    assert "there are returns, risk" in capsys.readouterr().err


def test_the_page_of_kpis_is_current() -> None:
    assert _PAGE.read_text(encoding="utf-8") == kpis_page(), "run: make docs"


def test_what_is_no_ordinary_file_is_refused(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("compute", *files[:2], "--trades", "/dev/null") == 2
    assert "/dev/null is no ordinary file" in capsys.readouterr().err
