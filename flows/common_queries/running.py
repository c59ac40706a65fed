"""A common query, asked of a store."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from flows.common_queries.binding import bound, values_of
from flows.errors import CommandError
from flows.postgres_store import PostgresStore
from flows.stores import Store, find_user, open_store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from uuid import UUID

    import pyarrow as pa

    from flows.common_queries import CommonQuery, StoreName
    from flows.context import System


@contextmanager
def ask(
    system: System,
    query: CommonQuery,
    name: StoreName,
    given: Mapping[str, str | None],
    user: str | None = None,
) -> Iterator[pa.RecordBatchReader]:
    """Run a common query; its rows are read within.

    Args:
        system: whose.
        query: which.
        name: store that is asked.
        given: values of its options, as text.
        user: whose rows alone are shown; None shows all.

    Raises:
        CommandError: a value is wrong, or the store cannot answer.
    """
    values = values_of(query, given)
    found = find_user(system, user) if user else None
    with _opened(system, name, found) as store:
        yield answer(store, query, name, values)


def answer(
    store: Store, query: CommonQuery, name: StoreName, values: Mapping[str, object]
) -> pa.RecordBatchReader:
    """Run a common query on an open store.

    Raises:
        CommandError: the store refuses it, or does not keep what it asks for.
    """
    try:
        return store.query(bound(query, name), dict(values))
    except CommandError as error:
        relation, sentence = query.missing.get(name, ("", ""))
        if relation and relation in str(error):
            raise CommandError(sentence) from error
        raise


@contextmanager
def _opened(system: System, name: StoreName, user: UUID | None) -> Iterator[Store]:
    if name != "postgres":
        with open_store(system, name, user) as store:
            yield store
        return
    postgres = PostgresStore(system.settings.postgres.url, user)
    try:
        yield postgres
    finally:
        postgres.close()
