"""`tradecast kpi report`: a tear sheet from files."""

from datetime import date
from pathlib import Path

import pytest

from flows.__main__ import main
from flows.errors import Exit
from tests.kpi_cases.case import daily, trades, weekdays


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    days = daily(
        weekdays(date(2024, 1, 1), 3),
        r=[0.01, -0.02, 0.005],
        equity_open=[1000.0] * 3,
        equity=[1010.0, 980.0, 1005.0],
    )
    days.write_csv(tmp_path / "daily.csv")
    trades({"profit": 12.5, "symbol": "EURUSD"}).drop("account").write_csv(tmp_path / "trades.csv")
    return ["--daily", str(tmp_path / "daily.csv"), "--trades", str(tmp_path / "trades.csv")]


def _run(*arguments: str) -> int:
    return main(["kpi", "report", *arguments])


def test_the_terminal_has_the_account_its_charts_and_its_figures(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*files, "--account", "50012 [live]", "--currency", "EUR") == 0
    text = capsys.readouterr().out
    for told in ("50012 [live]", "2024-01-03", "9.50", "drawdown", "Daily loss", "EURUSD"):
        assert told in text


def test_one_group_is_asked_for_by_its_name(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*files, "--group", "tail_risk") == 0
    text = capsys.readouterr().out
    assert "Tail risk" in text
    assert "Excursion" not in text


def test_html_is_one_file_with_every_figure(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "sheet.html"
    assert _run(*files, "--html", str(page)) == 0
    assert capsys.readouterr().out.strip() == str(page)
    text = page.read_text(encoding="utf-8")
    assert text.count('scope="row" title=') + text.count(' title="') >= 429
    assert "<script" not in text


def test_a_group_that_is_none_is_named_with_those_that_are(
    files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*files, "--group", "nonsense") == Exit.USAGE
    assert "there is no group nonsense; there are returns" in capsys.readouterr().err


def test_a_file_that_cannot_be_written_is_told(
    files: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(*files, "--html", str(tmp_path / "no" / "x.html")) == Exit.CANNOT_CREATE
    assert "cannot write" in capsys.readouterr().err


def test_the_example_is_what_its_files_say(tmp_path: Path) -> None:
    examples = Path(__file__).parents[3] / "docs" / "examples"
    tables = ("daily", "trades", "executions", "emotions", "breaches")
    given = [x for t in tables for x in (f"--{t}", str(examples / "account" / f"{t}.csv"))]
    page = tmp_path / "sheet.html"
    rules = ("--daily-loss", "0.05", "--max-loss", "0.1", "--target", "0.1")
    assert _run(*given, *rules, "--account", "Demo account", "--html", str(page)) == 0
    assert page.read_text("utf-8") == (examples / "tear_sheet.html").read_text("utf-8"), (
        "write docs/examples/tear_sheet.html anew, as this test does"
    )


@pytest.mark.parametrize("width", [80, 120])
def test_every_line_fits_the_terminal(
    files: list[str],
    width: int,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert _run(*files) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= width


def test_an_account_without_a_return_has_nothing_to_report(
    tmp_path: Path, files: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    daily(weekdays(date(2024, 1, 1), 1)).write_csv(tmp_path / "daily.csv")
    assert _run(*files) == Exit.USAGE
    assert "no day with a return" in capsys.readouterr().err
