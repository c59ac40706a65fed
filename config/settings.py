"""Settings of the process: one frozen tree, from one TOML file and the environment.

Every part of the program receives its own section; only `flows/` reads the tree. The page
docs/reference/settings.md is made from the sections' declarations.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from config import check
from config.errors import SettingsError
from config.fields import Section, rule
from config.process_sections import (
    Archive,
    Execute,
    Log,
    Maintain,
    Metrics,
    Signals,
    Snapshots,
    Trade,
)
from config.store_sections import ClickHouse, DuckDB, Postgres, Redis
from config.toml import read_toml

PREFIX = "TRADECAST__"
HOME_VARIABLE = "TRADECAST_HOME"
DEFAULT_HOME = "~/.tradecast"
FILE_NAME = "tradecast.toml"


class Settings(Section, frozen=True):
    """Everything a process can be told."""

    home: Annotated[
        str,
        rule(
            "The system's directory. `--home` and the variable `TRADECAST_HOME` stand above it."
            " It may stand only in a file that is named by `--config`."
        ),
    ] = DEFAULT_HOME
    redis: Redis = Redis()
    clickhouse: ClickHouse = ClickHouse()
    duckdb: DuckDB = DuckDB()
    postgres: Postgres = Postgres()
    signals: Signals = Signals()
    trade: Trade = Trade()
    execute: Execute = Execute()
    archive: Archive = Archive()
    maintain: Maintain = Maintain()
    snapshots: Snapshots = Snapshots()
    metrics: Metrics = Metrics()
    log: Log = Log()

    @property
    def home_path(self) -> Path:
        """The home as an absolute path."""
        return Path(self.home).expanduser().absolute()


def load(
    file: Path | None = None,
    home: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Read the settings and check them whole.

    Args:
        file: from `--config`; by default tradecast.toml in the home, if it is there.
        home: from `--home`; it stands above everything else that names the home.
        environ: variables as `TRADECAST__TRADE__SHARDS` stand above the file.

    Raises:
        SettingsError: with one line for each thing that is wrong.
    """
    environ = environ or {}
    told = str(home) if home is not None else environ.get(HOME_VARIABLE, "")
    data: dict[str, Any] = {}
    source = file
    if file is None:
        where = told or environ.get(f"{PREFIX}HOME", "") or DEFAULT_HOME
        source = Path(where).expanduser() / FILE_NAME
        if source.is_file():
            data = read_toml(source, SettingsError)
            if "home" in data:
                raise SettingsError([f"home: cannot be set in the home's own file (in {source})"])
    else:
        data = read_toml(file, SettingsError)
    sources = _overlay(data, environ)
    if told:
        data["home"] = told
    problems = check.Problems(str(source), sources)
    settings = check.section(Settings, data, "", problems, texts=frozenset(sources))
    if settings is not None:
        _check_together(settings, problems)
    if settings is None or problems.lines:
        raise SettingsError(problems.lines)
    return settings


def _overlay(data: dict[str, Any], environ: Mapping[str, str]) -> dict[str, str]:
    """Lay the variables over the file's values; return path -> description of its source."""
    sources: dict[str, str] = {}
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        *tables, leaf = variable[len(PREFIX) :].lower().split("__")
        place, path = data, ""
        for name in tables:
            path = check.join(path, name)
            if name not in place:
                place[name] = {}
                sources[path] = f"the environment, {variable}"
            place = place[name]
            if not isinstance(place, dict):
                break  # the file has a value where a table belongs, and is told so
        else:
            place[leaf] = environ[variable]
            sources[check.join(path, leaf)] = f"the environment, {variable}"
    return sources


def _check_together(settings: Settings, problems: check.Problems) -> None:
    """Check what only two values together can show."""
    if settings.redis.cluster and not settings.redis.url.startswith("redis"):
        problems.add("redis.cluster", "expected redis.url to name a node of the cluster")
    if settings.redis.cluster and settings.redis.durability == "waitaof":
        problems.add("redis.durability", "expected always or lossy on a cluster, was waitaof")
    lease, poll = settings.execute.lease_s, settings.execute.poll_ms / 1000
    if poll * 4 > lease:
        problems.add(
            "execute.poll_ms",
            f"expected at most a quarter of lease_s ({lease:g} s), was {settings.execute.poll_ms}",
        )
