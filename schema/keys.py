"""Names of streams and keys on Redis.

The braces of `{17}:decisions` are Redis Cluster's hash tag: all keys of one account
partition, and all keys of one signal stream, live on one node, so that a script may
touch them together.
"""

from uuid import UUID


def signals(stream: int) -> str:
    """Stream that publishers write to."""
    return f"signals:{stream}"


def signal_results(stream: int) -> str:
    """Rows decided per signal rather than per account, for the archive."""
    return f"{{signals:{stream}}}:results"


def signal_mark(stream: int) -> str:
    """Hash: `mark` is the last entry whose per-signal rows were written."""
    return f"{{signals:{stream}}}:mark"


def signal_gaps(stream: int) -> str:
    """Capped stream of gaps that shards have noticed in a signal stream."""
    return f"{{signals:{stream}}}:gaps"


def identities(stream: int, day: str) -> str:
    """Hash signal_id -> record of its first entry, one per UTC day (`2026-11-21`)."""
    return f"{{signals:{stream}}}:identities:{day}"


def targets(stream: int) -> str:
    """Hash strategy and symbol -> last accepted target position."""
    return f"{{signals:{stream}}}:targets"


def decisions(partition: int) -> str:
    """Log of decisions, orders inside."""
    return f"{{{partition}}}:decisions"


def events(partition: int) -> str:
    """Log of what executors report."""
    return f"{{{partition}}}:events"


def results(partition: int) -> str:
    """Rows for the archive."""
    return f"{{{partition}}}:results"


def claims(partition: int) -> str:
    """Hash order_id -> `<owner hex>:<term>` or `closed:<outcome>`."""
    return f"{{{partition}}}:claims"


def lease(partition: int, instance: UUID) -> str:
    """`<owner hex>:<term>` of the executor that may claim for an instance, with expiry."""
    return f"{{{partition}}}:lease:{instance}"


def term(partition: int, instance: UUID) -> str:
    """Counter of leases ever given for an instance."""
    return f"{{{partition}}}:term:{instance}"


def journal(partition: int, owner: UUID) -> str:
    """How many sendings the journal of an executor has held; expires."""
    return f"{{{partition}}}:journal:{owner.hex}"


def snapshot(partition: int) -> str:
    """State of the partition at one of its decisions."""
    return f"{{{partition}}}:snapshot"


def stored(stream_key: str, store: str) -> str:
    """Position up to which a store has the rows of a results stream."""
    tag = stream_key[: stream_key.index("}") + 1]
    return f"{tag}:stored:{store}"


def quotes(broker: UUID) -> str:
    """Stream of prices of one broker, newest last, capped."""
    return f"quotes:{broker}"


def quotes_publisher(broker: UUID) -> str:
    """Short lease of the executor that publishes a broker's prices."""
    return f"quotes:{broker}:publisher"


def live(table: str) -> str:
    """Active copy of a configuration table (Arrow IPC stream)."""
    return f"{{config}}:{table}"


def fence(reader: str) -> str:
    """Counter that a reader writes to have all before it fsynced."""
    return f"fence:{reader}"


CONFIG_VERSION = "{config}:version"
WIRE_TYPES = "wire:types"


def state(partition: int, table: str, row_id: UUID) -> str:
    """Live state hash of one account, trade or execution."""
    return f"{{{partition}}}:{table}:{row_id}"


def shared_state(table: str, row_id: UUID) -> str:
    """Live state hash of what belongs to no partition: a broker or an instance."""
    return f"{table}:{row_id}"
