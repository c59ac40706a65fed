"""One demo from its empty home to its exit code."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import settings as config_settings
from config import world as config_world
from embedded.home import open_home
from flows.configuration import apply_world
from flows.context import System, read_json
from flows.demo import alerts, outcome, prices, world
from flows.demo.check import check
from flows.demo.child import running, stop, wait_ready
from flows.demo.progress import Watch, step
from flows.demo.sender import Sender
from flows.errors import CommandError, Exit, complain
from flows.output import write_json
from flows.publish import stream_of
from flows.stores import STORES, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from config.world import World
    from flows.demo.alerts import Alert

_ACCOUNTS = 200
_NOTE_BYTES = 1 << 24
_POLL = 0.25
_ALIASES = {"GOLD": "XAUUSD"}


def run_demo(args: argparse.Namespace) -> int:
    """Run the demo that the arguments describe.

    Returns:
        0 if laws 1 and 2 hold, 1 if not.

    Raises:
        CommandError: it could not be run to its end.
    """
    began = time.monotonic()
    result = outcome.Outcome()
    # What ends the demo must still take its servers and files away.
    signal.signal(signal.SIGTERM, _interrupt)
    with _home(keep=args.keep) as directory, ExitStack() as stack:
        with step("making a world, and starting its system", show=not args.json):
            system = _system(args, directory)
            made = _world(args, directory)
            apply_world(system, made, "demo")
            names = symbol_names(made)
            feed = prices.write(
                system.prices_dir, names, args.prices, seed=args.seed, seconds=args.seconds
            )
            replay = _alerts(args, system, made, prices.price_at(feed))
            up = stack.enter_context(running(system))
            client = stack.enter_context(system.redis(once=True))
            wait_ready(system, client, made, up)
        sent = directory / "sent.ndjson"
        # What a full disk does not take waits in the buffer.
        with sent.open("w", encoding="utf-8", buffering=_NOTE_BYTES) as note:
            sender = Sender(client, system.settings.redis.durability, note)
            with Watch(system, client, len(replay), show=not args.json) as watch:
                sender.send(replay, lambda: watch.look(sender.sent))
                _wait_arrived(result, watch, sender.sent, args.patience)
        with step("stopping the system, and counting what came of it", show=not args.json):
            result.latency_ms["signal_to_stores"] = outcome.signal_to_stores(_archive_ports(system))
            stop(up)
            _account_for(result, system, sent, made)
        result.seconds = round(time.monotonic() - began, 1)
        _tell(result, args, made)
    return Exit.OK if result.ok else Exit.PROBLEMS


def symbol_names(made: World) -> dict[str, list[str]]:
    """Plain names of symbols, each with the names that brokers have for it."""
    plain = {(broker, own): name for (broker, _, name), own in made.symbol_map.items() if broker}
    names: dict[str, list[str]] = {}
    for broker, symbol in made.instruments:
        names.setdefault(plain.get((broker, symbol), symbol), []).append(symbol)
    return names


def _system(args: argparse.Namespace, directory: Path) -> System:
    settings = config_settings.load(args.config, directory, os.environ)
    return System(open_home(directory), settings, args.config)


@contextmanager
def _home(*, keep: bool) -> Iterator[Path]:
    directory = Path(tempfile.mkdtemp(prefix="tradecast-demo-"))
    try:
        yield directory
    finally:
        if keep:
            print(f"the home was kept: {directory}", file=sys.stderr)
        else:
            shutil.rmtree(directory, ignore_errors=True)


def _world(args: argparse.Namespace, directory: Path) -> World:
    """The world of the file that was named, of its first accounts if not all; else our own."""
    if args.world is not None:
        made = config_world.read(args.world)
        return world.first_accounts(made, args.accounts) if args.accounts else made
    file = directory / "world.toml"
    file.write_text(world.builtin(args.accounts or _ACCOUNTS, args.seed), encoding="utf-8")
    return config_world.read(file)


def _alerts(args: argparse.Namespace, system: System, made: World, price: Any) -> Sequence[Alert]:
    streams = system.settings.signals.streams
    if args.alerts is not None:
        found = alerts.read_file(args.alerts, streams)
        # As given: the order is kept, and an alert is never sent before the one above it.
        late = 0.0
        replay = []
        for alert in found:
            late = max(late, alert.at)
            replay.append(replace(alert, at=late))
        return replay
    followers = {
        key: sum(1 for strategy, _ in made.subscriptions if strategy == key)
        for key, strategy in made.strategies.items()
        if strategy.status == "active"
    }
    if not followers:
        raise CommandError("the world has no active strategy to make alerts for")
    big, *small = sorted(followers, key=lambda key: (-followers[key], key))
    retired = [key for key, strategy in made.strategies.items() if strategy.status != "active"]
    names = symbol_names(made)
    aliased = {own: alias for alias, own in _ALIASES.items() if ("", "", alias) in made.symbol_map}
    theme = alerts.Theme(
        big=big,
        small=small,
        inactive=retired[0] if retired else None,
        symbols=[aliased.get(name, name) for name in names],
        price=lambda symbol, at: price(_ALIASES.get(symbol, symbol), at),
        stream_of=lambda strategy: stream_of(strategy, streams),
    )
    return alerts.generate(theme, seed=args.seed, count=args.signals, seconds=args.seconds)


def _wait_arrived(result: outcome.Outcome, watch: Watch, sent: int, patience: float) -> None:
    deadline = time.monotonic() + patience
    while not watch.done(sent):
        if time.monotonic() > deadline:
            state = ", ".join(f"{name}: {counts}" for name, counts in watch.counts.items())
            result.problems.append(
                f"not all had arrived {patience:g} s after the last alert"
                f" ({state or 'no store answered'})"
            )
            return
        time.sleep(_POLL)


def _archive_ports(system: System) -> list[int]:
    files = [read_json(system.home.run_dir / f"archive-{store}.json") for store in STORES]
    return [int(facts["metrics_port"]) for facts in files if facts and facts.get("metrics_port")]


def _account_for(result: outcome.Outcome, system: System, sent: Path, made: World) -> None:
    """Count everything in the stores at rest, and in the brokers' books."""
    explained: set[str] = set()
    for name in STORES:
        with open_store(system, name) as store:
            outcome.count(result, store, name)
            if name == "clickhouse":
                outcome.match_entries(result, sent, store)
                outcome.describe(result, store)
                explained = outcome.hindered(store)
    result.problems += [
        f"stores differ: {row[0]} has {row[1]} rows in {STORES[0]}, {row[2]} in {STORES[1]}"
        for row in _differing(result.rows)
    ]
    books = check(sent, [system.instance_dir(key) / "terminal" for key in made.instances])
    result.duplicates += len(books.doubled)
    unexplained = [signal for signal in books.silent if signal not in explained]
    found = [
        ("order legs with two tickets", books.doubled),
        ("orders that no good alert asked for", books.strange),
        ("openings that nobody traded, and nothing hindered", unexplained),
    ]
    result.problems += [f"books: {len(each)} {what}" for what, each in found if each]


def _differing(rows: dict[str, dict[str, int]]) -> list[tuple[str, int, int]]:
    first, second = (rows[name] for name in STORES)
    return [(t, first[t], second[t]) for t in first if first[t] != second[t]]


def _tell(result: outcome.Outcome, args: argparse.Namespace, made: World) -> None:
    if not args.json:
        print(f"the world: {made}")
        outcome.show(result)
        return
    for problem in result.problems:
        complain(problem)
    write_json(result.as_json())


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt
