"""Where the system is: its home, its settings, and the addresses of its parts."""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit, urlunsplit

from config import settings as config_settings
from embedded.home import Home, open_home
from embedded.lock import holder
from embedded.ports import reached_at, socket_path
from flows.errors import CommandError, Exit

if TYPE_CHECKING:
    import redis

VALKEY, CLICKHOUSE, POSTGRES = "valkey", "clickhouse", "postgres"
UP = "up"
_CONNECT_SECONDS = 5.0
# For one answer: a transaction of a round is bounded so that it does not take long.
_ANSWER_SECONDS = 5.0


@dataclass(frozen=True)
class System:
    """One installation.

    Attributes:
        home: its directories.
        settings: of its processes.
        config: file of the settings, if one was named.
    """

    home: Home
    settings: config_settings.Settings
    config: Path | None = None

    @property
    def redis_url(self) -> str:
        """Address of Redis: the server of the settings, else the embedded one's socket."""
        if self.settings.redis.url:
            return self.settings.redis.url
        path = quote(str(socket_path(self.home.run_dir, "valkey.sock")), safe="/")
        return f"unix://:{quote(self.home.password(VALKEY), safe='')}@{path}?db=0"

    @property
    def duckdb_socket(self) -> Path:
        """Where the archive of DuckDB serves readers."""
        return socket_path(self.home.run_dir, "duckdb.sock")

    @property
    def prices_dir(self) -> Path:
        """The price feed of simulated terminals."""
        return self.home.path / "prices"

    def instance_dir(self, key: str) -> Path:
        """An executor's journal; a simulated terminal's book lies in `terminal` below it."""
        return self.home.executors_dir / quote(key, safe="")

    def clickhouse_url(self, port: int | None = None) -> str:
        """Address of ClickHouse with user, password and database.

        Args:
            port: of an embedded endpoint; by default the one that `up` remembers.
        """
        wanted = self.settings.clickhouse
        if wanted.url:
            parts = urlsplit(wanted.url)
            return urlunsplit(parts._replace(path=parts.path.strip("/") or wanted.database))
        port = port or self.remembered_ports().get(CLICKHOUSE, 0)
        password = quote(self.home.password(CLICKHOUSE), safe="")
        host = reached_at(wanted.host)
        return f"http://default:{password}@{host}:{port}/{wanted.database}"

    def postgres_url(self) -> str:
        """Address of PostgreSQL, with the password of the home's secrets if it has none itself."""
        parts = urlsplit(self.settings.postgres.url)
        secret = self.home.secrets_dir / POSTGRES
        if parts.password is not None or not parts.username or not secret.exists():
            return self.settings.postgres.url
        password = quote(secret.read_text(encoding="utf-8").strip(), safe="")
        user, _, host = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}:{password}@{host}"))

    @property
    def postgres_heads(self) -> Path:
        """Where the chain of PostgreSQL's audit ended (see `sinks.audit_heads`)."""
        return self.home.path / "postgres_audit_heads"

    def redis(self, *, once: bool = False) -> redis.Redis:
        """A client of Redis; replies are bytes. It connects when it is used.

        Args:
            once: never send a command again by itself when the connection breaks.

        Raises:
            CommandError: its address cannot be one.
        """
        import redis as driver  # noqa: PLC0415 - only for who uses it
        from redis.backoff import NoBackoff  # noqa: PLC0415
        from redis.retry import Retry  # noqa: PLC0415

        more: dict[str, Any] = {"retry": Retry(NoBackoff(), 0)} if once else {}
        more["socket_connect_timeout"] = _CONNECT_SECONDS
        more["socket_timeout"] = _ANSWER_SECONDS
        try:
            if self.settings.redis.cluster:
                from sources.cluster import Cluster  # noqa: PLC0415 - likewise

                # Its methods are those of a client of one server, and its types are not.
                return cast("driver.Redis", Cluster.from_url(self.redis_url, **more))
            return driver.Redis.from_url(self.redis_url, **more)
        except (ValueError, TypeError) as error:
            # Not what the driver says, which may hold the password.
            raise CommandError(
                "redis.url: expected an address that a client of Redis can use; look at its port"
                " and at what stands behind `?`",
                Exit.CONFIG,
            ) from error

    @property
    def ports_file(self) -> Path:
        """Ports that embedded servers had, to have them again."""
        return self.home.run_dir / "ports.json"

    def remembered_ports(self) -> dict[str, int]:
        """Ports of the embedded servers, by name."""
        return {name: int(port) for name, port in (read_json(self.ports_file) or {}).items()}

    def running(self) -> dict[str, Any] | None:
        """What `tradecast up` says of itself, if it runs now.

        It runs who holds the home's lock: a file may be left over, and its process id another's.
        """
        facts = read_json(self.home.run_dir / f"{UP}.json")
        if facts is None or facts.get("pid") != holder(self.home.run_dir):
            return None
        return facts


def open_system(args: argparse.Namespace, *, create: bool = False) -> System:
    """Read the settings and open the home.

    Args:
        args: `home` and `config` are looked at.
        create: make the home if there is none.

    Raises:
        SettingsError: the settings are wrong.
        NotAHome, Unwritable, WrongVersion: the home cannot be used.
    """
    settings = config_settings.load(args.config, args.home, os.environ)
    return System(open_home(settings.home_path, create=create), settings, args.config)


def read_json(path: Path) -> dict[str, Any] | None:
    """A file's JSON object; None if there is none, or none that can be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
