"""Thin Bytewax shells around the rules."""
