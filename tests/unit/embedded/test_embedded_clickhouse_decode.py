from __future__ import annotations

import gzip
import random
import zlib
from typing import TYPE_CHECKING

import lz4.frame
import pytest
import zstandard

from embedded.clickhouse import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOISE = random.Random(7).randbytes(300_000)
TEXT = b"".join(b"%d\tline\n" % n for n in range(40_000))
ZEROS = bytes(3_000_000)
EMPTY_SKIPPED = (0x184D2A53).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"


def packed_zstd(data: bytes) -> bytes:
    """A frame that tells neither its size nor how it ends."""
    packer = zstandard.ZstdCompressor(write_checksum=True).compressobj()
    return packer.compress(data) + packer.flush()


ENCODINGS: list[tuple[str, Callable[[bytes], bytes]]] = [
    ("gzip", gzip.compress),
    ("deflate", zlib.compress),
    ("lz4", lz4.frame.compress),
    ("zstd", zstandard.ZstdCompressor().compress),
    ("zstd", packed_zstd),
]


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def unpacked(encoding: str, data: bytes, size: int = 4096) -> bytes:
    return b"".join(decode.unpack(encoding, cut(data, size)))


@pytest.mark.parametrize(("encoding", "pack"), ENCODINGS)
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 22])
def test_all_members_of_a_body_are_given(
    encoding: str, pack: Callable[[bytes], bytes], size: int
) -> None:
    whole = NOISE[:5000] if size < 100 else NOISE
    plain = [b"1\n2\n", b"", TEXT[: len(whole)], whole]
    assert unpacked(encoding, b"".join(map(pack, plain)), size) == b"".join(plain)


@pytest.mark.parametrize(("encoding", "pack"), ENCODINGS)
@pytest.mark.parametrize("junk", [b"garbage", b"x", b"1\n2\n3\n", b"\0\0\0\0\0\0\0\0\1"])
@pytest.mark.parametrize("size", [1, 1 << 20])
def test_what_stands_behind_the_last_member_is_refused(
    encoding: str, pack: Callable[[bytes], bytes], junk: bytes, size: int
) -> None:
    with pytest.raises(decode.Undecodable):
        unpacked(encoding, pack(b"1\n") + junk, size)


@pytest.mark.parametrize(("encoding", "pack"), ENCODINGS)
def test_a_body_that_ends_too_early_is_refused(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    first = pack(b"0\n")
    data = first + pack(TEXT[:1000])
    for end in range(len(data)):
        if end != len(first):
            with pytest.raises(decode.Undecodable):
                unpacked(encoding, data[:end])


@pytest.mark.parametrize(("encoding", "pack"), ENCODINGS)
def test_pieces_are_small_however_well_they_were_compressed(
    encoding: str, pack: Callable[[bytes], bytes]
) -> None:
    data = pack(ZEROS) + pack(TEXT)
    sizes = [len(piece) for piece in decode.unpack(encoding, iter([data]))]
    assert sum(sizes) == len(ZEROS) + len(TEXT)
    assert max(sizes) <= 1 << 18


def test_zeros_may_fill_a_gzip_file_up() -> None:
    data = gzip.compress(b"1\n") + bytes(1000) + gzip.compress(b"2\n") + bytes(9)
    for size in (1, 100, 1 << 20):
        assert unpacked("gzip", data, size) == b"1\n2\n"


def test_zstd_frames_that_hold_no_rows_are_skipped() -> None:
    data = EMPTY_SKIPPED + packed_zstd(b"1\n") + EMPTY_SKIPPED
    assert unpacked("zstd", data, 5) == b"1\n"


def test_a_zstd_window_that_takes_much_memory_is_refused() -> None:
    long = zstandard.ZstdCompressionParameters.from_level(3, window_log=27)
    packer = zstandard.ZstdCompressor(compression_params=long).compressobj()
    with pytest.raises(decode.Undecodable, match="too much memory"):
        unpacked("zstd", packer.compress(TEXT) + packer.flush())
