"""Settings of what holds data: Redis and the stores."""

from __future__ import annotations

from typing import Annotated

from config.fields import Section, rule

_PORT = r"(:(6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[0-9]{1,4}))?"
# What drivers would trip over is refused here: a port that is none, a password with a bare slash.
_HOST = r"([^/?#\s]*@)?(\[[0-9A-Fa-f:.%]+\]|[^:/?#@\[\]\s]*)" + _PORT
_REDIS_URL = rf"(rediss?://{_HOST}([/?#]\S*)?|unix://\S+)"
_CLICKHOUSE_URL = rf"https?://(?=[^/?#\s]){_HOST}([/?#]\S*)?"
# PostgreSQL may have several hosts, with commas between them, or none: its socket's.
_POSTGRES_HOST = rf"(\[[0-9A-Fa-f:.%]+\]|[^:/?#@,\[\]\s]*){_PORT}"
_POSTGRES_URL = rf"postgres(ql)?://([^/?#\s]*@)?{_POSTGRES_HOST}(,{_POSTGRES_HOST})*([/?#]\S*)?"
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
