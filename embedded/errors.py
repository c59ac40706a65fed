"""What can go wrong with a home and its servers: one class, and one clear line, for each."""

from __future__ import annotations


class EmbeddedError(Exception):
    """Something an operator can put right; the message says what is wrong and what to do."""


class Busy(EmbeddedError):
    """A directory belongs to another living process."""


class HomeLocked(Busy):
    """Another `tradecast up` runs on this home."""


class Unwritable(EmbeddedError):
    """A directory cannot be created in, or written to."""


class NotAHome(EmbeddedError):
    """The directory holds something else, or nothing where a home was expected."""


class WrongVersion(EmbeddedError):
    """The home was written in a layout that this release does not know."""


class Insecure(EmbeddedError):
    """A server would be open to everybody."""


class PortBusy(EmbeddedError):
    """Another process listens on the port."""


class ServerFailed(EmbeddedError):
    """A server could not be started, ended unasked, or was not ready in time."""
