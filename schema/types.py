"""The logical types of columns: one line each, the spellings of all stores side by side.

What a NumPy value means is part of the type: `zero_is_none` says that 0 (or the nil id)
stands for "not there" in the logs, and becomes null where the column may be null.

Arrow and Polars are each loaded by who asks for a type of theirs (see `schema.arrow_types` and
`schema.polars_types`): a server that reads names and rules of tables does without both, and a
process that writes rows without Polars.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Literal

from schema.codes import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Callable

    import polars as pl

    from schema.enums import Vocabulary

FrameType = Literal[
    "bool",
    "int32",
    "int64",
    "uint64",
    "float64",
    "decimal",
    "date",
    "timestamp",
    "id",
    "text",
    "words",
]

DECIMAL_PLACES = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class LogicalType:
    """What a column holds, and how each store spells it.

    Attributes:
        name: Name in documentation and error messages.
        frame: What Arrow and Polars take it for, in batches and on the wire.
        duckdb: DuckDB column type.
        clickhouse: ClickHouse column type, without `Nullable`.
        postgres: PostgreSQL column type.
        numpy: Type of the values in the logs: money as int64 of 1e-8, times as int64
            microseconds, ids as V16, enums as their numbers.
        codec: ClickHouse compression codec, empty for the server's default.
        low: Whether ClickHouse stores it as a dictionary (LowCardinality).
        zero_is_none: Whether a NumPy zero means "not there".
        words: Spelling of each number of a vocabulary, None where a number is unused.
        closed: Whether the stores refuse words that are not in `words`.
        length: Most characters of a text, 0 for any number.
    """

    name: str
    frame: FrameType
    duckdb: str
    clickhouse: str
    postgres: str
    numpy: str
    codec: str = ""
    low: bool = False
    zero_is_none: bool = False
    words: tuple[str | None, ...] = ()
    closed: bool = False
    length: int = 0

    @cached_property
    def arrow(self) -> Any:
        """Arrow type of rows on the wire and in batches."""
        from schema import arrow_types  # noqa: PLC0415 - see above

        return arrow_types.arrow(self)

    @cached_property
    def polars(self) -> pl.DataType:
        """Polars type."""
        from schema import polars_types  # noqa: PLC0415 - see above

        return polars_types.polars(self)


def _decimal(name: str, *, zero_is_none: bool) -> LogicalType:
    return LogicalType(
        name=name,
        frame="decimal",
        duckdb="DECIMAL(18, 8)",
        clickhouse="Decimal(18, 8)",
        postgres="NUMERIC(18, 8)",
        numpy="<i8",
        codec="ZSTD(1)",
        zero_is_none=zero_is_none,
    )


MONEY = _decimal("money", zero_is_none=False)
PRICE = _decimal("price", zero_is_none=True)
VOLUME = _decimal("volume", zero_is_none=True)

UUID = LogicalType(
    name="uuid",
    frame="id",
    duckdb="UUID",
    clickhouse="UUID",
    postgres="UUID",
    numpy="V16",
    zero_is_none=True,
)
TIMESTAMP = LogicalType(
    name="timestamp",
    frame="timestamp",
    duckdb="TIMESTAMPTZ",
    clickhouse="DateTime64(6, 'UTC')",
    postgres="TIMESTAMPTZ",
    numpy="<i8",
    codec="Delta, ZSTD(1)",
    zero_is_none=True,
)
DATE = LogicalType(
    name="date",
    frame="date",
    duckdb="DATE",
    clickhouse="Date32",
    postgres="DATE",
    numpy="<i4",
)
RATIO = LogicalType(
    name="ratio",
    frame="float64",
    duckdb="DOUBLE",
    clickhouse="Float64",
    postgres="DOUBLE PRECISION",
    numpy="<f8",
    codec="ZSTD(1)",
)
INT = LogicalType(
    name="int",
    frame="int32",
    duckdb="INTEGER",
    clickhouse="Int32",
    postgres="INTEGER",
    numpy="<i4",
)
BIGINT = LogicalType(
    name="bigint",
    frame="int64",
    duckdb="BIGINT",
    clickhouse="Int64",
    postgres="BIGINT",
    numpy="<i8",
    codec="ZSTD(1)",
)
# A broker's number for an order, a deal or a position; 0 is MT5's "none".
TICKET = LogicalType(
    name="ticket",
    frame="int64",
    duckdb="BIGINT",
    clickhouse="Int64",
    postgres="BIGINT",
    numpy="<i8",
    codec="ZSTD(1)",
    zero_is_none=True,
)
VERSION = LogicalType(
    name="version",
    frame="uint64",
    duckdb="UBIGINT",
    clickhouse="UInt64",
    postgres="NUMERIC(20)",
    numpy="<u8",
    codec="Delta, ZSTD(1)",
)
BOOL = LogicalType(
    name="bool",
    frame="bool",
    duckdb="BOOLEAN",
    clickhouse="Bool",
    postgres="BOOLEAN",
    numpy="|b1",
)
JSON = LogicalType(
    name="json",
    frame="text",
    duckdb="JSON",
    clickhouse="String",
    postgres="JSONB",
    numpy="|O",
    codec="ZSTD(3)",
)


def _text(name: str, postgres: str, *, length: int = 0, low: bool = False) -> LogicalType:
    return LogicalType(
        name=name,
        frame="text",
        duckdb="VARCHAR",
        clickhouse="String",
        postgres=postgres,
        numpy="|S",
        codec="" if low else "ZSTD(1)",
        low=low,
        zero_is_none=True,
        length=length,
    )


TEXT = _text("text", "TEXT")
# An IPv4 or IPv6 address in its canonical spelling.
ADDRESS = _text("address", "INET")


@cache
def text(length: int) -> LogicalType:
    """Return the type of a text of at most `length` characters; the writer holds the limit."""
    return _text(f"text({length})", f"VARCHAR({length})", length=length)


@cache
def label(length: int) -> LogicalType:
    """Return the type of a text with few distinct values: a symbol, a currency, a key."""
    return _text(f"label({length})", f"VARCHAR({length})", length=length, low=True)


def _vocabulary(
    name: str, kind: type[Vocabulary], spell: Callable[[Vocabulary], str], *, closed: bool
) -> LogicalType:
    words: list[str | None] = [None] * (max(kind) + 1)
    for member in kind:
        words[member] = spell(member)
    spelled = [word for word in words if word is not None]
    listed = ", ".join(f"'{word}'" for word in spelled)
    return LogicalType(
        name=name,
        frame="words",
        duckdb=f"ENUM({listed})" if closed else "VARCHAR",
        clickhouse="String",
        # Room for longer words of later releases; the check knows those of this one.
        postgres="VARCHAR(64)",
        numpy="|u1",
        low=True,
        words=tuple(words),
        closed=closed,
    )


@cache
def enum(vocabulary: type[Vocabulary]) -> LogicalType:
    """Return the type of a closed vocabulary, stored as its lower-case words."""
    return _vocabulary(
        f"enum {vocabulary.__name__}", vocabulary, lambda member: member.word, closed=True
    )


# Every release adds codes, so the stores do not check them: the encoder does.
REASON = _vocabulary("reason code", ReasonCode, lambda member: member.name, closed=False)
