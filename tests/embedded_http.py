"""Requests to the embedded ClickHouse endpoint, as curl sends them."""

from __future__ import annotations

import base64
import http.client
import threading
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.servers import ClickHouseServer

PASSWORD = "clickhouse test password"
BASIC = {"Authorization": "Basic " + base64.b64encode(f"default:{PASSWORD}".encode()).decode()}


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str | None:
        return self.headers["X-ClickHouse-Exception-Code"]


def ask(
    server: ClickHouseServer,
    body: bytes | str | Iterable[bytes] = b"",
    *,
    method: str = "POST",
    path: str = "/",
    headers: dict[str, str] | None = None,
    **parameters: str | int,
) -> Answer:
    connection = http.client.HTTPConnection(server.host, server.port, timeout=60)
    try:
        target = f"{path}?{urlencode(parameters)}" if parameters else path
        if isinstance(body, str):
            body = body.encode()
        connection.request(method, target, body, BASIC if headers is None else headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def queries_running(server: ClickHouseServer) -> float:
    """Queries that run, asked for without one."""
    text = ask(server, method="GET", path="/metrics", headers={}).body.decode()
    (line,) = [x for x in text.splitlines() if x.startswith("tradecast_clickhouse_running ")]
    return float(line.split()[1])


def together(count: int, work: Callable[[int], None]) -> None:
    """Do work in threads, each with its number; fail if any of it fails."""
    failures: list[BaseException] = []

    def run(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(n,)) for n in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
