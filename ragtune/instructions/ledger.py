"""The ledger of an instruction set: what it was made from, every count, and what had to be retracted.

`.ragtune/instructions/` holds train, validation, paraphrases, withheld, rejected and retracted .jsonl and
`manifest.json`:

    {"seed":1,"generator":"rules 1","counts":{"derived":12534,"rejected":{"duplicate":5121},"train":6012,…},
     "sources":[{"document_id":"d_…","source":"file:///…","digest":"…","version":1,"instructions":312}],
     "ladder":[{"size":1000,"digest":"…"}],"files":{"train.jsonl":"…"},"shares":{"condition":0.6,…}}

An instruction keeps its id as long as page, question and answer stay; then a reviewer's word on it stays
too. One whose page changed (and no longer says so) or is gone is retracted, never silently dropped.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.instructions.build import BOTH, GENERATOR, Generate, build
from ragtune.instructions.filters import Screened, screen
from ragtune.instructions.records import Instruction
from ragtune.instructions.split import Split, ladder, split
from ragtune.ports import Entry
from ragtune.records import digest, from_json, to_json

PARTS = ("train", "validation", "paraphrases", "withheld", "rejected", "retracted")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceCount:
    """A page and how many accepted instructions stand on it."""

    document_id: str
    source: str
    digest: str
    version: int  # ms
    instructions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One size of the ladder; `digest` is over its instructions' ids in order."""

    size: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    derived: int
    rejected: dict[str, int]  # reason -> number
    accepted: int
    kinds: dict[str, int]  # of the accepted ones, as are the next two
    categories: dict[str, int]
    phrasings: dict[str, int]
    parts: dict[str, int]  # train, validation, … -> number
    facts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What `manifest.json` holds."""

    seed: int
    validation_share: float
    generator: str
    counts: Counts
    sources: tuple[SourceCount, ...]
    ladder: tuple[Step, ...]
    files: dict[str, str]  # name -> digest


@dataclass(frozen=True, slots=True, kw_only=True)
class InstructionSet:
    """An instruction set as it stands in a folder."""

    parts: Split
    rejected: tuple[Instruction, ...]
    retracted: tuple[Instruction, ...]
    ledger: Ledger


def prepare(
    entries: Sequence[Entry],
    *,
    evaluation: Iterable[str],
    seed: int,
    validation_share: float = 0.1,
    previous: Sequence[Instruction] = (),
    generate: Generate | None = None,
) -> InstructionSet:
    """Derive, screen and split the instructions of the entries.

    `evaluation` are questions never to train on; `previous` an earlier set, whose reviews are carried over
    and whose instructions that no longer hold are retracted.
    """
    derived = build(entries, seed, generate)
    chunks = {chunk.id: chunk for entry in entries for chunk in entry.chunks}
    screened = screen(derived, chunks, evaluation=evaluation)
    accepted, turned_down = _reviewed(screened, previous)
    digests = {entry.document.id: entry.document.digest for entry in entries}
    retracted = retract(previous, digests, kept={one.id for one in derived})
    parts = split(accepted, seed=seed, validation_share=validation_share)
    rejected = (*screened.rejected, *turned_down)
    ledger = Ledger(
        seed=seed,
        validation_share=validation_share,
        generator=GENERATOR if generate is None else getattr(generate, "__name__", "teacher"),
        counts=_counts(len(derived), accepted, rejected, parts),
        sources=_sources(entries, accepted),
        ladder=tuple(
            Step(size=size, digest=digest([one.id for one in held]))
            for size, held in ladder(parts.train, seed=seed).items()
        ),
        files={},
    )
    return InstructionSet(parts=parts, rejected=rejected, retracted=retracted, ledger=ledger)


def retract(
    instructions: Iterable[Instruction], digests: Mapping[str, str], kept: Iterable[str] = ()
) -> tuple[Instruction, ...]:
    """Those that no longer hold, marked `retracted` with the reason.

    `digests` are the current pages' (document id -> SHA-256); an instruction in `kept` was derived anew from
    the changed page, so it still holds.
    """
    kept = set(kept)
    found = []
    for one in instructions:
        if one.state == "retracted" or one.id in kept:
            continue
        current = digests.get(one.document_id)
        if current is None:
            found.append(replace(one, state="retracted", reason="the page is gone"))
        elif current != one.document_digest:
            found.append(replace(one, state="retracted", reason="the page changed"))
    return tuple(found)


def write(folder: Path, made: InstructionSet) -> Ledger:
    """Write the set into `folder` (made if need be). Returns the ledger with the files' digests."""
    folder.mkdir(parents=True, exist_ok=True)
    files = {}
    for name, part in _parts(made).items():
        text = "".join(f"{to_json(one)}\n" for one in part)
        (folder / f"{name}.jsonl").write_text(text, encoding="utf-8")
        files[f"{name}.jsonl"] = digest([one.id for one in part])
    ledger = replace(made.ledger, files=files)
    (folder / "manifest.json").write_text(to_json(ledger) + "\n", encoding="utf-8")
    return ledger


