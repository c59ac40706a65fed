"""What a tortured system stands on: a Valkey of ours, its clock, a proxy, a disk to be filled."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from typing_extensions import override

from embedded.errors import EmbeddedError
from embedded.valkey import Valkey
from tests.servers import eventually
from tests.torture.proxy import Proxy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from embedded.lock import DirectoryLock

_FAKETIME = ("/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",)
_DISK_MIB = 1500
_LAST = 200 << 20


def faketime() -> str:
    """The library that gives a process another clock; "" where it is not installed."""
    return next((path for path in _FAKETIME if Path(path).exists()), "")


class SteppedValkey(Valkey):
    """A Valkey whose clock can be stepped, where libfaketime is there.

    Args:
        directory: see Valkey.
        password: see Valkey.
        clock: the file that tells its clock; not on a disk that is filled.
    """

    def __init__(self, directory: Path, *, password: str, clock: Path) -> None:
        super().__init__(directory, password=password, die_with_parent=True)
        self._clock = clock
        self.step(0.0)

    def step(self, seconds: float) -> None:
        """Set how far its clock is from ours."""
        new = self._clock.with_suffix(".new")
        new.write_text(f"{seconds:+.1f}\n", encoding="ascii")
        new.replace(self._clock)

    @override
    def _spawn(
        self, argv: Sequence[str], *, stdin: bytes = b"", lock: DirectoryLock | None = None
    ) -> None:
        told = {
            "LD_PRELOAD": faketime(),
            "FAKETIME_TIMESTAMP_FILE": str(self._clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        before = dict(os.environ)
        os.environ.update(told if told["LD_PRELOAD"] else {})
        try:
            super()._spawn(argv, stdin=stdin, lock=lock)
        finally:
            os.environ.clear()
            os.environ.update(before)


class Surroundings:
    """Starts and ends all of it.

    Args:
        directory: takes Valkey's data.
        clock: the file that tells Valkey's clock.
    """

    def __init__(self, directory: Path, clock: Path) -> None:
        self._stack = ExitStack()
        self.valkey = SteppedValkey(directory / "valkey", password="torture", clock=clock)

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.valkey)
            self.proxy = stack.enter_context(Proxy(self.valkey.port))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def url(self) -> str:
        """Where the flows find Redis: behind the proxy."""
        return f"redis://:{self.valkey.password}@127.0.0.1:{self.proxy.port}/0"

    def start_valkey(self) -> None:
        """Start Valkey again, as often as it takes: its disk may be full."""

        def started() -> bool:
            try:
                self.valkey.start()
                self.valkey.wait_ready(5)
            except EmbeddedError:
                self.valkey.stop()
                return False
            return True

        eventually(started, 30, what="Valkey answers again", poll=0.2)


@contextmanager
def small_disk(directory: Path) -> Iterator[bool]:
    """Put a small filesystem of its own at a directory, if this user may; tell whether it is."""
    directory.mkdir(exist_ok=True)
    mount = shutil.which("mount")
    made = False
    if mount and os.geteuid() == 0:
        command = [mount, "-t", "tmpfs", "-o", f"size={_DISK_MIB}m", "tmpfs", str(directory)]
        made = subprocess.run(command, check=False, capture_output=True).returncode == 0
    try:
        yield made
    finally:
        if made:
            subprocess.run(["umount", "-l", str(directory)], check=False, capture_output=True)


@contextmanager
def full_disk(directory: Path) -> Iterator[None]:
    """Leave no room on the filesystem of a directory; the last of it goes a second later.

    ClickHouse keeps some of the disk free, and ends what it has begun within that.
    """
    with tempfile.NamedTemporaryFile(dir=directory, prefix="ballast-") as ballast:
        for left in (_LAST, 64 << 10):
            free = shutil.disk_usage(directory).free
            with suppress(OSError):  # something else took the room first, which is as full
                size = os.fstat(ballast.fileno()).st_size
                os.posix_fallocate(ballast.fileno(), size, max(free - left, 1))
            time.sleep(1.0 if left == _LAST else 0.0)
        yield
