"""Loopback ports, and a short path for a unix socket."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import socket
import stat
from pathlib import Path

from embedded.errors import PortBusy, Unwritable

LOOPBACK = "127.0.0.1"
# Below the kernel's ephemeral range (32768 up), so that no outgoing connection takes the port
# between the choice and the bind.
_PORTS = range(20_000, 32_000)
# Chosen by this process: what is to listen there may not do so yet.
_chosen: set[int] = set()
# sun_path has 108 bytes on Linux and 104 on macOS, with the terminating zero.
_LONGEST_SOCKET_PATH = 100
# Not TMPDIR: the server and who connects to it may have different ones.
_TEMPORARY = Path("/tmp")  # noqa: S108 - the directory made in it is private, and checked


def reached_at(host: str) -> str:
    """Where this machine reaches a server that listens on `host`."""
    return LOOPBACK if host == "0.0.0.0" else host  # noqa: S104 - nothing listens here


def free_port() -> int:
    """A port of the loopback address on which nobody listens now, another one with each call.

    Raises:
        PortBusy: none was found.
    """
    for port in random.SystemRandom().sample(_PORTS, 200):
        if port not in _chosen and _bind_error(port) is None:
            _chosen.add(port)
            return port
    raise PortBusy(f"no free port was found in {_PORTS.start} to {_PORTS.stop - 1}")


def check_port_free(port: int, *, user: str = "a server") -> None:
    """Check that a server can listen on a port of the loopback address.

    Args:
        port: the TCP port.
        user: what the port is for, named in the message.

    Raises:
        PortBusy: it cannot; the message says why.
    """
    error = _bind_error(port)
    if error is None:
        return
    if error.errno == errno.EADDRINUSE:
        raise PortBusy(
            f"port {port} for {user} is in use by another process; stop it, or set another port"
        )
    raise PortBusy(f"port {port} for {user} cannot be used: {error.strerror}; set another port")


def socket_path(directory: Path, name: str) -> Path:
    """A path for a unix socket, the same for the same directory and name in every process.

    It lies in the directory itself where that is short enough, else in a directory of this
    user's own under the system's temporary one, whatever this process has as TMPDIR.

    Args:
        directory: where the socket would best lie; it must exist.
        name: the socket's file name.

    Raises:
        Unwritable: the directory under the temporary one belongs to someone else.
    """
    wanted = directory.absolute() / name
    if len(os.fsencode(wanted)) <= _LONGEST_SOCKET_PATH:
        return wanted
    digest = hashlib.sha256(os.fsencode(directory.resolve())).hexdigest()[:16]
    short = _TEMPORARY / f"tradecast-{os.getuid()}-{digest}"
    try:
        short.mkdir(mode=0o700, exist_ok=True)
        found = short.lstat()
    except OSError as error:
        raise Unwritable(
            f"cannot use {short} for sockets: {error.strerror}; choose a home with a shorter path"
        ) from error
    private = stat.S_ISDIR(found.st_mode) and stat.S_IMODE(found.st_mode) == 0o700
    if not private or found.st_uid != os.getuid():
        raise Unwritable(f"{short} is not a private directory of this user; remove it")
    return short / name


def _bind_error(port: int) -> OSError | None:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # As servers do: a port in TIME_WAIT counts as free, one that is listened on does not.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            return error
    return None
