"""Instructions derived from documents by rule: for any page, the same ones every time, without a model.

    entries (documents with their chunks) -> derive -> filters.screen -> split.split -> ledger.write

    {"question": "빛길라이트 월 요금은?", "output": "빛길라이트의 월 요금은 22,000원입니다.",
     "values": ["22,000원"], "kind": "value", "fact": "빛길라이트|월 요금", "wording": "value_short_1", …}

An answer restates subject and attribute before the value, in every form asked for: a small base model reads
the value only after it has said what it looks for, and abstains only so. So the answer to a value question is
the same sentence for 단답형, 간결한 문장형 and 일반 문장형; what a form costs is graded, not trained away.

A teacher model's instructions come beside these: ragtune.instructions.teacher.
"""

import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from ragtune.documents import Chunk, Document, Section, Table, Text
from ragtune.instructions.phrases import (
    SENTENCE_END,
    contrasted,
    in_order,
    procedure,
    singled_out,
    stated,
)
from ragtune.instructions.records import Category, Instruction, Kind
from ragtune.instructions.statements import Statement, bare, page_subject, statements, without_page_words
from ragtune.instructions.wordings import WORDINGS
from ragtune.particles import with_particle
from ragtune.ports import Entry
from ragtune.records import digest
from ragtune.values import number, stands

GENERATOR = "rules 3"  # raise it when the same document gives other instructions
BOTH = " ↔ "  # between the subjects of a comparison's fact
PAIRS_PER_ATTRIBUTE = 2  # comparisons drawn from the rows of one table
SELECTIONS_PER_ATTRIBUTE = 3  # questions for the row with a given value
MAX_CONDITION_CHARS = 20  # longer cells are texts, not something to choose by
MIN_STEPS, MAX_STEPS = 2, 12

Generate = Callable[[Entry, random.Random], Iterator[Instruction]]

_CATEGORIES: tuple[tuple[Category, tuple[str, ...]], ...] = (
    ("recommendation", ("추천", "대상", "적합")),
    ("process", ("방법", "절차", "순서", "단계", "신청", "접수", "처리")),
    ("feature", ("속도", "용량", "제공량", "채널", "대수", "기능", "혜택", "특징", "내용", "구성", "제공")),
)
_PROCESS = re.compile(r"절차|순서|단계|과정|방법|프로세스|처리|흐름|하기$")
_STEP = re.compile(r"^\d+\s*(?:단계)?$|^[①-⑳]$")
_SENTENCES = re.compile(r"(?<=[다요]\.)\s+")
_AMOUNT = re.compile(r"^[^\d]*\d[\d,.]*\s*[^\d\s~∼-]*$")  # one number with its unit, no range


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What can be asked of a page, with the answer; `words` fill the wordings of its kind."""

    kind: Kind
    category: Category
    answer: str
    values: tuple[str, ...]
    fact: str
    words: dict[str, str]
    given: tuple[str, ...] = ()


def build(entries: Iterable[Entry], seed: int, generate: Generate | None = None) -> list[Instruction]:
    """Every instruction of the entries, in their order. The same entries and seed give the same list."""
    generate = generate or derive
    return [
        instruction
        for entry in entries
        for instruction in generate(entry, random.Random(f"{seed}:{entry.document.id}"))
    ]


def derive(entry: Entry, rng: random.Random) -> Iterator[Instruction]:
    """The instructions of one document. `rng` draws which rows are compared."""
    for finding in findings(entry.document, rng):
        yield from _worded(entry, finding)


def findings(document: Document, rng: random.Random) -> Iterator[Finding]:
    """What can be asked of the page: single values, procedures, descriptions, comparisons, selections.

    Not of its attachments: their headings are pages and sheets, which no question would name.
    """
    own = tuple(section for section in document.sections if not section.file)
    document = replace(document, sections=own)
    found = statements(document)
    yield from _values(found)
    yield from _steps(document)
    yield from _descriptions(document)
    for column in _columns(found):
        yield from _comparisons(column, rng)
        yield from _selections(document, column, rng)


def category_of(attribute: str) -> Category:
    """The question category an attribute belongs to; prices, periods and the like are conditions."""
    return next(
        (name for name, words in _CATEGORIES if any(word in attribute for word in words)), "condition"
    )


def bears(chunk: Chunk, values: Sequence[str], subject: str = "") -> bool:
    """Whether the chunk holds every one of `values`, and names the subject in its text or breadcrumb."""
    text = chunk.searchable
    return all(stands(text, value) for value in values) and all(word in text for word in subject.split())


def underlying(fact: str) -> tuple[str, ...]:
    """The single facts a fact is made of: a comparison gives away those of both its subjects."""
    subjects, _, attribute = fact.rpartition("|")
    return tuple(f"{subject}|{attribute}" for subject in subjects.split(BOTH))


def _values(found: list[Statement]) -> Iterator[Finding]:
    for one in dict.fromkeys((s.subject, s.attribute, s.value.strip()) for s in found):
        subject, attribute, value = one
        yield Finding(
            kind="value",
            category=category_of(attribute),
            answer=stated(*one),
            values=(value,),
            fact=f"{subject}|{attribute}",
            words={"s": subject, "a": attribute},
        )


def _steps(document: Document) -> Iterator[Finding]:
    subject = page_subject(document)
    for section in document.sections:
        heading = bare(section.path[-1]) if section.path else document.title
        items = _items(section)
        if not _PROCESS.search(heading) or not MIN_STEPS <= len(items) <= MAX_STEPS:
            continue
        topic = procedure(subject, heading)
        yield Finding(
            kind="steps",
            category="process",
            answer=in_order(items),
            values=tuple(items),
            fact=f"{topic}|순서",
            words={"s": topic},
        )


def _descriptions(document: Document) -> Iterator[Finding]:
    subject = page_subject(document)
    for section in document.sections:
        lead = _lead([block for block in section.blocks if isinstance(block, Text)])
        topic = without_page_words(section.path[-1]).replace(subject, "").strip() if section.path else ""
        if not lead or (section.path and len(topic) < 2):
            continue
        attribute = topic or "특징"
        yield Finding(
            kind="description",
            category="feature",
            answer=lead,
            values=(lead,),
            fact=f"{subject}|{attribute} 설명",
            words={"s": subject, "a": attribute},
        )


def _comparisons(column: list[Statement], rng: random.Random) -> Iterator[Finding]:
    pairs = list(combinations(column, 2))
    for one, other in rng.sample(pairs, min(PAIRS_PER_ATTRIBUTE, len(pairs))):
        attribute = one.attribute
        yield Finding(
            kind="comparison",
            category="comparison",
            answer=contrasted((one.subject, one.value), (other.subject, other.value), attribute),
            values=(one.value, other.value),
            fact=f"{one.subject}{BOTH}{other.subject}|{attribute}",
            words={"s": one.subject, "other": other.subject, "a": attribute},
        )


def _selections(document: Document, column: list[Statement], rng: random.Random) -> Iterator[Finding]:
    scope = without_page_words(document.title) + (" 상품" if "상품" in document.title else "")
    values = [one.value for one in column]
    once = [one for one in column if values.count(one.value) == 1 and len(one.value) <= MAX_CONDITION_CHARS]
    chosen = rng.sample(once, min(SELECTIONS_PER_ATTRIBUTE, len(once)))
    asked = [(one, f"{with_particle(one.attribute, '이', '가')} {one.value}인") for one in chosen]
    if all(_AMOUNT.match(one.value) for one in column) and len(column) > 2:
        ranked = sorted(column, key=lambda one: number(one.value) or 0.0)
        for one, beside, degree in ((ranked[0], ranked[1], "낮은"), (ranked[-1], ranked[-2], "높은")):
            if _comparable(column) and number(one.value) != number(beside.value):
                asked.append((one, f"{with_particle(one.attribute, '이', '가')} 가장 {degree}"))
    for one, condition in asked:
        extreme = "가장" in condition  # so only among these, while a value is had or not
        yield Finding(
            kind="selection",
            category="recommendation" if extreme else "condition",
            answer=singled_out(f"{scope} 중 {condition}" if extreme else condition, one.subject),
            values=(one.subject,),
            fact=one.fact,
            words={"scope": scope, "condition": condition, "what": "것"},
            given=() if extreme else (one.value,),
        )


def _worded(entry: Entry, finding: Finding) -> Iterator[Instruction]:
    chunk_ids = _bearing(entry, finding)
    for wording in WORDINGS[finding.kind]:
        question = wording.question(**finding.words)
        yield Instruction(
            id=instruction_id(entry.document.id, question, finding.answer),
            question=question,
            output=finding.answer,
            values=finding.values,
            kind=finding.kind,
            category=finding.category,
            phrasing=wording.phrasing,
            fact=finding.fact,
            document_id=entry.document.id,
            document_digest=entry.document.digest,
            chunk_ids=chunk_ids,
            given=finding.given,
            generator=GENERATOR,
            wording=wording.name,
        )


def instruction_id(document_id: str, question: str, answer: str) -> str:
    """Stays when the page changes elsewhere, so that a reviewer's word on it stays too."""
    return "i_" + digest([document_id, question, answer])


