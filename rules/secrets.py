"""Secrets within texts: found by the words that stand before them, and masked.

What a publisher sends by mistake comes in any form, so where a word of a secret stands and the
end of its value cannot be told, the rest of the text is masked.
"""

import re

MASK = "***"
_PARTS = r"token|secret|passw(?:or)?d|passphrase|credential|authorization"
# These are common within other words (opinion, passive), so they count as a whole key only.
_WHOLE = r"pass|pwd|auth|bearer|jwt|otp|pin|passcode|session|licen[sc]e|login"
# What stands in each of those words: a search for these is far cheaper.
_HINTS = (
    *("token", "secret", "pass", "credential", "auth", "key", "pwd"),
    *("bearer", "jwt", "otp", "pin", "licen", "session", "login"),
)
SECRET_KEY = re.compile(rf"{_PARTS}|key|\A\s*(?:{_WHOLE})\s*\Z", re.IGNORECASE)
# A word with what belongs to its name, the quote that ends the name, and what separates a value.
_WORD = re.compile(
    rf"(?:(?P<strong>{_PARTS}|(?<![\w-])bearer(?![\w-]))|key|(?<![\w-])(?:{_WHOLE})(?![\w-]))"
    r"[\w.\[\]-]*(?P<quote>\\*[\"'])?\s*(?P<sign>=>|:=|->|[:=>])?\s*",
    re.IGNORECASE,
)
_BEARS = re.compile(r"\W*(?:authorization|auth|bearer)", re.IGNORECASE)
_OPENING = re.compile(r"(\\*)([\"'])")
_BARE = re.compile(r"[^\n\r,;&}\]<\"']+")
_ENDS = re.compile(r"\s*(?:[,;&}\])<]|\Z)|[ \t]*[\n\r]")
_ENDS_VALUE = re.compile(r"[,}\]]|\Z")
_USER = re.compile(r"(:(?:\\?/){2})[^\s/?#\"'<>]+@")
# Letters and digits alone: a quote that is written so must not end a value.
_ESCAPED = re.compile(
    r"(?:(?<!\\)\\+u00|%)(3[0-9]|4[1-9a-f]|5[0-9a]|6[1-9a-f]|7[0-9a])", re.IGNORECASE
)


def without_secrets(text: str) -> str:
    """Return a text without the secrets in it, and as it is if it has none.

    The time is linear in the text: each part of it is read once, from left to right.
    """
    if "\0" in text:
        # UTF-16 of plain letters has a NUL between each two of them.
        bare = text.replace("\0", "")
        found = without_secrets(bare)
        return text if found == bare else found
    if "://" in text or r":\/" in text:
        text = _USER.sub(rf"\1{MASK}@", text)
    plain = _ESCAPED.sub(_letter, text) if "%" in text or r"\u00" in text else text
    folded = plain.casefold()
    if not any(hint in folded for hint in _HINTS):
        return text
    found = _without_values(plain)
    return text if found == plain else found


def _letter(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter.isalnum() else found[0]


def _without_values(text: str) -> str:
    parts: list[str] = []
    at = 0
    while word := _WORD.search(text, at):
        begin = word.end()
        parts.append(text[at:begin])
        at = begin
        if word["sign"] is None and not _hides_more(word, text):
            continue
        if begin < len(text):
            parts.append(MASK)
        at = _end_of_value(text, word)
    return "".join((*parts, text[at:]))


def _hides_more(word: re.Match[str], text: str) -> bool:
    """Whether a value may follow a word that nothing separates from it."""
    if word["strong"]:
        return not _ENDS_VALUE.match(text, word.end())
    # `key%3D...`, `key&quot;...`: separated, but by what is escaped.
    return text[word.end() : word.end() + 1] in {"%", "&", "\\"} and word["quote"] is None


def _end_of_value(text: str, word: re.Match[str]) -> int:
    """Return where the value of a word ends, at the latest with the text."""
    begin = word.end()
    if word["sign"] is None:
        return len(text)
    opening = _OPENING.match(text, begin)
    if opening:
        end = _end_of_quoted(text, opening)
    else:
        bare = _BARE.match(text, begin)
        if not bare or bare[0][0] in "[{(" or _BEARS.match(word[0]):
            return len(text)
        # A quote within may end the value, or be a part of it.
        end = bare.end()
        return end if text[end : end + 1] not in {'"', "'"} else len(text)
    return end if _ENDS.match(text, end) else len(text)


def _end_of_quoted(text: str, opening: re.Match[str]) -> int:
    """Return what is behind the quote that has as many backslashes as the one that opened."""
    depth, quote = len(opening[1]), opening[2]
    # A run of backslashes is looked at from its begin alone, or the time would be its square.
    for found in re.compile(rf"(?<!\\)(\\*){quote}").finditer(text, opening.end()):
        if len(found[1]) == depth or (not depth and len(found[1]) % 2 == 0):
            return found.end()
    return len(text)
