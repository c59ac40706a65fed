"""Run the endpoint: `python -m embedded.clickhouse DIRECTORY --port N --password-file FILE`."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from embedded.clickhouse.server import Limits, serve
from embedded.errors import EmbeddedError
from embedded.ports import LOOPBACK

_LIMITS = {
    "memory": "most bytes that the engine may use",
    "max_body": "most bytes of a request's body",
    "max_connections": "most clients at once",
    "patience": "seconds that a query waits for its client",
    "grace": "seconds that queries get to end when told to stop",
}


def main() -> int:
    """Serve until told to stop; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m embedded.clickhouse", description=__doc__)
    parser.add_argument("directory", type=Path, help="the data; created if missing")
    parser.add_argument("--host", default=LOOPBACK, help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="port to listen on")
    parser.add_argument(
        "--password-file",
        type=Path,
        required=True,
        help="file with the password of the user default; - for standard input",
    )
    for option, meaning in _LIMITS.items():
        kind = type(getattr(Limits(), option))
        name = "--" + option.replace("_", "-")
        parser.add_argument(name, type=kind, default=getattr(Limits(), option), help=meaning)
    given = parser.parse_args()
    # chdb loads it where it is, some 40 MB, for answers as Python objects; it says of itself that
    # all else works without, and the endpoint asks for nothing but bytes.
    sys.modules["pyarrow"] = None  # type: ignore[assignment]
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s")
    try:
        password = _read_password(given.password_file)
        limits = Limits(**{option: getattr(given, option) for option in _LIMITS})
        serve(given.directory, given.host, given.port, password, limits)
    except (EmbeddedError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - for the log, or a person
        return 1
    return 0


def _read_password(path: Path) -> str:
    text = sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    return text.rstrip("\r\n")


if __name__ == "__main__":
    sys.exit(main())
