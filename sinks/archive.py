"""The batching frame as a Bytewax sink."""

from collections.abc import Callable, Sequence

from bytewax.outputs import FixedPartitionedSink, StatefulSinkPartition
from typing_extensions import override

from sinks.batch import BatchFrame
from sinks.batch_parts import Rows

PARTITION = "store"


class _Partition(StatefulSinkPartition[Sequence[Rows], None]):
    def __init__(self, frame: BatchFrame) -> None:
        self._frame = frame

    @override
    def write_batch(self, values: list[Sequence[Rows]]) -> None:
        for entries in values:
            self._frame.add(entries)

    @override
    def snapshot(self) -> None:
        self._frame.epoch_end()

    @override
    def close(self) -> None:
        # The frame belongs to whoever made it: this is called while a panic unwinds, too.
        pass


class ArchiveSink(FixedPartitionedSink[Sequence[Rows], None]):
    """At least once into a frame whose store shows each row once.

    Rows are durable at the end of the epoch in which they came, or stay unread: positions live
    in the store itself, so no recovery store is needed.
    """

    def __init__(self, frame: Callable[[], BatchFrame]) -> None:
        self._frame = frame

    @override
    def list_parts(self) -> list[str]:
        return [PARTITION]

    @override
    def build_part(self, step_id: str, for_part: str, resume_state: None) -> _Partition:
        return _Partition(self._frame())
