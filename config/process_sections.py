"""Settings of the processes: intake, trading, execution, archive, chores, metrics and log."""

from __future__ import annotations

from typing import Annotated

from config.fields import Section, rule


class Signals(Section, frozen=True):
    """The streams that publishers write to."""

    streams: Annotated[
        int,
        rule(
            "Number of signal streams, `signals:0` and up; the same for the system and who sends.",
            least=1,
            most=1024,
        ),
    ] = 1


class Trade(Section, frozen=True):
    """The flow that decides."""

    shards: Annotated[
        int, rule("Processes that share the 64 account partitions.", least=1, most=64)
    ] = 1
    epoch_ms: Annotated[
        int, rule("Length of a Bytewax epoch, in milliseconds.", least=10, most=60_000)
    ] = 1000
    snapshot_seconds: Annotated[
        float,
        rule("Time between stored snapshots of a partition's state.", least=1, most=86_400),
    ] = 60.0
    spool_mb: Annotated[
        int,
        rule(
            "Disk for rows that Redis has no memory for, per shard, in MiB. When it is full, new"
            " exposure stops.",
            least=16,
            most=16_777_216,
        ),
    ] = 1024
    expiry_grace_seconds: Annotated[
        float,
        rule(
            "How long an order that nobody claimed may be overdue before the shard expires it: a"
            " living executor does so itself.",
            least=0,
            most=86_400,
        ),
    ] = 15.0
    idle_decision_seconds: Annotated[
        float,
        rule("A partition without signals logs an empty decision this often.", least=1, most=3600),
    ] = 60.0
    max_balance_age_s: Annotated[
        float,
        rule(
            "A balance older than this sizes no order (`BALANCE_STALE`). Seconds.",
            above=0,
            most=86_400,
        ),
    ] = 120.0
    max_quote_age_s: Annotated[
        float,
        rule(
            "A price older than this sizes no order (`QUOTE_STALE`, `RATE_STALE`). Seconds.",
            above=0,
            most=86_400,
        ),
    ] = 30.0


class Execute(Section, frozen=True):
    """The flow that drives a terminal."""

    lease_s: Annotated[
        float,
        rule("How long an executor may claim orders without renewing. Seconds.", least=1, most=300),
    ] = 10.0
    poll_ms: Annotated[
        int, rule("Time between looks at the terminal, in milliseconds.", least=5, most=10_000)
    ] = 100
    marks_seconds: Annotated[
        float, rule("Time between account marks (balance, equity).", least=0.2, most=600)
    ] = 5.0
    quotes_ms: Annotated[
        int, rule("Shortest time between published prices, in milliseconds.", least=50, most=60_000)
    ] = 250
    quotes_idle_seconds: Annotated[
        float, rule("Prices are published this often although none changed.", least=1, most=600)
    ] = 5.0
    deviation_points: Annotated[
        int, rule("Slippage that a market order accepts, in points.", least=0, most=100_000)
    ] = 20
    attempts: Annotated[
        int,
        rule(
            "How often an order is sent that the broker surely did not execute (requote, too many"
            " requests). What did not reach the broker counts as none.",
            least=1,
            most=100,
        ),
    ] = 5
    watch_days: Annotated[
        float,
        rule("How long an unresolved order is looked for at the broker. Days.", above=0, most=365),
    ] = 7.0
    journal_mb: Annotated[
        float,
        rule(
            "Size from which the journal is rewritten with what is still needed, once it has"
            " doubled. MiB.",
            above=0,
            most=65_536,
        ),
    ] = 32.0


class Archive(Section, frozen=True):
    """The flow that writes the stores, one process for each."""

    flush_rows: Annotated[
        int, rule("Rows that are written at the latest together.", least=1, most=1_000_000)
    ] = 50_000
    flush_ms: Annotated[
        int, rule("Age at which rows are written, in milliseconds.", least=10, most=600_000)
    ] = 1000
    spool_mb: Annotated[
        int,
        rule(
            "Disk for rows that a store cannot take now, in MiB. When it is full, new exposure"
            " stops.",
            least=16,
            most=16_777_216,
        ),
    ] = 2048
    retry_max_s: Annotated[
        float,
        rule("Longest pause between attempts on a failing store. Seconds.", above=0, most=3600),
    ] = 15.0


class Maintain(Section, frozen=True):
    """What `tradecast maintain` does, and `tradecast up` now and then."""

    every_hours: Annotated[
        float,
        rule("Time between runs of `tradecast up`'s own; 0 for none. Hours.", least=0, most=8760),
    ] = 24.0
    audit_days: Annotated[
        int,
        rule(
            "How long the audit of changes and logins is kept, in days: seven years. Less than"
            " three are not lawful. Where `system_config` asks for more, that holds.",
            least=1096,
            most=36_525,
        ),
    ] = 2557


class Snapshots(Section, frozen=True):
    """The flow that builds days and KPIs of accounts."""

    source: Annotated[
        str, rule("The store that the books are read from.", words=("duckdb", "clickhouse"))
    ] = "duckdb"
    parts: Annotated[
        int, rule("Processes that share the 64 account partitions.", least=1, most=64)
    ] = 1
    delay_seconds: Annotated[
        float,
        rule(
            "How long after midnight (UTC) it begins, so that the last rows of the day are stored.",
            least=0,
            most=43_200,
        ),
    ] = 60.0
    retry_seconds: Annotated[
        float, rule("Pause before another attempt on a store that failed.", least=1, most=3600)
    ] = 30.0


class Metrics(Section, frozen=True):
    """What processes tell about themselves on loopback."""

    enabled: Annotated[bool, rule("Serve Prometheus metrics, each process on its own port.")] = True
    port: Annotated[
        int,
        rule(
            "Port of `tradecast up`, which tells Prometheus of all others; 0 chooses a free one"
            " and keeps it.",
            least=0,
            most=65535,
        ),
    ] = 0


class Log(Section, frozen=True):
    """The processes' log files in the home."""

    level: Annotated[
        str,
        rule("What is worth a line.", words=("debug", "info", "warning", "error")),
    ] = "info"
