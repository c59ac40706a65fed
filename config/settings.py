"""Settings of the process: one frozen tree, from one TOML file and the environment.

Every part of the program receives its own section; only `flows/` reads the tree. The page
docs/reference/settings.md is made from the declarations below.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from config import check
from config.errors import SettingsError
from config.fields import Section, rule
from config.toml import read_toml

PREFIX = "TRADECAST__"
HOME_VARIABLE = "TRADECAST_HOME"
DEFAULT_HOME = "~/.tradecast"
FILE_NAME = "tradecast.toml"

_REDIS_URL = r"(redis|rediss|unix)://\S+"
_CLICKHOUSE_URL = r"https?://\S+"
_POSTGRES_URL = r"postgres(ql)?://\S+"
_IPV4 = r"[0-9]{1,3}(\.[0-9]{1,3}){3}"


class Redis(Section, frozen=True):
    """The signal streams, the logs and the live state."""

    url: Annotated[
        str,
        rule(
            "Address of a Redis (7.2 or newer) or Valkey server. Empty: Tradecast runs its own"
            " Valkey inside the home.",
            pattern=_REDIS_URL,
            form="empty, redis://..., rediss://... or unix://...",
            secret=True,
        ),
    ] = ""
    cluster: Annotated[
        bool,
        rule(
            "The URL names a node of a Redis Cluster: keys are spread over its nodes by account"
            " partition and signal stream."
        ),
    ] = False
    durability: Annotated[
        str,
        rule(
            "When a write counts as safe. `always`: fsynced before the reply. `waitaof`: fsynced"
            " before anything follows from it, about 50 ms later. `lossy`: a power loss may lose"
            " two seconds; for simulated terminals only.",
            words=("always", "waitaof", "lossy"),
        ),
    ] = "always"
    port: Annotated[
        int,
        rule("Loopback port of the embedded server; 0 chooses a free one.", least=0, most=65535),
    ] = 0
    maxmemory_mb: Annotated[
        int, rule("Memory of the embedded server for data, in MiB.", least=64, most=1_048_576)
    ] = 1024


class ClickHouse(Section, frozen=True):
    """The store that analysts query."""

    url: Annotated[
        str,
        rule(
            "Address of a ClickHouse server's HTTP interface, as"
            " `http://user:password@host:8123/database`. Empty: Tradecast runs the ClickHouse"
            " engine inside the home.",
            pattern=_CLICKHOUSE_URL,
            form="empty, http://... or https://...",
            secret=True,
        ),
    ] = ""
    host: Annotated[
        str,
        rule(
            "Address that the embedded server listens on. Another than this machine's own lets"
            " others in who have the password; what they send is not encrypted.",
            pattern=_IPV4,
            form="an IPv4 address",
        ),
    ] = "127.0.0.1"
    port: Annotated[
        int,
        rule("Port of the embedded server; 0 chooses a free one.", least=0, most=65535),
    ] = 0
    database: Annotated[
        str,
        rule(
            "Database that holds the tables.",
            pattern=r"[A-Za-z_][A-Za-z0-9_]{0,63}",
            form="letters, digits and underscores",
        ),
    ] = "default"
    memory_mb: Annotated[
        int, rule("Memory limit of the embedded engine, in MiB.", least=256, most=1_048_576)
    ] = 1024


class DuckDB(Section, frozen=True):
    """The history and the control data on this machine."""

    memory_mb: Annotated[int, rule("Memory limit, in MiB.", least=64, most=1_048_576)] = 512
    threads: Annotated[int, rule("Threads that a query may use.", least=1, most=256)] = 2


class Postgres(Section, frozen=True):
    """The control database beyond one machine."""

    url: Annotated[
        str,
        rule(
            "Address of a PostgreSQL (15 or newer) database, as"
            " `postgresql://user@host:5432/database`; the user owns the tables. Empty: there is"
            " none. A password that is not in it is read from `secrets/postgres` in the home.",
            pattern=_POSTGRES_URL,
            form="empty, postgresql://... or postgres://...",
            secret=True,
        ),
    ] = ""


class Signals(Section, frozen=True):
    """The streams that publishers write to."""

    streams: Annotated[
        int, rule("Number of signal streams, `signals:0` and up.", least=1, most=1024)
    ] = 1


class Trade(Section, frozen=True):
    """The flow that decides."""

    shards: Annotated[
        int, rule("Processes that share the 64 account partitions.", least=1, most=64)
    ] = 1
    epoch_ms: Annotated[
        int, rule("Length of a Bytewax epoch, in milliseconds.", least=10, most=60_000)
    ] = 1000
    snapshot_seconds: Annotated[
        float,
        rule("Time between stored snapshots of a partition's state.", least=1, most=86_400),
    ] = 60.0
    spool_mb: Annotated[
        int,
        rule(
            "Disk for rows that Redis has no memory for, per shard, in MiB. When it is full, new"
            " exposure stops.",
            least=16,
            most=16_777_216,
        ),
    ] = 1024
    expiry_grace_seconds: Annotated[
        float,
        rule(
            "How long an order that nobody claimed may be overdue before the shard expires it: a"
            " living executor does so itself.",
            least=0,
            most=86_400,
        ),
    ] = 15.0
    idle_decision_seconds: Annotated[
        float,
        rule("A partition without signals logs an empty decision this often.", least=1, most=3600),
    ] = 60.0
    max_balance_age_s: Annotated[
        float,
        rule(
            "A balance older than this sizes no order (`BALANCE_STALE`). Seconds.",
            above=0,
            most=86_400,
        ),
    ] = 120.0
    max_quote_age_s: Annotated[
        float,
        rule(
            "A price older than this sizes no order (`QUOTE_STALE`, `RATE_STALE`). Seconds.",
            above=0,
            most=86_400,
        ),
    ] = 30.0


class Execute(Section, frozen=True):
    """The flow that drives a terminal."""

    lease_s: Annotated[
        float,
        rule("How long an executor may claim orders without renewing. Seconds.", least=1, most=300),
    ] = 10.0
    poll_ms: Annotated[
        int, rule("Time between looks at the terminal, in milliseconds.", least=5, most=10_000)
    ] = 100
    marks_seconds: Annotated[
        float, rule("Time between account marks (balance, equity).", least=0.2, most=600)
    ] = 5.0
    quotes_ms: Annotated[
        int, rule("Shortest time between published prices, in milliseconds.", least=50, most=60_000)
    ] = 250
    quotes_idle_seconds: Annotated[
        float, rule("Prices are published this often although none changed.", least=1, most=600)
    ] = 5.0
    deviation_points: Annotated[
        int, rule("Slippage that a market order accepts, in points.", least=0, most=100_000)
    ] = 20
    attempts: Annotated[
        int,
        rule(
            "How often an order is sent that the broker surely did not execute (requote, too many"
            " requests).",
            least=1,
            most=100,
        ),
    ] = 5
    watch_days: Annotated[
        float,
        rule("How long an unresolved order is looked for at the broker. Days.", above=0, most=365),
    ] = 7.0
    journal_mb: Annotated[
        float,
        rule(
            "Size from which the journal is rewritten with what is still needed, once it has"
            " doubled. MiB.",
            above=0,
            most=65_536,
        ),
    ] = 32.0


class Archive(Section, frozen=True):
    """The flow that writes the stores, one process for each."""

    flush_rows: Annotated[
        int, rule("Rows that are written at the latest together.", least=1, most=1_000_000)
    ] = 50_000
    flush_ms: Annotated[
        int, rule("Age at which rows are written, in milliseconds.", least=10, most=600_000)
    ] = 500
    spool_mb: Annotated[
        int,
        rule(
            "Disk for rows that a store cannot take now, in MiB. When it is full, new exposure"
            " stops.",
            least=16,
            most=16_777_216,
        ),
    ] = 2048
    retry_max_s: Annotated[
        float,
        rule("Longest pause between attempts on a failing store. Seconds.", above=0, most=3600),
    ] = 15.0


class Maintain(Section, frozen=True):
    """What `tradecast maintain` does, and `tradecast up` now and then."""

    every_hours: Annotated[
        float,
        rule("Time between runs of `tradecast up`'s own; 0 for none. Hours.", least=0, most=8760),
    ] = 24.0
    audit_days: Annotated[
        int,
        rule(
            "How long the audit of changes and logins is kept, in days: seven years. Less than"
            " three are not lawful. Where `system_config` asks for more, that holds.",
            least=1096,
            most=36_525,
        ),
    ] = 2557


class Snapshots(Section, frozen=True):
    """The flow that builds days and KPIs of accounts."""

    source: Annotated[
        str, rule("The store that the books are read from.", words=("duckdb", "clickhouse"))
    ] = "duckdb"
    parts: Annotated[
        int, rule("Processes that share the 64 account partitions.", least=1, most=64)
    ] = 1
    delay_seconds: Annotated[
        float,
        rule(
            "How long after midnight (UTC) it begins, so that the last rows of the day are stored.",
            least=0,
            most=43_200,
        ),
    ] = 60.0
    retry_seconds: Annotated[
        float, rule("Pause before another attempt on a store that failed.", least=1, most=3600)
    ] = 30.0


class Metrics(Section, frozen=True):
    """What processes tell about themselves on loopback."""

    enabled: Annotated[bool, rule("Serve Prometheus metrics, each process on its own port.")] = True
    port: Annotated[
        int,
        rule(
            "Port of `tradecast up`, which tells Prometheus of all others; 0 chooses a free one"
            " and keeps it.",
            least=0,
            most=65535,
        ),
    ] = 0


class Log(Section, frozen=True):
    """The processes' log files in the home."""

    level: Annotated[
        str,
        rule("What is worth a line.", words=("debug", "info", "warning", "error")),
    ] = "info"


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
