"""Instructions written by a teacher model: asked by category and by product trait, believed in nothing.

    tasks = assign(entries, preset, seed=1, most=500)     # a prompt each, every page in turn
    answers = teach(tasks, teacher, journal)              # in batches; nothing in the journal is asked again
    made = [one for task, text in zip(tasks, answers) for one in written(task, text, "teacher qwen3 4f0c…")]

The teacher is self-hosted: a model loaded inside the job, or a server on this machine. What it writes is an
instruction only after `filters.screen`, which holds every sentence of it against the chunk it was shown, and
then after people. A page that tells the teacher what to write changes nothing in that.

>>> list(pairs("질문: 라이트 요금은?\\n답: 33,000원입니다.\\n없음"))
[('라이트 요금은?', '33,000원입니다.')]
"""

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Protocol

from ragtune.citations import check
from ragtune.documents import Chunk, Passage
from ragtune.errors import BadInput
from ragtune.instructions.build import bears, category_of, instruction_id
from ragtune.instructions.records import TAUGHT, Category, Instruction, Phrasing
from ragtune.instructions.statements import Statement, page_subject, statements
from ragtune.ports import Entry, Prompt
from ragtune.presets import Preset
from ragtune.prompts import render
from ragtune.records import digest, from_json, to_json
from ragtune.values import stands

WRITTEN_AT_ONCE = 3  # pairs a prompt asks for
MOST_PAIRS = 8  # of one answer that are looked at
BATCH = 64  # answers between two entries of the journal
CATEGORIES: dict[Category, str] = {
    "process": "업무 절차나 신청, 처리 순서",
    "feature": "상품의 기능, 구성, 혜택",
    "recommendation": "어떤 고객에게 어떤 상품이 맞는지",
    "condition": "요금, 기간, 대상 같은 조건",
    "comparison": "상품이나 항목 사이의 차이",
}
TOPICS: dict[Category, str] = {  # what an answer calls it that says the documents do not hold it
    "process": "처리 절차",
    "feature": "특징",
    "recommendation": "추천 기준",
    "condition": "이용 조건",
    "comparison": "차이점",
}
PHRASINGS: dict[Phrasing, str] = {
    "short": "단답형으로",
    "concise": "간결한 한 문장으로",
    "sentence": "두 문장 이내로",
}
_ASKED = (
    "입력의 문서만 보고, 고객이 {what}에 대해 물을 만한 질문과 그 답을 {count}개 쓰세요. "
    "질문에는 상품 이름을 넣고, 답은 문서에 있는 내용만 {how} 쓰세요. 숫자와 단위는 문서 그대로 옮기세요. "
    "문서에 그런 내용이 없으면 '없음'이라고만 쓰세요. 형식: 한 줄에 '질문: …', 다음 줄에 '답: …'."
)
NOTHING = "없음"  # what a teacher says of a page without such content
_QUESTION = re.compile(r"^\s*(?:\d{1,2}[.)]\s*)?(?:질문|Q)\s*\d{0,2}\s*[:：]\s*(.*)$")
_ANSWER = re.compile(r"^\s*(?:답|답변|A)\s*\d{0,2}\s*[:：]\s*(.*)$")


