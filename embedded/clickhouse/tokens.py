"""The words of ClickHouse's SQL, as far as statements are cut here."""

from __future__ import annotations

import re
from typing import Final

TOKEN: Final = re.compile(
    rb"""
      (?P<space>\s+|--[^\n]*|\#[ !][^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<quoted>[xXbB]'[^']*'|'(?:[^'\\]|\\.|'')*'|"(?:[^"\\]|\\.|"")*"|`(?:[^`\\]|\\.|``)*`
        |\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<open>[(\[{])
    | (?P<close>[)\]}])
    | (?P<end>;)
    | (?P<number>[0-9]+)
    | (?P<other>.)
    """,
    re.DOTALL | re.VERBOSE,
)
