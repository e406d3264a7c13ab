"""Questions about long manuals, made from their headings, cells and sentences, judged where the answer is.

    ragtune evaluate questions ./manuals --out .ragtune/manual-questions.jsonl

One JSON object a line, which `ragtune evaluate retrieval` reads as well (there judged by page alone):

{"id":"cell-0c1f4e2a","question":"기가라이트 쪽 요금 알려 주세요","category":"cell",
 "source":"plans/lite.html","section":["요금","월 요금"],"evidence":[["기가라이트","33,000"]]}

Short pages say little about chunk size: whatever the size, the page is one chunk. Here only pages of some
length are asked about, a few questions of each kind a page, and judged at the section and the passage. The
questions are made by rules, so they compare settings with each other; people's questions are harder.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from ragtune.analysis import normalise
from ragtune.documents import Document, Section, Table, Text
from ragtune.errors import BadInput
from ragtune.evaluation.retrieval import Judged, stem
from ragtune.evaluation.rewording import Asked, ask_cell, ask_heading, ask_range, ask_sentence, content_words
from ragtune.ranges import stated
from ragtune.records import from_json, to_json
from ragtune.sentences import split_sentences

_SENTENCE_CHARS = (40, 200)
_CELL_CHARS = 60
_SECTION_CHARS = (80, 1_000)  # a heading is asked about when this much stands below it; so much is looked for
_TRIES = 12  # places looked at for each question of a page


@dataclass(frozen=True, slots=True, kw_only=True)
class ManualQuestion:
    """`source` ends the page's URI. Each of `evidence` is what must stand together in one passage."""

    id: str
    question: str
    category: str  # heading, cell, sentence, range; "…, less" where a word of it was left out or replaced
    source: str
    section: tuple[str, ...]  # headings from the page's title (left out) down
    evidence: tuple[tuple[str, ...], ...]

    @property
    def judged(self) -> Judged:
        """What `evaluation.retrieval` judges: the page."""
        return Judged(id=self.id, question=self.question, document=stem(self.source), subset=self.category)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Something that can be asked about. What has the same `key` on two pages is asked about on none."""

    kind: str
    key: str
    section: tuple[str, ...]
    evidence: tuple[tuple[str, ...], ...]
    ask: Callable[[Random], Asked | None]


def build(
    pages: Iterable[tuple[str, Document]], *, min_chars: int = 2_000, per_page: int = 2
) -> list[ManualQuestion]:
    """Up to `per_page` questions of each kind of place on each page of at least `min_chars`, in page order.

    `pages` are (path below their folder, page). The same pages give the same questions. Raises BadInput when
    no page is that long.
    """
    sizes = [(length(page), name, page) for name, page in pages]
    places = {name: _places(page) for size, name, page in sizes if size >= min_chars}
    if not places:
        longest = max((size for size, _, _ in sizes), default=0)
        raise BadInput(f"no page has {min_chars} characters (the longest {longest}); lower --min-chars")
    pages_of = Counter(key for own in places.values() for key in {place.key for place in own})
    found: list[ManualQuestion] = []
    for name, own in places.items():
        random = Random(int(hashlib.sha256(name.encode()).hexdigest()[:16], 16))  # of the name alone
        for kind in ("heading", "cell", "sentence", "range"):
            alone = [place for place in own if place.kind == kind and pages_of[place.key] == 1]
            found += _asked(name, alone, per_page, random)
    return found


def write(questions: Sequence[ManualQuestion], path: Path) -> None:
    """One line of JSON a question."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{to_json(one)}\n" for one in questions), encoding="utf-8")


def read(path: Path) -> list[ManualQuestion]:
    """The inverse of `write`. Raises BadInput naming the file and line."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); name a file of questions") from None
    return [from_json(ManualQuestion, line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def length(page: Document) -> int:
    """Characters of the page's own text and cells."""
    blocks = [block for section in page.sections if not section.file for block in section.blocks]
    return sum(
        len(block.text) if isinstance(block, Text) else sum(len(cell) for row in block.grid for cell in row)
        for block in blocks
    )


def held(question: ManualQuestion, texts: Iterable[str]) -> float:
    """The share (0-1) of the evidence that stands in `texts`, each piece of it within one of them."""
    squeezed = [_squeezed(text) for text in texts]
    there = [
        any(all(_squeezed(part) in text for part in parts) for text in squeezed)
        for parts in question.evidence
    ]
    return sum(there) / len(there)


def _asked(name: str, places: Sequence[_Place], count: int, random: Random) -> Iterator[ManualQuestion]:
    """Up to `count` questions about different sections."""
    sections: set[tuple[str, ...]] = set()
    for place in random.sample(places, min(len(places), count * _TRIES)):
        asked = None if place.section in sections else place.ask(random)
        if asked is not None:
            sections.add(place.section)
            yield _question(name, place, asked)
        if len(sections) == count:
            return


