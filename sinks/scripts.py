"""Lua scripts on Redis: known by their digests, and loaded where they are not."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from sinks.as_one import run_as_one


@dataclass(frozen=True)
class Script:
    """A Lua script and the digest that Redis knows it by."""

    text: str
    digest: str

    @classmethod
    def named(cls, name: str) -> "Script":
        """Return the script of a file in `sinks/lua`."""
        text = (Path(__file__).parent / "lua" / f"{name}.lua").read_text(encoding="utf-8")
        return cls(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


@dataclass(frozen=True)
class Call:
    """One call of a script."""

    script: Script
    keys: Sequence[str]
    args: Sequence[bytes | str | int]


def call_scripts(client: Any, calls: Sequence[Call], tail: Sequence[Any] = ()) -> list[Any]:
    """Run scripts in one round trip; commands of `tail` follow them.

    A script that Redis does not know was not run, so those are loaded and run once more.

    Returns:
        The replies, errors of single commands among them as exceptions.

    Raises:
        redis.ConnectionError, redis.TimeoutError: The link broke; any call may have been run.
    """
    replies = _run(client, calls, tail)
    missing = [i for i in range(len(calls)) if isinstance(replies[i], NoScriptError)]
    if missing:
        for text in {calls[i].script.text for i in missing}:
            client.script_load(text)
        again = _run(client, [calls[i] for i in missing], tail)
        for place, reply in zip(missing, again, strict=False):
            replies[place] = reply
        replies[len(calls) :] = again[len(missing) :]
    return replies


def _run(client: Any, calls: Sequence[Call], tail: Sequence[Any]) -> list[Any]:
    commands = [
        ("EVALSHA", call.script.digest, len(call.keys), *call.keys, *call.args) for call in calls
    ]
    return run_as_one(client, commands, tail)
