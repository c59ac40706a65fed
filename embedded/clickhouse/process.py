"""The endpoint as a process of its own, to be started and stopped."""

from __future__ import annotations

import http.client
import sys
from typing import TYPE_CHECKING
from urllib.parse import quote

from typing_extensions import override

from embedded.errors import Insecure
from embedded.lock import DirectoryLock
from embedded.ports import LOOPBACK, free_port, reached_at
from embedded.server import Answer, Server

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_PROBE_SECONDS = 2.0


class ClickHouse(Server):
    """One process that owns a chdb directory and speaks ClickHouse's HTTP protocol.

    Args:
        directory: of the data; one process can have it.
        password: of the user `default`.
        host: address to listen on.
        port: 0 chooses a free one, which restarts keep.
        log: file for what it prints; `clickhouse.log` in the directory by default.
        limits: options of the endpoint, such as `{"max_body": 1_000_000}`; see `server.Limits`.
        die_with_parent: see `Server`.
    """

    name = "clickhouse"
    user = "default"

    def __init__(
        self,
        directory: Path,
        *,
        password: str,
        host: str = LOOPBACK,
        port: int = 0,
        log: Path | None = None,
        limits: Mapping[str, float] | None = None,
        die_with_parent: bool = False,
    ) -> None:
        super().__init__(
            directory,
            port or free_port(),
            log or directory.absolute() / "clickhouse.log",
            die_with_parent=die_with_parent,
        )
        self.password = password
        self._listen = host
        # Where this machine reaches it.
        self.host = reached_at(host)
        self._limits = dict(limits or {})

    @property
    def url(self) -> str:
        """Its address with user and password: `http://default:...@127.0.0.1:PORT`."""
        return f"http://{self.user}:{quote(self.password, safe='')}@{self.host}:{self.port}"

    @override
    def start(self) -> None:
        """Start the process; harmless while it runs. It need not answer yet: `wait_ready`.

        Raises:
            Busy: another process has the directory.
            Insecure: it has no password.
            PortBusy: another process has the port.
            Unwritable: a directory cannot be created or written.
        """
        if self.running:
            return
        if not self.password:
            raise Insecure(
                "clickhouse has no password: whoever reaches its port could read and change all"
                " data; give it one"
            )
        self._make_directory()
        # Only to say at once that it is taken: the process takes the lock for itself.
        with DirectoryLock(self.directory):
            pass
        argv = [sys.executable, "-P", "-m", "embedded.clickhouse", str(self.directory)]
        argv += ["--host", self._listen, "--port", str(self.port), "--password-file", "-"]
        for name, value in self._limits.items():
            argv += ["--" + name.replace("_", "-"), str(value)]
        self._spawn(argv, stdin=self.password.encode())

    @override
    def answer(self) -> Answer:
        if not self.running:
            return "none"
        connection = http.client.HTTPConnection(self.host, self.port, timeout=_PROBE_SECONDS)
        try:
            connection.request("GET", "/ping")
            status = connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return "none"
        finally:
            connection.close()
        return "ready" if status == http.client.OK else "none"