def read(folder: Path, name: str) -> list[Instruction]:
    """One part (`train`, `validation`, …) of a written set; empty when there is none."""
    path = folder / f"{name}.jsonl"
    if not path.exists():
        return []
    with path.open(encoding="utf-8") as lines:
        return [from_json(Instruction, line, f"{path}:{place}") for place, line in enumerate(lines, 1)]


def read_ledger(folder: Path) -> Ledger:
    """The manifest of a written set. Raises BadInput when there is none, or it is not one."""
    path = folder / "manifest.json"
    try:
        return from_json(Ledger, path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise BadInput(f"{path}: can't be read ({error.strerror}); build the instructions first") from None


def read_all(folder: Path) -> list[Instruction]:
    """Every instruction of a written set: what `prepare` takes as `previous`."""
    return [one for name in PARTS for one in read(folder, name)]


def _parts(made: InstructionSet) -> dict[str, tuple[Instruction, ...]]:
    parts = made.parts
    return {
        "train": parts.train,
        "validation": parts.validation,
        "paraphrases": parts.paraphrases,
        "withheld": parts.withheld,
        "rejected": made.rejected,
        "retracted": made.retracted,
    }


def _reviewed(
    screened: Screened, previous: Sequence[Instruction]
) -> tuple[tuple[Instruction, ...], tuple[Instruction, ...]]:
    """The accepted ones with what a reviewer said of them before, and those that a reviewer had rejected."""
    words = {one.id: one for one in previous if one.reviewer}
    carried = [
        replace(one, state=word.state, reviewer=word.reviewer, reason=word.reason, output=word.output)
        if (word := words.get(one.id))
        else one
        for one in screened.accepted
    ]
    accepted = tuple(one for one in carried if one.state != "rejected")
    return accepted, tuple(one for one in carried if one.state == "rejected")


def _counts(
    derived: int, accepted: Sequence[Instruction], rejected: Sequence[Instruction], parts: Split
) -> Counts:
    sizes = {name: len(getattr(parts, name)) for name in ("train", "validation", "paraphrases", "withheld")}
    return Counts(
        derived=derived,
        rejected=dict(sorted(Counter(one.reason for one in rejected).items())),
        accepted=len(accepted),
        kinds=dict(sorted(Counter(one.kind for one in accepted).items())),
        categories=dict(sorted(Counter(one.category for one in accepted).items())),
        phrasings=dict(sorted(Counter(one.phrasing for one in accepted).items())),
        parts=sizes,
        facts=len({one.fact for one in accepted if BOTH not in one.fact}),
    )


def _sources(entries: Iterable[Entry], accepted: Iterable[Instruction]) -> tuple[SourceCount, ...]:
    standing = Counter(one.document_id for one in accepted)
    return tuple(
        SourceCount(
            document_id=entry.document.id,
            source=entry.document.source,
            digest=entry.document.digest,
            version=entry.document.version,
            instructions=standing[entry.document.id],
        )
        for entry in entries
    )
