"""Commands that Redis executes, and makes durable, as one.

A server reads some 16 kB of a pipeline, executes what is whole of it, and with `appendfsync always`
fsyncs that before it reads on: a pipeline of 250 kB costs some twenty fsyncs. Between MULTI and
EXEC nothing is executed, so that one fsync is enough, and who waits for several of the streams
hears of all at once.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import redis

Command = Sequence[Any]


def run_as_one(client: Any, commands: Sequence[Command], tail: Sequence[Command] = ()) -> list[Any]:
    """Run commands in one round trip, as one transaction; those of `tail` follow it.

    A transaction cannot cross the slots of a cluster: there they run one by one, as they do on
    one server where there is only one of them.

    Args:
        client: Replies as bytes.
        commands: Each a name and its arguments. Where Redis refuses one before it is executed
            (it is out of memory, say), none is executed.
        tail: What needs the effect of the commands, or may not stand in a transaction (WAITAOF).

    Returns:
        The replies as Redis gives them, errors of single commands among them as exceptions.

    Raises:
        redis.ConnectionError, redis.TimeoutError: The link broke; all were executed or none.
    """
    together = len(commands) > 1 and not isinstance(client, redis.RedisCluster)
    with client.pipeline(transaction=False) as pipe:
        for command in (("MULTI",), *commands, ("EXEC",)) if together else commands:
            pipe.execute_command(*command)
        for command in tail:
            pipe.execute_command(*command)
        replies = list(pipe.execute(raise_on_error=False))
    if not together:
        return replies
    queued, done = replies[1 : 1 + len(commands)], replies[1 + len(commands)]
    rest = replies[len(commands) + 2 :]
    if isinstance(done, Exception):
        refused = [reply if isinstance(reply, Exception) else done for reply in queued]
        return [*refused, *rest]
    return [*done, *rest]


def raise_first(replies: Iterable[Any]) -> None:
    """Raise the first error among replies."""
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
