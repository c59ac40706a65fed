"""What is wrong with one entry or row: the value that becomes a rejection."""

import json

from schema.codes import ReasonCode

_SHOWN = 60
_MESSAGE = 300  # characters: a sentence may name what a publisher made as long as they liked


class Fault(Exception):
    """One entry or row is refused. Raised and caught within validation, never seen outside.

    Args:
        code: Why.
        message: A sentence for the publisher that names the field and what was found.
    """

    def __init__(self, code: ReasonCode, message: str) -> None:
        if len(message) > _MESSAGE:
            message = message[: _MESSAGE - 3] + "..."
        super().__init__(message)
        self.code = code
        self.message = message.encode("utf-8", "backslashreplace").decode()


def shown(value: object) -> str:
    """Return a value as a publisher would write it, on one line and cut."""
    if isinstance(value, str):
        text = json.dumps(value[: _SHOWN + 1], ensure_ascii=False)
    elif isinstance(value, bool):
        text = "true" if value else "false"
    elif isinstance(value, dict):
        text = "an object"
    elif isinstance(value, list):
        text = "a list"
    elif isinstance(value, int) and value.bit_length() > 4 * _SHOWN:
        text = "a huge number"
    else:
        text = str(value)
    return text if len(text) <= _SHOWN + 2 else text[:_SHOWN] + "..."
