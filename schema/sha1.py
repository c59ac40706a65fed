"""SHA-1 of many short messages of one length (FIPS 180-4, 6.1): the ids of a fan-out.

One call of hashlib costs about half a microsecond, most of it to set up the hash. For
thousands of messages NumPy is faster, one operation on all of them at a time.
"""

import hashlib

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint32]
BLOCK = 64  # bytes
_LONGEST = 55  # bytes that fit one block beside the padding
_FEW = 4096  # hashlib is as fast up to about here
_PIECE = 16_384  # messages at once: the words of a block stay in the processor's cache
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)
_K = tuple(map(np.uint32, (0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6)))
_SHIFT = tuple(map(np.uint32, range(32)))


def digests(blocks: NDArray[np.uint8], length: int) -> NDArray[np.uint8]:
    """Return the first 16 bytes of the SHA-1 of each row.

    Args:
        blocks: One message at the beginning of each row of 64 bytes; the rest is overwritten.
        length: Of each message, at most 55 bytes.
    """
    assert length <= _LONGEST
    if len(blocks) < _FEW:
        sha1 = hashlib.sha1
        message = np.dtype({"names": ["m"], "formats": [f"V{length}"], "itemsize": BLOCK})
        rows = blocks.view(message)["m"].reshape(-1).tolist() if length else [b""] * len(blocks)
        digest = np.dtype({"names": ["d"], "formats": ["V16"], "itemsize": 20})
        joined = np.frombuffer(b"".join([sha1(row).digest() for row in rows]), dtype=digest)
        return joined["d"].copy().view(np.uint8).reshape(-1, 16)
    blocks[:, length:] = 0
    blocks[:, length] = 0x80
    out = np.empty((len(blocks), 4), dtype=">u4")
    for start in range(0, len(blocks), _PIECE):
        piece = slice(start, start + _PIECE)
        words = np.ascontiguousarray(blocks[piece].view(">u4").T, dtype=np.uint32)
        words[15] = length * 8
        for place, word in enumerate(_compress(words)):
            np.add(word, np.uint32(_START[place]), out=word)
            out[piece, place] = word
    return out.view(np.uint8)


def _compress(words: Words) -> list[Words]:
    """Run the 80 rounds; returns the first four words of the state, before the last addition."""
    a, b, c, d, e = (np.full(words.shape[1], start, np.uint32) for start in _START)
    spare, more = np.empty_like(a), np.empty_like(a)
    for turn in range(80):
        word = words[turn & 15]
        if turn > 15:
            for back in (3, 8, 14):
                np.bitwise_xor(word, words[(turn - back) & 15], out=word)
            _rotate(word, 1, spare)
        # e becomes the new a: e + f(b, c, d) + K + word + (a rotated by 5)
        np.add(e, _mixed(turn // 20, b, c, d, spare, more), out=e)
        np.add(e, _K[turn // 20], out=e)
        np.add(e, word, out=e)
        np.left_shift(a, _SHIFT[5], out=spare)
        np.add(e, spare, out=e)
        np.right_shift(a, _SHIFT[27], out=spare)
        np.add(e, spare, out=e)
        _rotate(b, 30, spare)
        a, b, c, d, e = e, a, b, c, d
    return [a, b, c, d]


def _mixed(quarter: int, b: Words, c: Words, d: Words, out: Words, more: Words) -> Words:
    """Return f(b, c, d) of one quarter of the rounds, in `out`."""
    np.bitwise_xor(c, d, out=out)
    if quarter == 0:  # c where b has a bit, d elsewhere
        np.bitwise_and(out, b, out=out)
        return np.bitwise_xor(out, d, out=out)
    if quarter == 2:  # what two of the three have
        np.bitwise_and(out, b, out=out)
        np.bitwise_and(c, d, out=more)
        return np.bitwise_or(out, more, out=out)
    return np.bitwise_xor(out, b, out=out)


def _rotate(word: Words, by: int, spare: Words) -> None:
    np.right_shift(word, _SHIFT[32 - by], out=spare)
    np.left_shift(word, _SHIFT[by], out=word)
    np.bitwise_or(word, spare, out=word)
