"""Readers of one user, and a ClickHouse with rows of two."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schema.clickhouse_access import READER, USER_SETTING, open_tables
from tests.embedded_http import Answer, ask
from tests.two_users import ANN, BOB, MARKS

if TYPE_CHECKING:
    from uuid import UUID

    from tests.servers import ClickHouseServer

OPEN = {each.name: each for each in open_tables()}
OWNED = sorted(name for name, each in OPEN.items() if each.owner is not None)


def read(server: ClickHouseServer, user: UUID, text: str, **more: Any) -> Answer:
    """Ask as a reader of one user."""
    given = {"role": READER, USER_SETTING: str(user), "default_format": "TSV"}
    return ask(server, text, **(given | more))


def other(user: UUID) -> UUID:
    """Return the other of the two."""
    return BOB if user == ANN else ANN


def shows(answer: Answer, user: UUID) -> bool:
    """Whether anything of a user is in an answer, its headers included."""
    text = answer.body + str(answer.headers).encode()
    return any(mark in text.lower() for mark in MARKS[user])
