"""Corrected answers as instructions, believed in nothing: the page that an answer cited has to bear them.

    heard = read([Path(".ragtune/feedback")])                 records of ragtune.feedback, one a file
    corrections = Corrections(heard, entries)                 the rules' instructions with these beside them
    made = prepare(entries, evaluation=asked, seed=1, generate=corrections)
    summary(heard, corrections, made)
    # feedback: 12 corrected (9 taken, 3 not borne by a document), 30 useful, 5 wrong: 위약금 안내 3, …

Of what people wrote every sentence is held against the page (`filters.screen`), and then people review it.
"Useful" and "wrong" change no text: they tell which pages go wrong. A folder may come from elsewhere, so
what is read is masked once more.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ragtune.citations import check
from ragtune.documents import Chunk, Passage
from ragtune.errors import BadInput
from ragtune.feedback import Feedback, Verdict, masked, whole
from ragtune.instructions.build import GENERATOR as RULES
from ragtune.instructions.build import bears, category_of, derive, instruction_id
from ragtune.instructions.ledger import InstructionSet
from ragtune.instructions.records import SAID, Instruction
from ragtune.instructions.statements import page_subject, statements
from ragtune.instructions.teacher import TOPICS, misplaced
from ragtune.ports import Entry
from ragtune.privacy import mask
from ragtune.records import from_json, to_json
from ragtune.values import stands

GENERATOR = f"{SAID} 1"  # raise it when the same feedback gives other instructions
MAX_BYTES = 256_000  # of a record: four times what the route takes
MOST_PAGES = 10  # that are named of those that go wrong
_GONE = "of no page that is still there"
_FATES = {"ungrounded": "not borne by a document"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What was read. `broken` is a sentence for each file that is no record."""

    records: tuple[Feedback, ...]
    broken: tuple[str, ...]

    def of(self, verdict: Verdict) -> list[Feedback]:
        """The records of that verdict."""
        return [one for one in self.records if one.verdict == verdict]


class Corrections:
    """A `Generate`: the rules' instructions of a page, then those of its corrected answers.

    `gone` counts corrections whose answer cites no page of the entries, `titles` is by document id.
    """

    def __init__(self, heard: Heard, entries: Sequence[Entry]) -> None:
        self.__name__ = f"{RULES} + {GENERATOR}"
        self.titles = {entry.document.id: entry.document.title for entry in entries}
        self.gone = 0
        self._made: dict[str, list[Instruction]] = {}
        known = {entry.document.id: entry for entry in entries}
        for record in heard.of("corrected"):
            cited = [known[each] for each in record.citations if each in known]
            if cited:
                one = instruction(record, cited)
                self._made.setdefault(one.document_id, []).append(one)
            else:
                self.gone += 1

    def __call__(self, entry: Entry, rng: random.Random) -> Iterator[Instruction]:
        yield from derive(entry, rng)
        yield from self._made.get(entry.document.id, ())


def read(folders: Iterable[Path]) -> Heard:
    """The records of the folders' *.json, masked; the same feedback counts once. Raises BadInput."""
    found: dict[str, Feedback] = {}
    broken = []
    for folder in folders:
        if not folder.is_dir():
            raise BadInput(f"{folder}: is not a folder; name one that holds records of feedback (*.json)")
        for path in sorted(folder.glob("*.json")):
            try:
                record = _record(path)
            except BadInput as error:
                broken.append(f"{path}: no record of feedback ({masked(whole(str(error)), mask)})")
            else:
                found.setdefault(to_json(replace(record, at="", versions={})), record)
    return Heard(records=tuple(found.values()), broken=tuple(broken))


