"""The one registry of tables, wire records, keys and codes, and what is derived from it."""
