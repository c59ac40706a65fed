"""`tradecast up`: servers, archives, trade and executors of one machine, under one supervisor."""

from __future__ import annotations

import logging
import os
import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

import redis

from config import live
from flows import (
    addresses,
    configuration,
    lag,
    servers,
    simulated_prices,
    up_metrics,
)
from flows.addresses import METRICS
from flows.chore import Chore
from flows.context import CLICKHOUSE, UP, System
from flows.errors import Exit
from flows.executors import ExecutorPart, Executors
from flows.launch import process_name
from flows.log_files import open_log
from flows.parts import ProcessPart, ServerPart
from flows.process import PARENT, RunFile, say, watch_signals
from flows.supervisor import Supervisor, command, flow_command
from flows.version_record import VersionRecord
from rules.errors import TradecastError
from sources.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Callable

LOG = logging.getLogger("tradecast.up")

# Started in this order, stopped in the reverse one.
SERVERS, ARCHIVES, FLOWS = 0, 1, 2
_LOOK_SECONDS = 1.0
_MEASURE_SECONDS = 5.0
# How long the stores may take to get the last rows before their archives are stopped; what they
# do not get then waits in the streams for the next start.
_DRAIN_SECONDS = 5.0


def serve(system: System) -> int:
    """Run the system until SIGTERM, SIGINT or SIGHUP.

    Raises:
        HomeLocked: another `up` runs on this home.
        PortBusy: a port of the settings is taken.
        ServerFailed: the embedded Redis does not come up.
    """
    _die_with_parent()
    stop = Stop()
    watch_signals(stop)
    with system.home.lock():
        open_log(system.home.log_dir, UP, system.settings.log.level)
        Up(system, stop).run()
    return Exit.OK


