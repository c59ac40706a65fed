"""Coverage-guided fuzzing of what reads entries: `make fuzz MINUTES=10`."""
