"""The committed reference pages are what the code says."""

from pathlib import Path

import pytest

from config import reference

PAGES = Path(__file__).parents[3] / "docs" / "reference"


@pytest.mark.parametrize(
    ("name", "page"),
    [("settings.md", reference.settings_page), ("world.md", reference.world_page)],
)
def test_page_is_current(name: str, page: "object") -> None:
    assert callable(page)
    assert (PAGES / name).read_text(encoding="utf-8") == page(), f"run `make docs` for {name}"


def test_every_key_has_a_meaning() -> None:
    for page in (reference.settings_page(), reference.world_page()):
        assert "|  |\n" not in page
