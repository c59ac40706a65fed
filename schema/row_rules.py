"""The registry's rules over a batch of rows, before any store sees them.

A store that meets one bad row refuses its whole batch, or stores what another store refuses. So
the rules are held here, over whole columns: a glance at its buffers tells that a column is good,
an expression where that is not plain, and only a bad one is looked at row by row. Keys to other
rows are no rule of a row: a writer checks them.
"""

import ipaddress
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import msgspec
import polars as pl
import pyarrow as pa

from schema.table import Column, Table
from schema.whole_columns import FIRST, FIRST_DAY, LAST, LAST_DAY, is_plain

_SHOWN = 60  # characters of a value that a sentence repeats
_WORD = re.compile(r"[a-z_]\w*")
_EMPTY_JSON = ("{}", "[]")
_json = msgspec.json.Decoder(msgspec.Raw)


@dataclass(frozen=True)
class Refusal:
    """One row that may not be stored, and why.

    Attributes:
        table: of the row.
        row: its place in the batch.
        column: the column, or those of the check.
        value: what stands there; nothing of a secret.
        rule: what it breaks.
    """

    table: str
    row: int
    column: str
    value: str
    rule: str

    def __str__(self) -> str:
        """One sentence for people."""
        return f"table {self.table}, column {self.column}: {self.value} is refused, {self.rule}"


@dataclass(frozen=True)
class _Rule:
    columns: tuple[str, ...]
    says: str
    holds: pl.Expr
    own: bool = False  # of one column, whatever stands beside it


def judge(table: Table, rows: pa.RecordBatch | pa.Table) -> list[Refusal]:
    """Return the rows of a batch that break a rule of their table, one refusal for each.

    Args:
        table: The table.
        rows: Its rows, as `arrow.conform` gives them.
    """
    doubtful = [
        column for column in table.columns if not is_plain(column, rows.column(column.name))
    ]
    found = _malformed(table, rows, doubtful)
    if found:
        # What is malformed cannot be compared: the others are judged without it.
        kept = [place for place in range(rows.num_rows) if place not in found]
        rest = judge(table, rows.take(pa.array(kept, pa.int64())))
        moved = [_moved(each, kept[each.row]) for each in rest]
        return sorted([*found.values(), *moved], key=lambda each: each.row)
    unsure = {column.name for column in doubtful}
    rules = [rule for rule in _rules(table) if not rule.own or rule.columns[0] in unsure]
    if not rules or not rows.num_rows:
        return _parsed(table, rows, doubtful, {})
    names = sorted({name for rule in rules for name in rule.columns})
    whole = pa.Table.from_batches([rows]) if isinstance(rows, pa.RecordBatch) else rows
    frame = pl.DataFrame(whole.select(names))
    holds = frame.select(rule.holds.all().alias(str(at)) for at, rule in enumerate(rules)).row(0)
    broken: dict[int, Refusal] = {}
    for rule, good in zip(rules, holds, strict=True):
        if not good:
            places = frame.select((~rule.holds).arg_true()).to_series().to_list()
            for place in places:
                broken.setdefault(place, _refusal(table, rows, place, rule.columns, rule.says))
    return _parsed(table, rows, doubtful, broken)


def show(column: Column, value: Any) -> str:
    """Return a value as a sentence shows it: short, and nothing of a secret."""
    if value is None:
        return "a missing value"
    if column.secret:
        return "a secret value"
    if isinstance(value, bytes) and column.type.numpy == "V16" and len(value) == 16:
        return str(UUID(bytes=value))
    text = repr(value) if isinstance(value, str | bytes) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _moved(refusal: Refusal, row: int) -> Refusal:
    return Refusal(refusal.table, row, refusal.column, refusal.value, refusal.rule)


def _refusal(table: Table, rows: Any, place: int, columns: tuple[str, ...], says: str) -> Refusal:
    values = [_shown(table.column(name), rows.column(name)[place]) for name in columns]
    return Refusal(table.name, place, ", ".join(columns), ", ".join(values), says)


