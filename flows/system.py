"""`tradecast up`: servers, archives, trade and executors of one machine, under one supervisor."""

from __future__ import annotations

import logging
import shutil
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import redis

from config import live
from flows import addresses, configuration, lag, servers, simulated_prices, up_metrics
from flows.addresses import METRICS
from flows.chore import Chore
from flows.context import UP, System
from flows.errors import Exit
from flows.launch import process_name
from flows.log_files import open_log
from flows.parts import ProcessPart, ServerPart
from flows.process import PARENT, RunFile, watch_signals, write_json
from flows.supervisor import Supervisor, command, flow_command
from flows.version_record import VersionRecord
from rules.errors import TradecastError
from sources.stop import Stop

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa


LOG = logging.getLogger("tradecast.up")

# Started in this order, stopped in the reverse one.
SERVERS, ARCHIVES, FLOWS = 0, 1, 2
_LOOK_SECONDS = 1.0
_MEASURE_SECONDS = 5.0
# How long the stores may take to get the last rows before their archives are stopped; what they
# do not get then waits in the streams for the next start.
_DRAIN_SECONDS = 5.0


def serve(system: System) -> int:
    """Run the system until SIGTERM or SIGINT.

    Raises:
        HomeLocked: another `up` runs on this home.
        PortBusy: a port of the settings is taken.
        ServerFailed: an embedded server does not come up.
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
        self._terminals: dict[str, tuple[str, str]] = {}
        self._published = False
        # Of versions that were applied while ClickHouse was down.
        self._record = VersionRecord(
            lambda: configuration.record_versions(system, lambda: stop.requested)
        )
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
        with ExitStack() as stack:
            stack.callback(self._client.close)
            stack.callback(self._run_file.remove)
            stack.callback(self._supervisor.stop, (SERVERS,))
            stack.callback(self._maintenance.stop)
            stack.callback(self._stop_flows)
            self._start_servers()
            if self._stop.requested:
                return
            if self._system.settings.metrics.enabled:
                stack.enter_context(up_metrics.serve(self._ports[METRICS], self._targets))
            # Before any flow runs: who finds no word of this system opens its stores itself.
            self._tell("starting")
            self._publish()
            self._start_flows()
            self._look()
            self._welcome()
            self._supervisor.watch(lambda: self._stop.requested, self._look, _LOOK_SECONDS)
            print("stopping", flush=True)
        print("stopped", flush=True)

    def _start_servers(self) -> None:
        self._ports = servers.choose_ports(self._system)
        embedded = servers.embedded(self._system, self._ports)
        for server in embedded:
            # Before it is kept running: what is wrong at the start is for the user to mend.
            server.start()
            self._supervisor.add(ServerPart(server, SERVERS))
        for server in embedded:
            server.wait_ready(30.0)
        write_json(self._system.ports_file, self._ports)

    def _publish(self) -> None:
        """Give Redis the configuration that the control store has, if it is newer."""
        try:
            configuration.publish_stored(self._system, self._client)
            self._published = True
        except (redis.RedisError, TradecastError) as error:
            LOG.warning("cannot publish the configuration yet: %s", error)

    def _start_flows(self) -> None:
        shards = self._system.settings.trade.shards
        for store in ("duckdb", "clickhouse"):
            self._add(ARCHIVES, "archive", store, "--store", store)
        for shard in range(shards):
            self._add(FLOWS, "trade", shard, "--shard", f"{shard}/{shards}")
        parts = self._system.settings.snapshots.parts
        for part in range(parts):
            self._add(FLOWS, "snapshots", part, "--part", f"{part}/{parts}")

    def _add(self, stage: int, flow: str, which: object, *options: str) -> None:
        name = process_name(flow, which)
        home = self._system.home
        command = flow_command([flow, *options], home.path, self._system.config)
        self._supervisor.add(ProcessPart(name, stage, command, home.log_dir / f"{name}.out", {}))

    def _look(self) -> None:
        """Follow the configuration, and tell what runs."""
        try:
            if not self._published:
                self._publish()
            self._follow_configuration()
            self._record.look(self._version, time.monotonic())
            self._measure()
        except (redis.RedisError, OSError) as error:
            LOG.warning("Redis does not answer: %s", error)
            self._metrics.redis(answers=False)
        self._maintenance.look(time.time())
        self._metrics.parts(self._supervisor.facts())
        self._metrics.home(shutil.disk_usage(self._system.home.path).free, self._version)
        self._tell("running")

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
                parts=self._supervisor.facts(),
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
        self._version, tables = loaded
        simulated_prices.ensure(self._system.prices_dir, tables)
        wanted = _terminals(tables)
        for name in [name for name in self._terminals if self._terminals[name] != wanted.get(name)]:
            # Gone, or of another kind now: a terminal knows its symbols from its start.
            self._supervisor.remove(name)
        for name, (instance, _) in wanted.items():
            if name not in self._supervisor.parts:
                self._add(FLOWS, "execute", instance, "--instance", instance)
        self._terminals = wanted

    def _welcome(self) -> None:
        print(f"Tradecast runs in {self._system.home.path}")
        for name, where in addresses.of(self._system, self._ports).items():
            told = where.get("url") or where["socket"]
            secret = f" (password in {where['password_file']})" if "password_file" in where else ""
            print(f"  {name:10} {told}{secret}")
        if self._version is None:
            print("  no brokers and accounts yet: tell it with `tradecast apply FILE.toml`")
        print("Ctrl-C stops it; `tradecast status` shows how it does.", flush=True)

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


def _terminals(tables: Mapping[str, pa.Table]) -> dict[str, tuple[str, str]]:
    """Processes of the simulated terminals: the instance of each, and what its symbols are.

    A real terminal's executor runs on the terminal's own host.
    """
    listed: dict[bytes, list[dict[str, Any]]] = {}
    for row in tables["instruments"].to_pylist():
        listed.setdefault(row["broker_id"], []).append(row)
    return {
        process_name("execute", row["key"]): (row["key"], repr(listed.get(row["broker_id"])))
        for row in tables["instances"].to_pylist()
        if row["driver"] == "simulated"
    }


def _die_with_parent() -> None:
    import os  # noqa: PLC0415 - for the one variable that a parent sets

    from embedded.launch import die_with_parent  # noqa: PLC0415

    parent = os.environ.pop(PARENT, "")
    if parent:
        die_with_parent(int(parent))