class Teacher(Protocol):
    """A model that is asked many prompts at once."""

    name: str  # with its version: what an instruction says of its origin

    def answers(self, prompts: Sequence[Prompt]) -> list[str]:
        """A text for each prompt, in order. Raises ModelUnavailable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One prompt about one chunk; `trait` is the statement that it asks about, None for a whole category."""

    prompt: Prompt
    category: Category
    phrasing: Phrasing
    document_id: str
    document_digest: str
    chunk: Chunk
    subject: str  # of the page
    known: tuple[Statement, ...]  # that the chunk bears
    trait: Statement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A line of the journal."""

    task: str
    text: str


def assign(entries: Iterable[Entry], preset: Preset, *, seed: int, most: int) -> list[Task]:
    """At most `most` tasks; pages take turns, and each gives its categories and traits in a drawn order.

    The same arguments give the same tasks. A chunk that does not fit the teacher's context gives none.
    """
    by_page = [_of_page(entry, preset, random.Random(f"{seed}:{entry.document.id}")) for entry in entries]
    random.Random(seed).shuffle(by_page)
    tasks: list[Task] = []
    for turn in zip_longest(*by_page):
        for task in turn:
            if len(tasks) == most:
                return tasks
            if task is not None:
                tasks.append(task)
    return tasks


def teach(tasks: Sequence[Task], teacher: Teacher, journal: Path) -> list[str]:
    """The teacher's text for each task. `journal` keeps them, so that a run goes on where it broke off.

    Raises ModelUnavailable; what was answered by then is kept.
    """
    names = [digest([teacher.name, task.prompt.text, task.prompt.max_new_tokens]) for task in tasks]
    known = _journal(journal)
    left = {name: task for name, task in zip(names, tasks, strict=True) if name not in known}
    waiting = list(left.items())
    for begin in range(0, len(waiting), BATCH):
        part = waiting[begin : begin + BATCH]
        texts = teacher.answers([task.prompt for _, task in part])
        found = {name: text for (name, _), text in zip(part, texts, strict=True)}
        known |= found
        with journal.open("a", encoding="utf-8") as lines:
            lines.writelines(f"{to_json(Answered(task=name, text=text))}\n" for name, text in found.items())
    return [known[name] for name in names]


def written(task: Task, text: str, teacher: str) -> Iterator[Instruction]:
    """The question–answer pairs of an answer; those about another product than asked are turned down here."""
    for question, answer in pairs(check(text, ()).text):  # no [1] of a passage stays in it
        named = [name for name in _subjects(task) if stands(question, name)]
        told = [one for one in task.known if stands(answer, one.value)]
        wrong = task.trait is None and misplaced(told, f"{question} {answer}")
        values = (task.trait.value,) if task.trait else tuple(dict.fromkeys(one.value for one in told))
        yield Instruction(
            id=instruction_id(task.document_id, question, answer),
            question=question,
            output=answer,
            values=tuple(sorted(values, key=answer.find)) or (answer,),
            kind="value" if task.trait else "description",
            category=task.category,
            phrasing=task.phrasing,
            fact=task.trait.fact if task.trait else f"{task.subject}|{TOPICS[task.category]}",
            document_id=task.document_id,
            document_digest=task.document_digest,
            chunk_ids=(task.chunk.id,),
            given=(task.trait.subject if task.trait else (named or [task.subject])[0],),
            generator=f"{TAUGHT} {teacher}",
            wording=f"taught_{'trait' if task.trait else task.category}",
            state="rejected" if wrong else "generated",
            reason="ungrounded" if wrong else "",
        )


def pairs(text: str) -> Iterator[tuple[str, str]]:
    """(question, answer) of each pair that an answer lists, one line or several."""
    found: list[tuple[list[str], list[str]]] = []
    for line in text.splitlines():
        if opened := _QUESTION.match(line):
            found.append(([opened[1]], []))
        elif found and (opened := _ANSWER.match(line)):
            found[-1][1].append(opened[1])
        elif found and line.strip(" .'\"\t") not in ("", NOTHING):
            found[-1][bool(found[-1][1])].append(line)
    for question, answer in found[:MOST_PAIRS]:
        if answer:
            yield " ".join(" ".join(question).split()), "\n".join(part.strip() for part in answer).strip()


def misplaced(told: Sequence[Statement], said: str) -> bool:
    """Whether a value is told of which no owner is named: that of another row, most likely."""
    owners: dict[str, set[str]] = {}
    for one in told:
        owners.setdefault(one.value, set()).add(one.subject)
    return any(not any(stands(said, name) for name in names) for names in owners.values())


def _of_page(entry: Entry, preset: Preset, rng: random.Random) -> list[Task]:
    found = statements(entry.document)
    subject = page_subject(entry.document)
    made: list[Task] = []
    for chunk in entry.chunks:
        known = tuple(one for one in found if bears(chunk, (one.value,), one.subject))
        wanted: list[tuple[Category, str, Statement | None]] = [
            (category, what, None) for category, what in CATEGORIES.items()
        ]
        wanted += [(category_of(one.attribute), f"{one.subject}의 {one.attribute}", one) for one in known]
        for category, what, trait in wanted:
            phrasing = rng.choice(tuple(PHRASINGS))
            asked = _ASKED.format(what=what, count=WRITTEN_AT_ONCE, how=PHRASINGS[phrasing])
            prompt = _prompt(asked, chunk, preset)
            if prompt:
                made.append(
                    Task(
                        prompt=prompt,
                        category=category,
                        phrasing=phrasing,
                        document_id=entry.document.id,
                        document_digest=entry.document.digest,
                        chunk=chunk,
                        subject=subject,
                        known=known,
                        trait=trait,
                    )
                )
    rng.shuffle(made)
    return made


def _prompt(asked: str, chunk: Chunk, preset: Preset) -> Prompt | None:
    try:
        prompt = render(asked, [Passage(chunk=chunk, score=1.0)], preset)
    except BadInput:
        return None
    return None if prompt.dropped else prompt


def _subjects(task: Task) -> list[str]:
    """What a question may be about, the longest name first."""
    names = {task.subject, *(one.subject for one in task.known)}
    return sorted(filter(None, names), key=lambda name: (-len(name), name))


def _journal(path: Path) -> dict[str, str]:
    """What was answered before; a last line that was cut off is left out."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        return {}
    text = path.read_text(encoding="utf-8")
    whole = text[: text.rfind("\n") + 1]
    path.write_text(whole, encoding="utf-8")
    found = (from_json(Answered, line, f"{path}:{n}") for n, line in enumerate(whole.splitlines(), 1))
    return {one.task: one.text for one in found}
