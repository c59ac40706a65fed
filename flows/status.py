"""`tradecast status`: processes, lags, durability and last errors."""

from __future__ import annotations

import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from typing import TYPE_CHECKING, Any

import redis
from prometheus_client.parser import text_string_to_metric_families

from embedded.lock import holder
from embedded.processes import alive
from flows import health, lag
from flows.context import UP, System, read_json
from flows.errors import Exit, complain
from flows.log_files import last_error
from flows.output import chosen, write_json, write_rows

if TYPE_CHECKING:
    from pathlib import Path

# Longer than a process that works hard on a busy machine lets others wait.
_SCRAPE_SECONDS = 3.0
_MEBIBYTE = 1 << 20
# What of the facts stands in the tables, and its heading: both fit on 80 columns.
_PROCESSES = {
    "name": "name",
    "state": "state",
    "pid": "pid",
    "uptime_seconds": "up_s",
    "restarts": "restarts",
    "memory_mb": "mb",
    "last_error": "last_error",
}
_STREAMS = {
    "streams": "streams",
    "entries": "entries",
    "newest_seconds_ago": "newest_s",
    "behind_clickhouse": "clickhouse",
    "lag_seconds_clickhouse": "lag_s",
    "behind_duckdb": "duckdb",
    "lag_seconds_duckdb": "lag_s",
}


def show(system: System, wanted: str | None) -> int:
    """Print the status.

    Returns:
        0 if all is well, 1 if a part is not, 69 if the system is down.
    """
    facts = look(system)
    if chosen(wanted) == "json":
        write_json(facts)
    else:
        _print(facts, wanted)
    if facts["state"] == "down":
        complain(f"the system is down in {system.home.path}; start it with `tradecast up`")
        return Exit.UNAVAILABLE
    return Exit.PROBLEMS if facts["problems"] or facts["error"] else Exit.OK


def look(system: System) -> dict[str, Any]:
    """What the status says, as one value; times are seconds."""
    up = system.running()
    streams: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    error = ""
    try:
        with system.redis() as client:
            found = lag.look(client, system.settings.signals.streams)
            gaps = lag.gaps(client, system.settings.signals.streams)
        streams = [
            {
                "streams": one.name,
                "entries": one.entries,
                "newest_seconds_ago": _ago(one.last_ms * 1000) if one.last_ms else None,
                **{f"behind_{store}": count for store, count in one.behind.items()},
                **{f"lag_seconds_{store}": age for store, age in one.seconds.items()},
            }
            for one in found
        ]
    except (redis.RedisError, OSError) as failure:
        error = f"Redis does not answer: {failure}" if up else ""
    parts = _processes(system, up)
    version = None if up is None else up.get("config_version")
    return {
        "state": "down" if up is None else "up",
        "home": str(system.home.path),
        "durability": system.settings.redis.durability,
        "config_version": version,
        "addresses": {} if up is None else up.get("addresses", {}),
        "processes": parts,
        "streams": streams,
        "gaps": [_aged(gap) for gap in gaps],
        "error": error,
        "problems": []
        if up is None
        else health.problems(parts, streams, configured=version is not None),
    }


def _aged(gap: dict[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in gap.items() if name != "noticed_at"}
    return {**shown, "noticed_seconds_ago": _ago(gap["noticed_at"])}


def _processes(system: System, up: dict[str, Any] | None) -> list[dict[str, Any]]:
    """Supervised parts, and flows that were started by hand."""
    known: dict[str, dict[str, Any]] = {}
    if up is not None:
        known[UP] = {"name": UP, "pid": up["pid"], "started_at": up["started_at"], "restarts": 0}
        known |= {part["name"]: dict(part) for part in up.get("parts", [])}
    files = [path for path in sorted(system.home.run_dir.glob("*.json")) if path.stem != UP]
    for path in files:
        facts = read_json(path)
        if facts is None or "name" not in facts or "pid" not in facts:
            continue
        # Who holds its own directory: its process id may be another's by now.
        held = holder(system.home.recovery_dir / facts["name"]) == facts["pid"]
        lives = held and facts.get("state") == "running"
        if facts["name"] in known or lives or up is None:
            known.setdefault(facts["name"], {}).update(_of_file(facts, lives=lives))
    with ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda part: _process(part, system.home.log_dir), known.values()))


