"""What an error tells the caller to do next.

TradecastError
|-- Transient       the same call may work later: retry
|   `-- Throttled   ... not before `retry_after` seconds
|-- Ambiguous       the outcome is unknown: reconcile, never resend
|-- Rejected        this item is wrong: record it and go on
`-- Fatal           the program or its surroundings are wrong: stop
"""


class TradecastError(Exception):
    """Anything of ours that a caller may expect."""


class Transient(TradecastError):
    """The same call may work later."""


class Throttled(Transient):
    """The same call may work after a pause."""

    def __init__(self, message: str, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Ambiguous(TradecastError):
    """The call may or may not have had its effect."""


class Rejected(TradecastError):
    """The item is wrong and stays wrong."""


class Fatal(TradecastError):
    """Going on would be wrong."""
