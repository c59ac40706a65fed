"""Who changes rows of control tables and records, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rules.errors import Rejected

if TYPE_CHECKING:
    from uuid import UUID


class ChangeRefused(Rejected):
    """Nothing was changed; the message names table, column, value and rule."""


@dataclass(frozen=True)
class Actor:
    """Who changes something.

    Attributes:
        name: in words that stay.
        user_id: the user, if it is one of ours.
        address: where the request came from.
        program: that asked.
    """

    name: str
    user_id: UUID | None = None
    address: str | None = None
    program: str | None = None


@dataclass
class Changed:
    """What came of a change.

    Attributes:
        written: rows that were new or differed, by table.
        deleted: rows that went, those that went with others too, by table.
        refused: a sentence for each row that was left out.
    """

    written: dict[str, int] = field(default_factory=dict)
    deleted: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.written or self.deleted)