def _of_file(facts: dict[str, Any], *, lives: bool) -> dict[str, Any]:
    if not lives:
        return {"name": facts["name"], "error": facts.get("error", "")}
    return {name: facts[name] for name in ("name", "pid", "started_at", "metrics_port")}


def _process(part: dict[str, Any], logs: Path) -> dict[str, Any]:
    pid = part.get("pid")
    lives = pid is not None and alive(int(pid))
    # A flow's own file names its port, and None if it was started without metrics.
    serves = part.get("metrics_port", "") is not None
    metrics = _scrape(part.get("metrics_port")) if lives else None
    started_at = part.get("started_at") if lives else None
    return {
        "name": part["name"],
        "state": "running" if lives else part.get("state", "stopped"),
        "pid": pid if lives else None,
        "uptime_seconds": _ago(started_at) if started_at else None,
        "restarts": part.get("restarts", 0),
        "memory_mb": _memory(int(pid)) if lives and pid is not None else None,
        "metrics_port": part.get("metrics_port") if lives else None,
        "answers": metrics is not None if serves else None,
        "metrics": metrics or {},
        "last_error": part.get("error") or _since(started_at, last_error(logs, part["name"])),
    }


def _since(started_at: int | None, error: str) -> str:
    """An error with its time, unless a process that lives has been started since."""
    if not started_at:
        return error
    seconds, micros = divmod(started_at, 1_000_000)
    began = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return error if error >= f"{began}.{micros // 1000:03d}Z" else ""


def _scrape(port: int | None) -> dict[str, float] | None:
    """Our own metrics of a process, without buckets; labels in braces; None if it tells none."""
    if port is None:
        return None
    try:
        with urllib.request.urlopen(
            f"http://127.0.0.1:{port}/metrics", timeout=_SCRAPE_SECONDS
        ) as answer:
            text = answer.read().decode()
    except (OSError, ValueError, HTTPException):
        return None
    return {
        _spelled(sample.name, sample.labels): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("tradecast_")
        and not sample.name.endswith(("_bucket", "_created"))
    }


def _spelled(name: str, labels: dict[str, str]) -> str:
    inside = ",".join(f"{key}={value}" for key, value in labels.items())
    return f"{name}{{{inside}}}" if inside else name


def _memory(pid: int) -> float | None:
    """Resident memory in MiB; None where the system does not tell."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - not a file
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    import resource  # noqa: PLC0415 - not on Windows, which has no /proc either

    return round(pages * resource.getpagesize() / _MEBIBYTE, 1)


def _ago(micros: int) -> float:
    return round(max(0.0, time.time() - micros / 1_000_000), 1)


def _print(facts: dict[str, Any], wanted: str | None) -> None:
    print(f"Tradecast is {facts['state']} in {facts['home']}")
    print(f"durability {facts['durability']}; configuration version {facts['config_version']}")
    for name, where in facts["addresses"].items():
        print(f"{name}: {where.get('url') or where.get('socket')}")
    for line in (facts["error"], *facts["problems"]):
        if line:
            print(line)
    for title, known in (("processes", _PROCESSES), ("streams", _STREAMS)):
        if facts[title]:
            rows = [[one.get(name) for name in known] for one in facts[title]]
            write_rows(tuple(known.values()), rows, wanted, title=title)
    if facts["gaps"]:
        names = list(facts["gaps"][0])
        rows = [list(gap.values()) for gap in facts["gaps"]]
        write_rows(names, rows, wanted, title="signals lost, trimmed or deleted by others")
