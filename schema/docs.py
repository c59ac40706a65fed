"""Reference pages, made from the registry: one for each table, an index, the reason codes."""

from schema import describe, diagram
from schema.registry import TABLES
from schema.table import Table

_STAGE_TITLES = {
    "none": "Nothing went wrong",
    "signal": "The signal is rejected as a whole",
    "signal without accounts": "The signal is fine and has no account to act on",
    "account": "The account does not take it",
    "order": "Between dispatch and the broker",
    "broker": "What the broker said",
}
_DIAGRAMS = (
    "In the diagrams a full line is a foreign key of the control database; a dotted one is a name"
    " that nothing enforces, for history may arrive early. They show keys, and what names another"
    " table."
)
_MADE = "This page is made from the code by `tradecast schema docs`; edit the code instead."


def pages() -> dict[str, str]:
    """Return all reference pages by their path under `docs/reference`."""
    made = {f"tables/{name}.md": page(table) for name, table in TABLES.items()}
    return {"tables/README.md": index(), **made, "reason_codes.md": codes_page()}


def index() -> str:
    """Return the page that lists all tables by layer."""
    lines = ["# Tables", "", _MADE, "", _DIAGRAMS]
    layers = sorted({table.layer for table in TABLES.values()})
    for layer in layers:
        lines += ["", f"## {layer}", ""]
        rows = [
            {
                "table": f"[{table.name}]({table.name}.md)",
                "stores": " ".join(sorted(table.stores)),
                "holds": table.purpose,
            }
            for table in TABLES.values()
            if table.layer == layer
        ]
        lines += _grid(rows)
        lines += ["", "```mermaid", diagram.of_layer(layer), "```"]
    return "\n".join(lines) + "\n"


def page(table: Table) -> str:
    """Return the reference page of a table."""
    lines = [f"# {table.name}", "", table.purpose, ""]
    lines += _grid([{"property": name, "value": value} for name, value in facts(table)])
    if table.note:
        lines += ["", table.note]
    lines += ["", "## Columns", "", *_grid(describe.columns(table))]
    words = [column for column in table.columns if column.type.closed]
    if words:
        lines += ["", "## Words", ""]
        lines += _grid(
            [
                {"column": column.name, "words": ", ".join(filter(None, column.type.words))}
                for column in words
            ]
        )
    lines += ["", "## Types in the stores", "", *_grid(_types(table))]
    return "\n".join([*lines, "", _MADE]) + "\n"


def codes_page() -> str:
    """Return the page of all reason codes."""
    lines = ["# Reason codes", "", "Why a signal, an account or an order did not fill.", "", _MADE]
    rows = describe.codes()
    for stage, title in _STAGE_TITLES.items():
        shown = [
            {"code": f"`{row['code']}`", "number": row["number"], "meaning": row["meaning"]}
            for row in rows
            if row["stage"] == stage
        ]
        lines += ["", f"## {title}", "", *_grid(shown)]
    return "\n".join(lines) + "\n"


def facts(table: Table) -> list[tuple[str, str]]:
    """Return what is to be known of a table beyond its columns: name and value of each property."""
    found = [
        ("layer", table.layer),
        ("stores", " ".join(sorted(table.stores))),
        ("retention", table.retention),
        ("key", ", ".join(table.key)),
    ]
    if table.kind == "live":
        lives = "until its writer removes it" if table.live_seconds is None else ""
        return [*found, ("lives", lives or f"{table.live_seconds} s after its last write")]
    found.append(("current row", f"greatest {table.version}"))
    if "clickhouse" in table.stores:
        found.append(("sorted by (ClickHouse)", ", ".join(table.order_by)))
    found += [
        ("expires (ClickHouse)", f"{each.days} days, where {each.condition}")
        for each in table.expiries
    ]
    if table.ttl_days is not None:
        found.append(("expires (ClickHouse)", f"{table.ttl_days} days"))
    if table.time is not None:
        found.append((f"{table.span}ly partitions", table.time))
    found += [("unique", ", ".join(unique)) for unique in table.unique]
    found += [
        ("refers to", f"{', '.join(each.columns)} -> {each.table} (on delete {each.on_delete})")
        for each in table.references
    ]
    found += [("check", f"`{check.condition}`") for check in table.checks]
    return found + _rules(table)


def _rules(table: Table) -> list[tuple[str, str]]:
    facts = []
    if table.owner is not None:
        whose = f"the user of {table.owner.column}"
        if table.owner.of == "account":
            whose = f"the user who owns the account of {table.owner.column}"
        if table.owner.of == "strategy":
            whose = (
                f"the user of the strategy of {table.owner.column}, and users with an account"
                " that subscribes to it"
            )
        shared = "; without one, everybody reads it" if table.owner.unowned == "shared" else ""
        public = f"; everybody reads it where {table.owner.public}" if table.owner.public else ""
        facts.append(("row of", whose + shared + public))
        facts.append(("users write", "their own rows" if table.users_write else "no"))
    elif table.stores - {"redis"}:
        facts.append(("row of", "nobody; every user reads it" if table.for_users else "the system"))
    if table.append_only:
        facts.append(("append-only", "a row never changes"))
    for index in table.indices:
        kind = "inside " if index.words else ""
        newest = " (newest first)" if index.newest_first else ""
        where = f" where {index.where}" if index.where else ""
        facts.append(("index", f"{kind}{', '.join(index.columns)}{newest}{where}"))
    return facts


def _types(table: Table) -> list[describe.Row]:
    rows = describe.spellings(table)
    for row, column in zip(rows, table.columns, strict=True):
        if column.type.words:
            row["polars"] = "Enum"
        if column.type.closed:
            row["duckdb"] = "ENUM"
    return rows


def _grid(rows: list[describe.Row]) -> list[str]:
    titles = list(rows[0])
    lines = [f"| {' | '.join(titles)} |", f"| {' | '.join('---' for _ in titles)} |"]
    cells = [[value.replace("|", "\\|") for value in row.values()] for row in rows]
    return lines + [f"| {' | '.join(row)} |" for row in cells]
