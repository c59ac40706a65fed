"""Backup and restore of a home: its streams, stores and journals, as of one moment."""
