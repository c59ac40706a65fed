"""The wish to stop, as one flag that the signal handler sets and sources look at."""

from dataclasses import dataclass


@dataclass
class Stop:
    """Set once by SIGTERM or SIGINT; a source that sees it drains and ends the flow."""

    requested: bool = False
