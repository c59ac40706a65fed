"""0002: every table of the design, the columns that older tables lacked, and PostgreSQL."""

from schema.migrations import frozen


def statements(store: str) -> list[str]:
    """Return the statements for a store."""
    return frozen.read("m0002", store)
