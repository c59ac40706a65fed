"""The reference page of the audit: its questions, and all of them as one ClickHouse query."""

from __future__ import annotations

from flows import audit

_INTRO = """\
# Audit

`tradecast audit` asks both stores these questions; each finds the rows that break a law or, where
no law is named, that deserve a look. Exit code 0 means that nothing was found.

| check | law | finds |
| --- | --- | --- |
"""
_QUERY = """
## One query

Everything about laws 1 and 2 as one query for ClickHouse, on a server as well as on the embedded
engine. Every line says 0 if both laws hold.

```sql
"""


def audit_page() -> str:
    """Return the page as Markdown."""
    rows = [f"| `{one.name}` | {one.law} | {one.meaning} |\n" for one in audit.questions()]
    return _INTRO + "".join(rows) + _QUERY + audit.one_query() + "\n```\n"
