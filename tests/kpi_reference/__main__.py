"""`python -m tests.kpi_reference`: ask the libraries again, and write `values.json` and the page of references.

Two environments are made, from pins with hashes: one beside this interpreter's Python, and one
for NautilusTrader, which wants 3.12 or later. It takes some minutes and about 2 GiB.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kpi_reference import page, prices
from tests.kpi_reference.accounts import SEED
from tests.kpi_reference.values import PATH

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
PINS = HERE / "pins"


@dataclass(frozen=True)
class Environment:
    """One environment, and the modules of `libraries` that run in it."""

    name: str
    pins: tuple[str, ...]
    modules: tuple[str, ...]


ANALYTICS = Environment(
    "analytics",
    ("analytics", "freqtrade"),
    (
        "quantstats_days",
        "quantstats_trades",
        "empyrical_days",
        "skfolio_days",
        "ffn_days",
        "pyfolio_account",
        "backtesting_account",
        "freqtrade_trades",
        "backtrader_trades",
        "financetoolkit_days",
        "numeric",
        "otherwise_days",
        "otherwise_trades",
    ),
)
NAUTILUS = Environment("nautilus", ("nautilus",), ("nautilus",))


def main() -> int:
    """Make the environments, ask the libraries, write what they said."""
    parser = argparse.ArgumentParser(prog="python -m tests.kpi_reference", description=__doc__)
    parser.add_argument("--home", type=Path, help="where environments are made, and found again")
    parser.add_argument("--newer", default=_newer(), help="a Python of 3.12 or later")
    args = parser.parse_args()
    if not prices.available():
        parser.error(f"the real prices are not in {prices.DATA}")
    if args.newer is None:
        parser.error("no Python of 3.12 or later was found; name one with --newer")
    with tempfile.TemporaryDirectory(prefix="kpi-reference-") as temporary:
        home = args.home or Path(temporary)
        answers = [
            _asked(ANALYTICS, Path(sys.executable), home),
            _asked(NAUTILUS, Path(args.newer), home),
        ]
    PATH.write_text(_text(answers), encoding="utf-8")
    page.PATH.write_text(page.page(), encoding="utf-8")
    print(f"{sum(len(answer['rows']) for answer in answers)} references are in {PATH}")
    return 0


def _newer() -> str | None:
    """Return a Python of 3.12 or later that runs; a name on the path may be an empty shim."""
    if sys.version_info >= (3, 12):
        return sys.executable
    names = (f"python3.{minor}" for minor in (12, 13, 14))
    found = (place for place in map(shutil.which, names) if place is not None)
    return next((place for place in found if _runs(place)), None)


def _runs(program: str) -> bool:
    return subprocess.run([program, "--version"], capture_output=True, check=False).returncode == 0


def _asked(environment: Environment, python: Path, home: Path) -> dict[str, Any]:
    """Return what the libraries of an environment say; the environment is made if it is not there."""
    place = home / environment.name
    program = place / "bin" / "python"
    if not program.exists():
        subprocess.run([python, "-m", "venv", place], check=True)
        for pins in environment.pins:
            install = ["-m", "pip", "install", "--quiet", "--no-deps", "--require-hashes"]
            subprocess.run([program, *install, "-r", PINS / f"{pins}.txt"], check=True)
    told = subprocess.run(
        [program, "-m", "tests.kpi_reference.evaluate", *environment.modules],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        check=True,
    )
    return json.loads(told.stdout)


def _text(answers: list[dict[str, Any]]) -> str:
    """Return the answers as JSON, one reference a line, so that a change reads well."""
    versions = {name: v for answer in answers for name, v in answer["versions"].items()}
    if any(answer["accounts"] != answers[0]["accounts"] for answer in answers):
        raise RuntimeError("two environments made different accounts from one seed")
    head = {"seed": SEED, "accounts": answers[0]["accounts"], "versions": versions}
    rows = [row for answer in answers for row in answer["rows"]]
    rows.sort(key=lambda row: (row["kpi"], "cause" in row, row["library"], row["function"]))
    lines = ",\n".join(json.dumps(row) for row in rows)
    return f'{json.dumps(head)[:-1]},\n"rows": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    sys.exit(main())
