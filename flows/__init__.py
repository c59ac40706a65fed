"""Dataflows, one file each, and the command line: only wiring."""
