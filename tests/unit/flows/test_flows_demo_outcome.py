"""What a demo says of its latencies."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from embedded.ports import free_port
from flows.archive_metrics import LATENCY
from flows.demo.outcome import signal_to_stores


class _Metrics(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        buckets = {"0.1": 5, "0.5": 10, "+Inf": 10}
        lines = [f"# TYPE {LATENCY} histogram"]
        lines += [f'{LATENCY}_bucket{{le="{edge}"}} {total}' for edge, total in buckets.items()]
        self.send_response(200)
        self.end_headers()
        self.wfile.write("\n".join([*lines, ""]).encode())

    def log_message(self, *_: object) -> None:
        return


def test_an_archive_that_is_being_started_again_has_no_latency() -> None:
    assert signal_to_stores([free_port()]) == {"p50": None, "p99": None}


def test_the_slower_archive_is_told_also_beside_one_that_does_not_answer() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Metrics) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        found = signal_to_stores([free_port(), server.server_port])
        server.shutdown()
        thread.join()
    assert found == {"p50": 100.0, "p99": 500.0}
