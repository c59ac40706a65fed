"""Servers for the whole suite: one of each per pytest process, started when first asked for."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hypothesis import settings

from tests import migrated
from tests.long import LONG
from tests.servers import ClickHouseServer, MemoryBound, ValkeyServer

if TYPE_CHECKING:
    from collections.abc import Iterator

    import redis
    from clickhouse_connect.driver.client import Client


def pytest_configure(config: pytest.Config) -> None:
    """Set where the processes of this run share what takes long to make."""
    if migrated.SHARED not in os.environ:
        os.environ[migrated.SHARED] = tempfile.mkdtemp(prefix="tradecast-tests-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(migrated.SHARED)))
    _give_polars_one_thread()
    # How long an example takes is the machine's affair.
    settings.register_profile("untimed", deadline=None)
    settings.load_profile("untimed")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long forms of tests, unless they are asked for."""
    if not LONG:
        left = [item for item in items if item.get_closest_marker("long")]
        items[:] = [item for item in items if not item.get_closest_marker("long")]
        config.hook.pytest_deselected(items=left)


def pytest_collection_finish() -> None:
    """Let no test look for garbage in what stays to the end: modules, and all other tests.

    Frames and expressions are many small objects, and no garbage: with Python's threshold of 700,
    tests of KPIs look for it a tenth of their time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000)


def pytest_unconfigure() -> None:
    """Give back what was frozen, so that DuckDB's bindings find nothing left."""
    gc.unfreeze()


def _give_polars_one_thread() -> None:
    """Let the threads of Polars not wait for each other: tests run side by side, on small frames.

    Its pool is made when it is first asked for. What tests start has one of its own.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POLARS_MAX_THREADS", "1")
        pl.thread_pool_size()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests together that share servers, where several processes run them."""
    from tests.scheduling import ByServers  # noqa: PLC0415 - pytest may run without xdist

    return ByServers(config, log)


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ValkeyServer]:
    """A running Valkey; its data lasts as long as the session."""
    with ValkeyServer(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def redis_client(valkey: ValkeyServer) -> Iterator[redis.Redis]:
    """A client of the shared Valkey, which is emptied first; replies are bytes."""
    valkey.flush()
    with valkey.client() as client:
        yield client


@pytest.fixture
def memory_bound(redis_client: redis.Redis) -> Iterator[MemoryBound]:
    """The bound of the shared Valkey's memory; afterwards it is what it was."""
    bound = MemoryBound(redis_client)
    yield bound
    bound.restore()


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """A running ClickHouse endpoint; tests that need an empty one make a database of their own."""
    with ClickHouseServer(tmp_path_factory.mktemp("clickhouse")) as server:
        yield server


@pytest.fixture(scope="module")
def migrated_clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ClickHouseServer]:
    """A ClickHouse endpoint of the module's own, with all tables."""
    with ClickHouseServer(tmp_path_factory.mktemp("migrated"), migrated=True) as server:
        yield server


@pytest.fixture
def clickhouse_client(clickhouse: ClickHouseServer) -> Iterator[Client]:
    """A clickhouse-connect client of the shared endpoint, in the database `default`."""
    with clickhouse.client() as client:
        yield client