class Up:
    """One run of the system."""

    def __init__(self, system: System, stop: Stop) -> None:
        self._system = system
        self._stop = stop
        self._supervisor = Supervisor()
        self._ports: dict[str, int] = {}
        self._run_file = RunFile(system.home.run_dir / f"{UP}.json", UP)
        self._version: int | None = None
        self._executors = Executors(
            lambda instance: self._add(FLOWS, "execute", instance, "--instance", instance),
            self._supervisor.remove,
        )
        self._published = False
        # Of versions that were applied while ClickHouse was down.
        self._record = VersionRecord(lambda: configuration.record_versions(system, self._stopped))
        self._client = system.redis()
        self._metrics = up_metrics.Metrics()
        self._measure_at = 0.0
        home, hours = system.home, system.settings.maintain.every_hours
        self._maintenance = Chore(
            command("maintain", home=home.path, config=system.config),
            home.log_dir / "maintain.out",
            home.log_dir / "maintained",
            every=hours * 3600,
        )

    def run(self) -> None:
        """Start, watch, stop."""
        system = self._system
        with ExitStack() as stack:
            stack.callback(self._client.close)
            stack.callback(self._run_file.remove)
            stack.callback(self._supervisor.stop, (SERVERS,))
            stack.callback(self._maintenance.stop)
            stack.callback(self._stop_flows)
            self._ports = servers.start(system, self._supervisor, SERVERS, self._stopped)
            if self._stopped():
                return
            if system.settings.metrics.enabled:
                stack.enter_context(up_metrics.serve(self._ports[METRICS], self._targets))
            # Before any flow runs: who finds no word of this system opens its stores itself.
            self._tell("starting")
            self._publish()
            self._start_flows()
            self._look()
            self._start_analysis()
            if not self._stopped():
                self._welcome()
            self._watch(self._stopped)
            say("stopping")
        say("stopped")

    def _start_analysis(self) -> None:
        """Start the archive of ClickHouse, behind the embedded one if that answers in time.

        Trading runs by now, and goes on without both: what they do not get is kept for them.
        """
        part = self._supervisor.parts.get(CLICKHOUSE)
        if isinstance(part, ServerPart) and not servers.comes_up(part, self._watch, self._stopped):
            LOG.error("ClickHouse does not answer yet: %s", part.error)
            say(f"ClickHouse does not answer yet, trading goes on without it: see {part.output}")
        if not self._stopped():
            self._add(ARCHIVES, "archive", "clickhouse", "--store", "clickhouse")

    def _watch(self, until: Callable[[], bool]) -> None:
        self._supervisor.watch(until, self._look, _LOOK_SECONDS)

    def _stopped(self) -> bool:
        return self._stop.requested

    def _publish(self) -> None:
        """Give Redis the configuration that the control store has, if it is newer."""
        try:
            configuration.publish_stored(self._system, self._client)
            self._published = True
        except (redis.RedisError, TradecastError) as error:
            LOG.warning("cannot publish the configuration yet: %s", error)

    def _start_flows(self) -> None:
        shards = self._system.settings.trade.shards
        self._add(ARCHIVES, "archive", "duckdb", "--store", "duckdb")
        for shard in range(shards):
            self._add(FLOWS, "trade", shard, "--shard", f"{shard}/{shards}")
        parts = self._system.settings.snapshots.parts
        for part in range(parts):
            self._add(FLOWS, "snapshots", part, "--part", f"{part}/{parts}")

    def _add(self, stage: int, flow: str, which: object, *options: str) -> None:
        name = process_name(flow, which)
        home = self._system.home
        command = flow_command([flow, *options], home.path, self._system.config)
        kind = ExecutorPart if flow == "execute" else ProcessPart
        self._supervisor.add(kind(name, stage, command, home.log_dir / f"{name}.out", {}))

    def _look(self) -> None:
        """Follow the configuration, and tell what runs."""
        try:
            if not self._published:
                self._publish()
            self._follow_configuration()
            self._record.look(self._version, time.monotonic())
            self._measure()
        except redis.RedisError as error:
            LOG.warning("Redis does not answer: %s", error)
            self._metrics.redis(answers=False)
        except (OSError, TradecastError) as error:
            # A full disk, say. What runs goes on, and what failed is tried at the next look.
            LOG.error("cannot follow the configuration: %s", error)  # noqa: TRY400
        self._maintenance.look(time.time())
        self._metrics.parts(self._supervisor.facts())
        self._measure_home()
        self._tell("running")

    def _measure_home(self) -> None:
        try:
            free = shutil.disk_usage(self._system.home.path).free
        except OSError as error:
            LOG.error("cannot look at the disk of the home: %s", error)  # noqa: TRY400
            return
        self._metrics.home(free, self._version)

    def _tell(self, state: str) -> None:
        """Say in the run file that this system has the home, and what of it runs."""
        try:
            self._run_file.write(
                state=state,
                home=str(self._system.home.path),
                durability=self._system.settings.redis.durability,
                addresses=addresses.of(self._system, self._ports),
                config_version=self._version,
                metrics_port=self._ports.get(METRICS),
                parts=[*self._supervisor.facts(), *self._executors.undriven],
            )
        except OSError as error:
            # A full disk stops what has to write, not those who would start it again.
            LOG.error("cannot tell what runs: %s", error)  # noqa: TRY400

    def _measure(self) -> None:
        """Look at how far the stores are, now and then."""
        if time.monotonic() < self._measure_at:
            return
        self._measure_at = time.monotonic() + _MEASURE_SECONDS
        streams = self._system.settings.signals.streams
        self._metrics.stores(lag.behind_seconds(self._client, streams))
        self._metrics.redis(answers=True)

    def _targets(self) -> dict[str, int]:
        return addresses.metrics_ports(self._system, self._ports, list(self._supervisor.parts))

    def _follow_configuration(self) -> None:
        """Start and stop executors as the configuration's instances come and go."""
        version = live.version(self._client)
        if version == self._version or version is None:
            return
        loaded = live.load(self._client)
        if loaded is None:
            return
        version, tables = loaded
        simulated_prices.ensure(self._system.prices_dir, tables)
        self._executors.follow(tables)
        # Last of all: what has failed on the way is tried again.
        self._version = version

    def _welcome(self) -> None:
        say(f"Tradecast runs in {self._system.home.path}")
        for name, where in addresses.of(self._system, self._ports).items():
            told = where.get("url") or where["socket"]
            secret = f" (password in {where['password_file']})" if "password_file" in where else ""
            say(f"  {name:10} {told}{secret}")
        if self._version is None:
            say("  no brokers and accounts yet: tell it with `tradecast apply FILE.toml`")
        say("Ctrl-C stops it; `tradecast status` shows how it does.")

    def _stop_flows(self) -> None:
        self._supervisor.stop((FLOWS,))
        deadline = time.monotonic() + _DRAIN_SECONDS
        streams = self._system.settings.signals.streams
        try:
            while time.monotonic() < deadline and not lag.all_stored(self._client, streams):
                time.sleep(0.1)
        except (redis.RedisError, OSError) as error:
            LOG.warning("Redis does not answer while stopping: %s", error)
        self._supervisor.stop((ARCHIVES,))


def _die_with_parent() -> None:
    from embedded.launch import die_with_parent  # noqa: PLC0415

    parent = os.environ.pop(PARENT, "")
    if parent:
        die_with_parent(int(parent))
