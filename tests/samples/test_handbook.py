"""The handbook's file: what is wrong with it is said with its place."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ragtune.errors import BadInput
from samples import facts, handbook


@pytest.mark.parametrize("load", [handbook.load, facts.load])
def test_a_broken_file_is_named(tmp_path: Path, load: Callable[[Path], object]) -> None:
    path = tmp_path / "broken.toml"
    path.write_text("[[article", encoding="utf-8")
    with pytest.raises(BadInput, match=r"broken\.toml: not TOML"):
        load(path)


def test_paths_are_unique_and_every_article_has_parts() -> None:
    book = handbook.load()
    paths = [page.path for page in book.article] + [page.path for page in book.glossary]
    assert len(set(paths)) == len(paths)
    assert all(article.part for article in book.article)


def test_an_unknown_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "handbook.toml"
    path.write_text(
        'glossary = []\n[[article]]\npath = "a.html"\ntitle = "a"\ncategory = []\nlayout = "wild"\n'
        "intro = []\npart = []\n",
        encoding="utf-8",
    )
    with pytest.raises(BadInput, match="layout"):
        handbook.load(path)
