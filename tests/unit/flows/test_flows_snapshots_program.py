"""A state is made for the text of the formulas that made it."""

from pathlib import Path

from flows.snapshots.states import text_of


def test_another_text_is_another_program(tmp_path: Path) -> None:
    (tmp_path / "one.py").write_text("W = 1.0")
    alone = tmp_path / "alone.py"
    alone.write_text("X = 1.0")
    told = text_of(tmp_path)

    (tmp_path / "notes.md").write_text("not a module")
    assert text_of(tmp_path) == told
    (tmp_path / "one.py").write_text("W = 2.0")
    assert text_of(tmp_path) != told
    of_one = text_of(alone)
    alone.write_text("X = 2.0")
    assert text_of(alone) != of_one
