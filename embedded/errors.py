"""What can go wrong with a home and its servers: one class, and one clear line, for each."""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something an operator can put right; the message says what is wrong and what to do."""


class Busy(EmbeddedError):  # noqa: N818 - named for the state that it reports
    """A directory belongs to another living process."""


class HomeLocked(Busy):
    """Another `tradecast up` runs on this home."""


class Unwritable(EmbeddedError):  # noqa: N818
    """A directory cannot be created in, or written to."""


class NotAHome(EmbeddedError):  # noqa: N818
    """The directory holds something else, or nothing where a home was expected."""


class WrongVersion(EmbeddedError):  # noqa: N818
    """The home was written in a layout that this release does not know."""


class PortBusy(EmbeddedError):  # noqa: N818
    """Another process listens on the port."""


class ServerFailed(EmbeddedError):  # noqa: N818
    """A server could not be started, ended unasked, or was not ready in time."""
