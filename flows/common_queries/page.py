"""The reference page of the common queries."""

from __future__ import annotations

from flows.common_queries import QUERIES, CommonQuery

_INTRO = """\
# Common queries

`tradecast query` lists these, and `tradecast query NAME` runs one, on ClickHouse or on what
`--store` names. With `--as USER` it sees the rows of that user alone. Values are bound as
parameters. This page is made from the code by `tradecast schema docs`; edit the code instead.

| query | stores | `--as` | tells |
| --- | --- | --- | --- |
"""


def queries_page() -> str:
    """Return the page as Markdown."""
    rows = [
        f"| [{q.name}](#{q.name}) | {' '.join(q.stores)} | {'yes' if q.for_users else 'no'}"
        f" | {q.meaning} |\n"
        for q in QUERIES.values()
    ]
    return _INTRO + "".join(rows) + "".join(map(_section, QUERIES.values()))


def _section(query: CommonQuery) -> str:
    lines = ["", f"## {query.name}", "", query.meaning, ""]
    if query.options:
        lines += ["| option | needed | meaning |", "| --- | --- | --- |"]
        lines += [
            f"| `--{o.name}` | {'yes' if o.required else _default(o.default)} | {o.meaning} |"
            for o in query.options
        ]
        lines.append("")
    lines += [f"{store}: {sentence}." for store, (_, sentence) in query.missing.items()]
    if query.missing:
        lines.append("")
    texts: dict[str, list[str]] = {}
    for store in query.stores:
        texts.setdefault(query.sql(store), []).append(store)
    for text, stores in texts.items():
        lines += [f"On {' and '.join(stores)}:", "", "```sql", text, "```", ""]
    return "\n".join(lines[:-1]) + "\n"


def _default(value: str | None) -> str:
    return "no" if value is None else f"no: {value}"