def instruction(record: Feedback, cited: Sequence[Entry]) -> Instruction:
    """The correction, bound to the cited page that bears most of it: the first of them among equals."""
    question, output = " ".join(record.question.split()), check(record.correction, ()).text
    entry, chunks = _page(output, cited)
    subject, found = page_subject(entry.document), statements(entry.document)
    told = [
        one for one in found
        if stands(output, one.value) and any(bears(chunk, (one.value,)) for chunk in chunks)
    ]  # fmt: skip
    named = sorted({one.subject for one in found if stands(question, one.subject)}, key=_longest)
    # Who asks about this page need not name it; a value of a table's row is another's unless it is named.
    wrong = misplaced([one for one in told if one.subject != subject], f"{question} {output}")
    category = category_of(question)
    return Instruction(
        id=instruction_id(entry.document.id, question, output),
        question=question,
        output=output,
        values=tuple(sorted(dict.fromkeys(one.value for one in told), key=output.find)) or (output,),
        kind="description",
        category=category,
        phrasing="sentence",
        fact=f"{subject}|{TOPICS[category]}",
        document_id=entry.document.id,
        document_digest=entry.document.digest,
        chunk_ids=tuple(chunk.id for chunk in chunks),
        given=tuple(named[:1]),
        generator=GENERATOR,
        wording=SAID,
        state="rejected" if wrong else "generated",
        reason="ungrounded" if wrong else "",
    )


def summary(heard: Heard, corrections: Corrections, made: InstructionSet | None = None) -> str:
    """What became of it, in one line; without `made`, before it is screened."""
    counted = {verdict: len(heard.of(verdict)) for verdict in ("corrected", "useful", "wrong")}
    fates = _fates(made) if made else Counter({"to be screened": counted["corrected"] - corrections.gone})
    fates[_GONE] = corrections.gone
    became = ", ".join(f"{number} {fate}" for fate, number in fates.items() if number)
    pages = Counter(each for one in heard.of("wrong") for each in one.citations)
    named = [
        f"{corrections.titles.get(page, f'{page} (gone)')} {number}"
        for page, number in sorted(pages.items(), key=lambda item: (-item[1], item[0]))
    ]
    more = [f"{len(named) - MOST_PAGES} pages more"] if len(named) > MOST_PAGES else []
    line = f"feedback: {counted['corrected']} corrected" + (f" ({became})" if became else "")
    line += f", {counted['useful']} useful, {counted['wrong']} wrong"
    return line + (f": {', '.join(named[:MOST_PAGES] + more)}" if named else "")


def _fates(made: InstructionSet) -> Counter[str]:
    """How many corrections were taken, and how many not for which reason."""
    parts = made.parts
    taken = (*parts.train, *parts.validation, *parts.paraphrases, *parts.withheld)
    fates = Counter({"taken": sum(one.generator == GENERATOR for one in taken)})
    turned_down = [one for one in made.rejected if one.generator == GENERATOR]
    for one in sorted(turned_down, key=lambda one: one.reason):
        fates["rejected in review" if one.reviewer else _FATES.get(one.reason, one.reason)] += 1
    return fates


def _page(output: str, cited: Sequence[Entry]) -> tuple[Entry, list[Chunk]]:
    """The page that leaves the fewest sentences unborne, and its chunks that bear the others."""
    best: tuple[int, Entry, list[Chunk]] | None = None
    for entry in cited:
        checked = check(output, [Passage(chunk=chunk, score=1.0) for chunk in entry.chunks])
        chunks = [entry.chunks[citation.passage - 1] for citation in checked.citations]
        if best is None or len(checked.unsupported) < best[0]:
            best = len(checked.unsupported), entry, chunks
    assert best  # noqa: S101  an answer without a page that is there is counted before
    return best[1], best[2]


def _record(path: Path) -> Feedback:
    """One file's record, masked. Raises BadInput."""
    if not path.is_file():
        raise BadInput("no file")
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise BadInput(f"more than {MAX_BYTES:,} bytes")
        record = from_json(Feedback, data)
    except OSError as error:
        raise BadInput(f"can't be read: {error.strerror}") from None
    except RecursionError:
        raise BadInput("nested too deep") from None
    texts = {
        name: masked(whole(getattr(record, name)), mask) for name in ("question", "answer", "correction")
    }
    return replace(record, **texts)  # type: ignore[arg-type]


def _longest(name: str) -> tuple[int, str]:
    return -len(name), name
