"""The reference pages of the files that users write, made from their declarations."""

from __future__ import annotations

from config import presets, settings, world_file
from config.fields import Key, Section, expected, keys, masked

_SETTINGS = """\
# Settings

Settings of the processes. They come from one TOML file (`--config FILE.toml`, by default
`tradecast.toml` in the home) and from environment variables, which stand above it:
`TRADECAST__TRADE__SHARDS=2` is `shards` of the table `[trade]`; a list is written with commas.
The home itself is `--home`, or `TRADECAST_HOME`, or `home`. A key that is not listed here is
refused, and every mistake is told in one line. Addresses are shown without their password.

This page is generated from the code; do not edit it.

"""

_WORLD = """\
# The trading configuration

`tradecast apply FILE.toml` reads brokers, instruments, terminal instances, accounts, strategies,
subscriptions and symbol names from one file. The file is the whole truth: what it no longer names
is removed. It is checked whole before anything changes; applying it again changes nothing.
A file without any account is refused. [world.toml](../examples/world.toml) is a complete example.

- Things refer to each other by `key`. Where a key says so, `*` and `?` in it stand for any text
  and any character, so that one line can mean many accounts.
- Ids are made from the keys: an account keeps its id and its partition as long as it keeps its
  key.
- What was removed and is named again comes back as itself, with what the file says nothing of: an
  account with its owner and its limits.
- An account of a group stays on its terminal as long as the group may be on it: a terminal more
  moves none, and takes new accounts only.
- What is open keeps its way to a close. A file is refused that removes an account, a strategy or a
  subscription with open trades or orders without an outcome, moves such an account to another
  terminal or broker, or lets a name mean another symbol than the one that is open. It says which;
  `--check` says the same. Close first, or say `--orphan`: then close by hand at the broker.
- Volumes are lots, money is in the account's currency unless said otherwise, times are seconds.

This page is generated from the code; do not edit it.

"""


def settings_page() -> str:
    """Return docs/reference/settings.md."""
    parts = [_SETTINGS]
    plain = [key for key in keys(settings.Settings) if not _is_section(key)]
    parts.append(f"## At the top of the file\n\n{_table(plain)}")
    parts += [
        f"\n## [{key.spelling}]\n\n{key.kind.__doc__}\n\n{_table(keys(key.kind))}"
        for key in keys(settings.Settings)
        if _is_section(key)
    ]
    return "".join(parts)


def world_page() -> str:
    """Return docs/reference/world.md."""
    parts = [_WORLD.rstrip("\n"), "\n"]
    for name, section in world_file.TABLES.items():
        purpose = _paragraph(section.__doc__ or "")
        parts.append(f"\n## [[{name}]]\n\n{purpose}\n\n{_table(keys(section))}")
    parts.append(f"\n## Symbols with a built-in specification\n\n{_presets()}")
    return "".join(parts)


def _table(listed: list[Key]) -> str:
    lines = ["| key | what | default | meaning |", "| --- | --- | --- | --- |"]
    lines += [
        f"| `{key.spelling}` | {_cell(expected(key))} | {_default(key)} |"
        f" {_cell(key.description)} |"
        for key in listed
    ]
    return "\n".join(lines) + "\n"


def _default(key: Key) -> str:
    if key.required:
        return "required"
    if key.default in (None, "", [], {}):
        return ""
    if isinstance(key.default, list):
        return ", ".join(f"`{one}`" for one in key.default)
    words = {bool: str(key.default).lower(), str: masked(str(key.default))}
    plain = f"{key.default:g}" if isinstance(key.default, float) else str(key.default)
    return f"`{words.get(type(key.default), plain)}`"


def _presets() -> str:
    lines = [
        "| symbol | digits | contract size | currencies (base, profit, margin) |",
        "| --- | --- | --- | --- |",
    ]
    lines += [
        f"| {symbol} | {preset.digits} | {preset.contract_size} |"
        f" {preset.base_currency}, {preset.profit_currency}, {preset.margin_currency} |"
        for symbol, preset in sorted(presets.PRESETS.items())
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _paragraph(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip().splitlines())


def _is_section(key: Key) -> bool:
    return isinstance(key.kind, type) and issubclass(key.kind, Section)
