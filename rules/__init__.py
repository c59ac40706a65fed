"""Business rules: pure functions over columns; no clock, no I/O, no Bytewax."""
