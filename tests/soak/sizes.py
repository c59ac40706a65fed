"""How large everything is that could grow."""

import os
import resource
from collections import defaultdict
from pathlib import Path
from typing import Any

import redis

from operators.execution import Executor
from operators.shard import Shard
from operators.upkeep import Upkeep

Sizes = dict[str, int]


def kind_of(key: str) -> str:
    """What a key is, without the number, id or day in it: `{17}:events` is `events`."""
    parts = [p for p in key.split(":") if not p.startswith("{") and not p.endswith("}")]
    named = [p for p in parts if not p[:1].isdigit() and len(p) < 32]
    return ":".join(named) or key


def of_redis(client: Any) -> Sizes:
    """Bytes by kind of key, and of the whole."""
    sizes: dict[str, int] = defaultdict(int)
    names = list(client.scan_iter(count=1000))
    pipe = client.pipeline(transaction=False)
    for name in names:
        pipe.memory_usage(name, samples=20)
    for name, used in zip(names, pipe.execute(), strict=True):
        sizes[f"redis {kind_of(name.decode())}"] += used or 0
    sizes["redis keys"] = len(names)
    sizes["redis used"] = client.info("memory")["used_memory"]
    return sizes


def of_shard(shard: Shard, upkeep: Upkeep) -> Sizes:
    """Rows of the shard's memory, and what stands beside it."""
    state = shard.state
    return {
        "shard orders": state.orders.count,
        "shard pairs": state.pairs.count,
        "shard trades": state.trades.count,
        "shard accounts": state.accounts.count,
        "shard positions": len(state.positions),
        "shard rows not shown": shard.live.waiting,
        "shard decisions unwritten": len(shard.decisions),
        "shard expiries tried": len(upkeep._tried),
    }


def of_executor(executor: Executor) -> Sizes:
    """What the executor and its journal hold."""
    memory, journal = executor.memory, executor.journal
    return {
        "executor outcomes": len(memory.outcomes),
        "executor tickets": len(memory.tickets),
        "executor tokens": len(memory.tokens),
        "executor by ticket": len(memory.by_ticket),
        "executor legs": len(memory.legs),
        "executor waiting": len(executor.waiting),
        "executor watched": len(executor.watched),
        "journal known": len(journal.known),
        "journal finished": len(journal.state.finished),
        "journal recent": len(journal.state.recent),
        "journal bytes": journal.size,
    }


def of_files(**directories: Path) -> Sizes:
    """Bytes under directories."""
    return {
        f"disk {name}": sum(p.stat().st_size for p in directory.rglob("*") if p.is_file())
        for name, directory in directories.items()
    }


def resident() -> int:
    """Bytes of this process' memory."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() if os.name == "posix" else 0


def forget_ttls(client: redis.Redis, seconds: float) -> None:
    """Let Redis' expiries come nearer, as if so much time had passed."""
    names: Any = list(client.scan_iter(count=1000))
    pipe: Any = client.pipeline(transaction=False)
    for name in names:
        pipe.pttl(name)
    left = pipe.execute()
    for name, ttl in zip(names, left, strict=True):
        if ttl >= 0:
            pipe.pexpire(name, max(1, int(ttl - seconds * 1000)))
    pipe.execute()