def _shown(column: Column, cell: Any) -> str:
    try:
        return show(column, cell.as_py())
    except OverflowError:
        # Python's own times end before Arrow's.
        return "a time beyond all years"


def _malformed(table: Table, rows: Any, doubtful: Sequence[Column]) -> dict[int, Refusal]:
    """Return rows of which Arrow itself cannot read a value, or that lack one they must have."""
    found: dict[int, Refusal] = {}
    for column in doubtful:
        values = rows.column(column.name)
        if values.null_count and not column.nullable:
            for place in _places(values.is_null()):
                found.setdefault(
                    place, Refusal(table.name, place, column.name, show(column, None),
                                   "it may not be missing"),
                )  # fmt: skip
        try:
            values.validate(full=True)
        except pa.ArrowInvalid:
            for place in range(rows.num_rows):
                said = _unreadable(column, values[place])
                if said:
                    refused = Refusal(table.name, place, column.name, *said)
                    found.setdefault(place, refused)
    return found


def _places(mask: Any) -> list[int]:
    return [place for place, yes in enumerate(mask.to_pylist()) if yes]


def _unreadable(column: Column, value: Any) -> tuple[str, str] | None:
    if not value.is_valid:
        return None
    if pa.types.is_decimal(column.type.arrow):
        number = value.as_py()
        return None if abs(number) < 10**10 else (
            show(column, number), "it has more than 10 digits before the point"
        )  # fmt: skip
    try:
        value.as_py()
    except (UnicodeDecodeError, ValueError, OverflowError) as error:
        return "what it holds", f"it is no {column.type.name}: {type(error).__name__}"
    return None


def _parsed(
    table: Table, rows: Any, doubtful: Sequence[Column], broken: dict[int, Refusal]
) -> list[Refusal]:
    """Add what no expression can tell: texts that are no JSON, and no addresses."""
    for column in doubtful:
        read = _READERS.get(column.type.name)
        if read is None:
            continue
        values = rows.column(column.name)
        texts = pl.Series(values) if rows.num_rows else pl.Series([], dtype=pl.String)
        odd = (texts.is_not_null() & ~texts.is_in(_EMPTY_JSON)).arg_true().to_list()
        for place in odd:
            if not _reads(read, values[place].as_py()):
                says = f"it is no {column.type.name}"
                broken.setdefault(place, _refusal(table, rows, place, (column.name,), says))
    return sorted(broken.values(), key=lambda each: each.row)


def _reads(read: Callable[[Any], Any], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


_READERS: dict[str, Callable[[Any], Any]] = {"json": _json.decode, "address": ipaddress.ip_address}


@cache
def _rules(table: Table) -> tuple[_Rule, ...]:
    found = [rule for column in table.columns for rule in _column_rules(column)]
    for check in table.checks:
        columns = tuple(
            dict.fromkeys(n for n in _WORD.findall(check.condition) if n in table.names)
        )
        # What is not known breaks no rule, in every store.
        holds = pl.sql_expr(check.condition).fill_null(value=True)
        found.append(_Rule(columns, f"{check.name} asks for {check.condition}", holds))
    return tuple(found)


def _column_rules(column: Column) -> list[_Rule]:
    kind, value = column.type, pl.col(column.name)
    if kind.closed:
        words = [word for word in kind.words if word is not None]
        return [_rule(column, value.is_in(words), f"it is not one of {', '.join(words)}")]
    if kind.duckdb == "DOUBLE":
        return [_rule(column, value.is_finite(), "it is not a finite number")]
    if kind.length:
        holds = value.str.len_chars() <= kind.length
        return [_rule(column, holds, f"it has more than {kind.length} characters")]
    if kind.name in {"timestamp", "date"}:
        bounds: tuple[Any, Any] = (FIRST, LAST)
        if kind.name == "date":
            bounds = (FIRST_DAY, LAST_DAY)
        return [_rule(column, value.is_between(*bounds), "it is not between 1900 and 2299")]
    return []


def _rule(column: Column, holds: pl.Expr, says: str) -> _Rule:
    return _Rule((column.name,), says, holds.fill_null(value=True), own=True)
