"""The texts of the sample manuals that don't depend on a product's values. Read from handbook.toml:

[[article]]
path = "complaint/mediation.html"
title = "분쟁 조정 안내"
layout = "symbols"
[[article.part]]
title = "순서"
steps = [["최종 답변서 발송", "조정 신청 방법을 함께 적습니다."], …]
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ragtune.records import read_toml

HANDBOOK = Path(__file__).with_name("handbook.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table as written: "^" continues the cell above, "<" the cell to the left."""

    caption: str
    head: tuple[tuple[str, ...], ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()
    header_columns: int = 1

    def __post_init__(self) -> None:
        if len({len(cells) for cells in self.head + self.rows}) != 1:
            raise ValueError(f"{self.caption}: rows of different length")


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """A table of a line's products: one row each, one column for each attribute."""

    line: str
    attributes: tuple[str, ...]
    caption: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What stands under one heading. `steps` are (name, detail), `image` and `file` (file name, label)."""

    title: str
    text: tuple[str, ...] = ()
    steps: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    table: Grid | None = None
    facts: Selection | None = None
    image: tuple[str, str] | None = None
    file: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    path: str
    title: str
    category: tuple[str, ...]
    layout: Literal["plain", "symbols", "steps", "grid", "faq"]
    intro: tuple[str, ...]
    part: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Glossary:
    path: str
    title: str
    terms: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handbook:
    article: tuple[Article, ...]
    glossary: tuple[Glossary, ...]


def step_names(handbook: Handbook) -> list[str]:
    """The steps of every procedure, without their details."""
    return sorted({name for article in handbook.article for part in article.part for name, _ in part.steps})


def load(path: Path = HANDBOOK) -> Handbook:
    """The handbook's texts. Raises SettingsError that names the place and the value."""
    return read_toml(Handbook, path)
