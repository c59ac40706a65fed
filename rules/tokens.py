"""What an order carries to the broker so that it can be found again: a token and a magic number.

Brokers shorten or rewrite comments, and some share them with a client id; so the token is
short, stands first, and the magic number says the same in another field.
"""

from base64 import b32encode

TOKEN_LENGTH = 16
MAGIC_BITS = 32  # low bits of a magic number, from the order; the strategy's stand above them

_TOKEN_BYTES = TOKEN_LENGTH * 5 // 8
_LOW = (1 << MAGIC_BITS) - 1


def token(order_id: bytes) -> bytes:
    """Return the first 80 bits of an order's id as 16 characters of A-Z and 2-7."""
    return b32encode(order_id[:_TOKEN_BYTES])


def magic(strategy_magic: int, order_id: bytes) -> int:
    """Return the magic number of one order: the strategy's high bits, the order's low bits."""
    return strategy_magic | (int.from_bytes(order_id[-4:], "little") & _LOW)


def token_in(comment: bytes) -> bytes:
    """Return what stands where a token would, or b"" if the comment is too short for one."""
    return comment[:TOKEN_LENGTH] if len(comment) >= TOKEN_LENGTH else b""


def is_token(word: bytes) -> bool:
    """Return whether a word of a comment can be a token: a comment may also be the broker's."""
    return len(word) == TOKEN_LENGTH and all(65 <= c <= 90 or 50 <= c <= 55 for c in word)
