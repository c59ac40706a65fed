"""`make mutants`: break each law on purpose in a copy of the tree; its tests must fail there."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.mutants.mutants import ROOT, Mutant, read

_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "*_cache", "__pycache__", ".hypothesis")


def main() -> int:
    """Try each mutant; print one line for each."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", help="those whose name has this in it")
    args = parser.parse_args()
    survived = 0
    chosen = [one for one in read() if not args.only or args.only in one.name]
    for mutant in chosen:
        with tempfile.TemporaryDirectory(prefix="tradecast-mutant-") as directory:
            tree = Path(directory) / "tree"
            shutil.copytree(ROOT, tree, ignore=_LEFT_OUT)
            caught = _is_caught(mutant, tree)
        survived += not caught
        print(f"{mutant.law}: {'caught  ' if caught else 'SURVIVED'} {mutant.name}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} caught")
    return 1 if survived else 0


def _is_caught(mutant: Mutant, tree: Path) -> bool:
    file = tree / mutant.file
    file.write_text(mutant.applied(file.read_text("utf-8")), encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *mutant.tests]
    environment = {**os.environ, "PYTHONPATH": str(tree)}
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
    # 1: tests failed. Anything else (nothing collected, a wrong option) proves nothing.
    return done.returncode == 1


if __name__ == "__main__":
    sys.exit(main())
