"""What the supervisor tells Prometheus: of its parts, of the stores, and whom else to ask."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, make_wsgi_app
from typing_extensions import override

from embedded.ports import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Targets = Callable[[], Mapping[str, int]]


class Metrics:
    """Shows what `tradecast up` knows; one for each process.

    Args:
        registry: where metrics are kept.
    """

    def __init__(self, registry: CollectorRegistry = REGISTRY) -> None:
        def gauge(name: str, help_text: str, *labels: str) -> Gauge:
            return Gauge(f"tradecast_up_{name}", help_text, labels, registry=registry)

        self._seen: dict[str, int] = {}
        self._restarts = Counter(
            "tradecast_up_restarts",
            "Times that a part was started again because it had ended unasked.",
            ["part"],
            registry=registry,
        )
        self._running = gauge("running", "1 while a part's process lives.", "part")
        self._started = gauge(
            "start_time_seconds", "When a part's process was started, since 1970.", "part"
        )
        self._behind = gauge(
            "store_behind_seconds",
            "Age of the oldest rows on Redis that a store, or its spool, does not have.",
            "store",
        )
        self._free = gauge("home_free_bytes", "Space that is left on the disk of the home.")
        self._version = gauge("config_version", "Version of the configuration; 0 for none yet.")
        self._redis = gauge("redis_answers", "1 while Redis answers the supervisor.")

    def parts(self, facts: Sequence[Mapping[str, Any]]) -> None:
        """Show what the parts do (see `flows.supervisor.Part.facts`)."""
        for part in facts:
            name, restarts = part["name"], int(part["restarts"])
            self._restarts.labels(name).inc(max(0, restarts - self._seen.get(name, 0)))
            self._seen[name] = restarts
            self._running.labels(name).set(part["pid"] is not None)
            if part["started_at"]:
                self._started.labels(name).set(part["started_at"] / 1e6)
        for name in self._seen.keys() - {part["name"] for part in facts}:
            # Stopped for good: what is no more a part is not missing.
            del self._seen[name]
            for metric in (self._restarts, self._running, self._started):
                metric.remove(name)

    def stores(self, behind: Mapping[str, float]) -> None:
        """Show how far the stores are behind, in seconds."""
        for store, seconds in behind.items():
            self._behind.labels(store).set(seconds)

    def home(self, free: int, version: int | None) -> None:
        """Show the disk's free bytes, and the version of the configuration."""
        self._free.set(free)
        self._version.set(version or 0)

    def redis(self, *, answers: bool) -> None:
        """Show whether Redis answers."""
        self._redis.set(answers)


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Quiet(WSGIRequestHandler):
    @override
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: being asked is no event."""


@contextmanager
def serve(port: int, targets: Targets, registry: CollectorRegistry = REGISTRY) -> Iterator[None]:
    """Serve `/metrics`, and in `/targets` where all processes serve theirs.

    Args:
        port: on loopback.
        targets: gives the port of each process by its name. Prometheus reads them as the answer
            of an `http_sd_configs`; the name becomes the label `instance`, so that a process is
            the same one after a restart, on another port.
        registry: of the metrics.
    """
    metrics = make_wsgi_app(registry)

    def answer(environ: Any, start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/targets":
            found: Iterable[bytes] = metrics(environ, start_response)
            return found
        groups = [
            {"targets": [f"{LOOPBACK}:{number}"], "labels": {"instance": name}}
            for name, number in targets().items()
        ]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(groups).encode()]

    with make_server(LOOPBACK, port, answer, _Server, _Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield
        finally:
            server.shutdown()
            thread.join()
