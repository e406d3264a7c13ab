"""Tables as sentences by a language model, accepted row by row only where nothing is lost.

    verbalized(document, ModelVerbalizer(model))     # what is not accepted stays as the rules say it

The model rewrites the sentences of `tables`, which hold every cell. A row's new sentence is kept when it
holds every cell word for word (white space apart) behind the header it belongs to, no number that the row
doesn't hold, and is not much longer. So a model that drops, invents or swaps values changes nothing.

>>> row = Row(said="라이트의 속도는 500Mbps, 월 요금은 33,000원입니다.", about="라이트",
...           pairs=(("속도", "500Mbps"), ("월 요금", "33,000원")))
>>> losses(row, "라이트는 속도가 500Mbps이고 월 요금이 33,000원인 상품입니다.")
[]
>>> losses(row, "라이트는 속도가 33,000원이고 월 요금이 500Mbps입니다."), losses(row, "라이트는 3만원입니다.")
(['500Mbps', '33,000원'], ['500Mbps', '33,000원', '30000'])
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ragtune.citations import numbers
from ragtune.documents import Chunk, Document, Passage, Section, Table
from ragtune.errors import BadInput, ModelUnavailable
from ragtune.ports import Generator, Verbalizer
from ragtune.presets import Preset
from ragtune.prompts import render
from ragtune.stopping import until
from ragtune.tables import heading, parts, sentences, subject_of
from ragtune.values import occurrences, stands

VERBALIZER_VERSION = "1"
INSTRUCTION = (
    "입력의 각 줄은 표의 한 행입니다. 줄마다 자연스러운 한국어 한 문장으로 다시 쓰세요. "
    "이름, 숫자, 단위를 하나도 빠뜨리거나 바꾸지 말고, 줄 번호를 그대로 앞에 붙이세요."
)
_ROWS = 8  # of one call: what a model loses grows with the length of its answer
_LINE = re.compile(r"^[^\S\n]*(\d{1,2})[.)][^\S\n]*(\S.*?)[^\S\n]*$", re.MULTILINE)
_MOST = 2.0  # length of a new sentence against the old one
_SLACK_CHARS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: the sentence of the rules, what it is about, and (header, value with unit) of its cells."""

    said: str
    about: str
    pairs: tuple[tuple[str, str], ...]


class ModelVerbalizer:
    """Verbalizer over a generator whose prompts `preset` renders."""

    def __init__(self, generator: Generator, preset: Preset) -> None:
        self._generator = generator
        self._preset = preset
        self.name = f"{generator.name} {VERBALIZER_VERSION}"

    def sentences(self, table: Table, subject: str) -> list[str]:
        """See ports.Verbalizer. What the model loses, or a model that is away, leaves a row to the rules."""
        told = rows(table, subject)
        said = [row.said for row in told]
        for start in range(0, len(told), _ROWS):
            part = told[start : start + _ROWS]
            for place, sentence in self._rewritten(table, part):
                if not losses(part[place], sentence):
                    said[start + place] = sentence
        return said

    def _rewritten(self, table: Table, part: list[Row]) -> Iterator[tuple[int, str]]:
        """(place in `part`, the model's sentence), each place once at most."""
        listed = "\n".join(f"{number}. {row.said}" for number, row in enumerate(part, 1))
        title = heading(table) or "표"
        chunk = Chunk(document_id="", version=0, ordinal=0, title=title, path=(), text=listed, source="")
        try:
            prompt = render(INSTRUCTION, [Passage(chunk=chunk, score=1.0)], self._preset)
            if prompt.dropped:  # more than the model's context
                return
            answer = "".join(until(iter(self._generator.generate(prompt)), prompt.stop))
        except (BadInput, ModelUnavailable):
            return
        found = {int(number): sentence for number, sentence in _LINE.findall(answer)}
        yield from ((number - 1, sentence) for number, sentence in found.items() if 0 < number <= len(part))


def verbalized(document: Document, verbalizer: Verbalizer) -> Document:
    """`document`, each of its tables with the verbalizer's sentences."""

    def told(section: Section) -> Section:
        subject = subject_of(document.title, section.path)
        blocks = (
            replace(block, told=tuple(verbalizer.sentences(block, subject)))
            if isinstance(block, Table)
            else block
            for block in section.blocks
        )
        return replace(section, blocks=tuple(blocks))

    return replace(document, sections=tuple(map(told, document.sections)))


def rows(table: Table, subject: str) -> list[Row]:
    """The rows that `tables.sentences` says, in the same order."""
    said = sentences(replace(table, told=()), subject=subject)
    held = [parts(table, row) for row in table.grid[table.header_rows :] if any(row)]
    if len(held) != len(said):  # headers alone: one sentence, and no row
        return [Row(said=one, about="", pairs=(("", one),)) for one in said]
    return [
        Row(said=one, about=about, pairs=tuple(pairs)) for one, (about, pairs) in zip(said, held, strict=True)
    ]


def losses(row: Row, sentence: str) -> list[str]:
    """What `sentence` lacks, misplaces or invents of a row; [] when it may stand for it."""
    bare = _bare(sentence)
    lost = [word for word in row.about.split() if word not in bare]
    for name, value in row.pairs:
        whole = _bare(value) in bare and all(stands(sentence, number) for number in numbers(value))
        if not whole or (name and not _behind(name, value, row, sentence)):
            lost.append(value)
    lost += [number for number in numbers(sentence) if not stands(row.said, number)]
    if len(sentence) > _MOST * len(row.said) + _SLACK_CHARS:
        lost.append(sentence[len(row.said) :])
    return lost


def _behind(name: str, value: str, row: Row, sentence: str) -> bool:
    """Whether `value` stands somewhere with its own header as the nearest one before it."""
    named = [
        (found.end(), found.start(), each)
        for each in {each for each, _ in row.pairs if each}
        for found in _found(each, sentence)
    ]
    places = occurrences(sentence, value) if re.search(r"\d", value) else _found(value, sentence)
    for place in places:
        before = [mention for mention in named if mention[0] <= place.start()]
        # Of headers that end at one place, as 요금 and 월 요금 do, the longest was meant.
        nearest = max(before, key=lambda mention: (mention[0], -mention[1]), default=None)
        if nearest and nearest[2] == name:
            return True
    return False


def _found(words: str, sentence: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"\s*".join(map(re.escape, words.split())), sentence)


def _bare(text: str) -> str:
    return "".join(text.split())
