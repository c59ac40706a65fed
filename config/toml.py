"""Reading TOML: fractions stay exact, and a file that cannot be read is one clear line."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

    from config.errors import ConfigError


def read_toml(file: Path, error: type[ConfigError]) -> dict[str, Any]:
    """Return what a TOML file says; its fractions as exact decimals.

    Raises:
        error: if it cannot be read, with one line.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except FileNotFoundError:
        reason = "there is no such file"
    except OSError as found:
        reason = f"cannot be read: {found.strerror}"
    except UnicodeDecodeError:
        reason = "is not UTF-8 text"
    except tomllib.TOMLDecodeError as found:
        reason = f"is not valid TOML: {found}"
    raise error([f"{file}: {reason}"])
