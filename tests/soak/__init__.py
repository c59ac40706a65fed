"""A soak: days of trading in minutes, to see that nothing grows for ever."""
