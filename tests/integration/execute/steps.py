"""The steps of the execute flow around the bench's executor, turn by turn."""

from prometheus_client import CollectorRegistry

from config import change, live, world
from config.settings import Settings
from flows import terminals
from flows.execute_desk import Desk
from flows.execute_metrics import Metrics
from sinks.events import EventsWriter
from sources.orders import Turn
from tests.integration.execute.bench import INSTANCE, NOW, Bench
from tests.integration.trade.desk import WORLD

SECOND = 1_000_000


class Flow:
    """The steps of the flow around the bench's executor."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._registry = CollectorRegistry()
        tables = change.apply(world.parse(WORLD), None, NOW).tables
        live.publish(bench.client, tables, 1)
        self.desk = Desk(
            bench.client, Settings(), terminals.load(bench.client, "one"), bench.executor,
            EventsWriter(bench.client, INSTANCE), Metrics("one", self._registry),
        )  # fmt: skip

    def turn(self, after: float = 0.0, *, fresh: bool = False) -> None:
        """One turn without entries, so many seconds after the last."""
        self._bench.now += round(after * SECOND)
        self.take(Turn(now=self._bench.now, fresh=fresh))

    def take(self, turn: Turn) -> None:
        """Lead a turn through all steps."""
        desk = self.desk
        for name, step in (("claim", desk.claim), ("send", desk.send), ("confirm", desk.confirm)):
            desk.guarded(name, step)(turn)

    def metric(self, name: str, **labels: str) -> float:
        found = self._registry.get_sample_value(
            f"tradecast_execute_{name}", {"terminal": "one", **labels}
        )
        return found or 0.0