def _bearing(entry: Entry, finding: Finding) -> tuple[str, ...]:
    """The chunks that bear every value and all subjects; else those with every value; else with any."""
    values = (*finding.values, *finding.given)
    subjects = " ".join(name.rpartition("|")[0] for name in underlying(finding.fact))
    named = [chunk.id for chunk in entry.chunks if bears(chunk, values, subjects)]
    whole = named or [chunk.id for chunk in entry.chunks if bears(chunk, values)]
    return tuple(whole or [chunk.id for chunk in entry.chunks if any(bears(chunk, (one,)) for one in values)])


def _columns(found: list[Statement]) -> Iterator[list[Statement]]:
    """The statements of one table under one attribute, where there are two subjects or more."""
    columns: dict[tuple[int, int, str], dict[str, Statement]] = {}
    for one in found:
        if one.table >= 0:
            columns.setdefault((one.section, one.table, one.attribute), {})[one.subject] = one
    yield from (list(column.values()) for column in columns.values() if len(column) > 1)


def _comparable(column: list[Statement]) -> bool:
    """Whether all amounts have one unit."""
    return len({re.sub(r"[\d,.\s]", "", one.value) for one in column}) == 1


def _items(section: Section) -> list[str]:
    """The steps of a section: the first line of each list item, or of each row of a table of steps."""
    texts = [block for block in section.blocks if isinstance(block, Text)]
    listed = [text.text for text in texts if text.kind == "list_item" and text.level == 0]
    tables = [block for block in section.blocks if isinstance(block, Table)]
    rows = [row for table in tables for row in table.grid if _STEP.match(row[0]) and len(row) > 1]
    return [bare(item.splitlines()[0]).rstrip(".") for item in listed or [row[1] for row in rows] if item]


def _lead(texts: list[Text]) -> str:
    """The first one or two sentences of a section's first paragraph, 15 to 200 characters."""
    first = next((text for text in texts if text.kind == "paragraph"), None)
    if first is None:
        return ""
    lead = " ".join(_SENTENCES.split(bare(first.text))[:2])
    return lead if 15 <= len(lead) <= 200 and SENTENCE_END.search(lead) else ""
