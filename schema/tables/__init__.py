"""The declarations of all tables, grouped by layer."""
