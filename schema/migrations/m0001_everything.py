"""0001: every table of the first release, as its registry declared them."""

from schema.migrations import frozen


def statements(store: str) -> list[str]:
    """Return the statements for a store; there was no PostgreSQL yet."""
    return [] if store == "postgres" else frozen.read("m0001", store)
