"""The settings that operators are told to write are settings, and the folders are the home's."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from config import settings
from embedded.home import open_home

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "howto" / "operate.md").read_text(encoding="utf-8")
GUARANTEES = (DOCS / "explanation" / "guarantees.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("text", re.findall(r"```toml\n(.+?)```", PAGE, re.DOTALL))
def test_the_settings_are_good(text: str, tmp_path: Path) -> None:
    file = tmp_path / "tradecast.toml"
    file.write_text(text)
    assert settings.load(file, tmp_path).redis.url.startswith("redis://")


def test_settings_that_the_pages_name_exist() -> None:
    page = (DOCS / "reference" / "settings.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"## \[(\w+)\]\n(.+?)(?=\n## |\Z)", page, re.DOTALL))
    named = re.findall(rf"`({'|'.join(sections)})\.(\w+)`", PAGE + GUARANTEES)
    assert len(named) > 8
    for section, key in named:
        assert f"| `{key}` |" in sections[section], f"{section}.{key}"


def test_the_home_is_as_the_table_says(tmp_path: Path) -> None:
    open_home(tmp_path / "home", create=True)
    made = {path.name for path in (tmp_path / "home").iterdir() if path.is_dir()}
    named = {name.partition("/")[0] for name in re.findall(r"`([a-z]+/)[A-Za-z/]*`", PAGE)}
    assert made - named == set()


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")
def test_prometheus_takes_the_configuration(tmp_path: Path) -> None:
    (text,) = re.findall(r"```yaml\n(.+?)```", PAGE, re.DOTALL)
    (tmp_path / "prometheus.yml").write_text(text)
    shutil.copy(DOCS / "alerts" / "tradecast.rules.yml", tmp_path)
    command = ["promtool", "check", "config", str(tmp_path / "prometheus.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
