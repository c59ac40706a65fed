"""Files of what processes print stay small, while they are written to."""

from pathlib import Path

from embedded.output import keep_small, last_line


def test_what_is_small_stays(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    assert not keep_small(path, 10)
    path.write_bytes(b"0123456789")
    assert not keep_small(path, 10)
    assert path.read_bytes() == b"0123456789"


def test_what_is_large_is_put_aside_and_the_writer_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    with path.open("ab", buffering=0) as writer:
        for turn in range(3):
            writer.write(b"old" * 10 + b"%d" % turn)
            assert keep_small(path, 10)
            writer.write(b"new")
            assert path.read_bytes() == b"new"
    assert (tmp_path / "a.log.1").read_bytes() == b"oldoldold2"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.log", "a.log.1"]


def test_the_last_line_is_that_of_what_is_aside_where_nothing_came_since(tmp_path: Path) -> None:
    out = tmp_path / "part.out"
    assert last_line(out) == ""
    out.write_text("first\n" + "x" * 100_000 + "\nlast \n\n", encoding="utf-8")
    assert last_line(out) == "last"
    assert keep_small(out, 50)
    assert last_line(out) == "last"
    out.write_text("\n", encoding="utf-8")
    assert last_line(out) == "last"
    out.write_text("newer", encoding="utf-8")
    assert last_line(out) == "newer"
