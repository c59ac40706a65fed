"""The shell and Python examples of the publishers' page, run as they stand there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rules.validation import validate
from schema import keys

if TYPE_CHECKING:
    import redis

    from tests.servers import ValkeyServer

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "publish.md"
TEXT = PAGE.read_text(encoding="utf-8")


def entries(client: redis.Redis) -> list[dict[bytes, bytes]]:
    found: Any = client.xrange(keys.signals(0))
    return [fields for _, fields in found]


def is_signal(fields: dict[bytes, bytes]) -> bool:
    done = validate([("signals:0", "1795253401000-0", fields)])
    return len(done.signals) == 1


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl here")
def test_curl(valkey: ValkeyServer, redis_client: redis.Redis) -> None:
    (line,) = [line for line in TEXT.splitlines() if "curl -s telnet" in line]
    env = {"PORT": str(valkey.port), "PASSWORD": f"'{valkey.password}'", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        ["bash", "-c", line], env=env, capture_output=True, check=True, timeout=20
    )
    assert b"-ERR" not in done.stdout, done.stdout
    (fields,) = entries(redis_client)
    assert is_signal(fields)
    assert json.loads(fields[b"json"])["signal_id"] == "1003"


def test_python(valkey: ValkeyServer, redis_client: redis.Redis) -> None:
    (code,) = re.findall(r"```python\n(.+?)```", TEXT, re.DOTALL)
    scope: dict[str, Any] = {"PORT": valkey.port, "PASSWORD": valkey.password}
    exec(code, scope)
    scope["client"].close()
    (fields,) = entries(redis_client)
    assert is_signal(fields)


def test_bodies_of_the_shell_lines_are_signals() -> None:
    bodies = re.findall(r"'(\{\"strategy\".+?\})'", TEXT)
    assert len(bodies) == 2
    for body in bodies:
        assert is_signal({b"json": body.encode()})