def _question(name: str, place: _Place, asked: Asked) -> ManualQuestion:
    key = hashlib.sha256("\n".join((name, place.key, asked.text)).encode()).hexdigest()[:8]
    return ManualQuestion(
        id=f"{place.kind}-{key}",
        question=asked.text,
        category=f"{place.kind}, less" if asked.less and place.kind in ("heading", "cell") else place.kind,
        source=name,
        section=place.section,
        evidence=place.evidence,
    )


def _places(page: Document) -> list[_Place]:
    own = [section for section in page.sections if not section.file]  # attachments are asked about nowhere
    return [
        place
        for section in own
        for part in (_heading, _cells, _sentences, _ranges)
        for place in part(page, section)
    ]


def _heading(page: Document, section: Section) -> Iterator[_Place]:
    """The heading itself, answered by the sentences below it."""
    least, most = _SECTION_CHARS
    said: list[tuple[str, ...]] = []
    total = 0
    for sentence in _prose(section):
        total += len(sentence)
        if total <= most or not said:
            said.append((sentence,))
    if section.path and total >= least:
        above = " ".join((page.title, *section.path[:-1]))
        yield _Place(
            kind="heading",
            key=" › ".join((page.title, *section.path)),
            section=section.path,
            evidence=tuple(said),
            ask=lambda random: ask_heading(content_words(section.path[-1]), content_words(above), random),
        )


def _cells(page: Document, section: Section) -> Iterator[_Place]:
    """Cells with a row label and a column header, answered by label and value side by side."""
    above = " ".join((page.title, *section.path))
    for table in (block for block in section.blocks if isinstance(block, Table) and block.header_rows):
        width = max(1, table.header_columns)
        top = table.grid[table.header_rows - 1]
        for row in table.grid[table.header_rows :]:
            for column, value in zip(top[width:], row[width:], strict=True):
                if _can_be_asked(row[width - 1], column, value):
                    yield _cell(above, section.path, row[width - 1], column, value)


def _cell(above: str, path: tuple[str, ...], label: str, column: str, value: str) -> _Place:
    def ask(random: Random) -> Asked | None:
        return ask_cell(content_words(label), content_words(column), content_words(above), random)

    key = " | ".join((label, column, value))
    return _Place(kind="cell", key=key, section=path, evidence=((label, value),), ask=ask)


def _can_be_asked(label: str, column: str, value: str) -> bool:
    texts = (label, column, value)
    return (
        all(1 < len(text) <= _CELL_CHARS and "\n" not in text for text in texts)
        and len(set(texts)) == 3
        and any(char.isalnum() for char in value)
    )


def _sentences(page: Document, section: Section) -> Iterator[_Place]:
    """Sentences of prose, answered by themselves."""
    above = content_words(" ".join((page.title, *section.path)))
    least, most = _SENTENCE_CHARS
    for sentence in _prose(section):
        if least <= len(sentence) <= most:
            yield _Place(
                kind="sentence",
                key=sentence,
                section=section.path,
                evidence=((sentence,),),
                ask=lambda random, said=sentence: ask_sentence(content_words(said), above, random),  # type: ignore[misc]
            )


def _ranges(page: Document, section: Section) -> Iterator[_Place]:
    """Sentences and cells that state a range, asked about with an amount that lies in it and isn't said."""
    above = content_words(" ".join((page.title, *section.path)))
    for text, evidence in (*_said(section), *_ranged_cells(section)):
        for one in stated(normalise(text)):
            words = [word for word in content_words(text) if not any(char.isdigit() for char in word)]
            yield _Place(
                kind="range",
                key=text,
                section=section.path,
                evidence=(evidence,),
                ask=lambda random, own=one, said=words: ask_range(own, said, above, random),  # type: ignore[misc]
            )


def _said(section: Section) -> Iterator[tuple[str, tuple[str, ...]]]:
    return ((sentence, (sentence,)) for sentence in _prose(section) if len(sentence) <= _SENTENCE_CHARS[1])


def _ranged_cells(section: Section) -> Iterator[tuple[str, tuple[str, ...]]]:
    for table in (block for block in section.blocks if isinstance(block, Table) and block.header_rows):
        width = max(1, table.header_columns)
        for row in table.grid[table.header_rows :]:
            for value in row[width:]:
                if row[width - 1] != value and len(value) <= _SENTENCE_CHARS[1]:
                    yield f"{row[width - 1]} {value}", (row[width - 1], value)


def _prose(section: Section) -> Iterator[str]:
    for block in section.blocks:
        if isinstance(block, Text) and block.kind != "code":
            yield from split_sentences(block.text)


def _squeezed(text: str) -> str:
    return "".join(text.split())
