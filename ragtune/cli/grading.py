"""The evaluation of a deployment's models as one report: matrix, probes, abstention, lengths, versions."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from ragtune import __version__
from ragtune.cli.evaluate import grade_all, leave_out, read_full_questions, show_matrix
from ragtune.cli.options import access_of
from ragtune.cli.screen import out, progress, table
from ragtune.cli.stages import Clock
from ragtune.cli.tuning import retrieve, within_reach
from ragtune.documents import PUBLIC
from ragtune.evaluation import page
from ragtune.evaluation.abstention import Point, curve
from ragtune.evaluation.matrix import inexpressible, variants
from ragtune.evaluation.probes import Cases, Probe, cases, probe
from ragtune.evaluation.report import Report, Training, training_from_log
from ragtune.evaluation.retrieval import read_questions, right_documents
from ragtune.instructions.counterfactual import pools
from ragtune.instructions.ledger import read, read_ledger
from ragtune.instructions.records import Instruction
from ragtune.instructions.wordings import HELD_OUT
from ragtune.presets import load_preset
from ragtune.prompts import PROMPT_VERSION
from ragtune.settings import Settings
from ragtune.vocabulary import whole_words
from ragtune.wiring import Search, index_versions, open_model

PROBED = {"base": "base", "plain": "plain", "retrieval_aware": "tuned"}  # name in the report -> model
PROBES = 64  # `python -m bench.tuning` asks 200, on several seeds
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What to measure with: question files, the instruction set, runs; `limit` cuts all of it for CI."""

    questions: Path  # folder with evaluation, development and unanswerable.jsonl
    instructions: Path
    runs: Path
    limit: int | None = None


def measure(scope: Scope, settings: Settings, search: Search) -> Report:
    """Ask, grade and probe every model of the settings, which have to be up."""
    asked = read_full_questions(scope.questions / "evaluation.jsonl")
    asked = asked[:: max(1, len(asked) // scope.limit)] if scope.limit else asked
    unanswerable = read_full_questions(scope.questions / "unanswerable.jsonl")[: scope.limit]
    known = [one for part in ("train", "paraphrases") for one in read(scope.instructions, part)]
    counts = read_ledger(scope.instructions).counts
    return Report(
        answers=tuple(grade_all(search, settings, [*asked, *unanswerable], variants())),
        probes=_probes(scope, settings, search, known),
        trainings=_trainings(scope.runs),
        training_lengths=tuple(len(one.output) for one in known),
        abstention=_abstention(scope, settings, search),
        threshold=settings.answering.min_support,
        inexpressible=inexpressible(asked, _words(settings)),
        instructions=counts.parts | counts.kinds,
        versions=_versions(settings, search),
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _probes(
    scope: Scope, settings: Settings, search: Search, known: list[Instruction]
) -> Mapping[str, Probe]:
    models = {name: settings.models[model] for name, model in PROBED.items() if model in settings.models}
    found = {}
    made = None
    with progress("probing", len(models)) as advance:
        for name, model in models.items():
            served = open_model(name, model, settings)
            made = made or _cases(scope, settings, search, within_reach(known, model))
            found[name] = probe(served.generator, served.preset, made)
            advance(len(found), note=name)
    return found


def _cases(scope: Scope, settings: Settings, search: Search, known: list[Instruction]) -> Cases:
    paraphrases = [one for one in known if one.wording.startswith(HELD_OUT)]
    return cases(
        paraphrases, retrieve(search, settings), n=scope.limit or PROBES, seed=SEED, pool=pools(known)
    )


def _words(settings: Settings) -> frozenset[str] | None:
    """The values that the tuned model can say, None when there is no limit."""
    model = settings.models["tuned"]
    if not model.folder or not load_preset(model.preset).closed_vocabulary:
        return None
    return whole_words(model.folder)


def _trainings(runs: Path) -> tuple[Training, ...]:
    names = {model: name for name, model in PROBED.items()}
    logs = sorted(runs.glob("*/metrics/log.jsonl"))
    return tuple(training_from_log(log, names.get(log.parts[-3], log.parts[-3])) for log in logs)


def _abstention(scope: Scope, settings: Settings, search: Search) -> tuple[Point, ...]:
    asked = read_questions(scope.questions / "development.jsonl")
    right = right_documents(search.index, asked)
    known = [one for one in asked if right[one.id]][: scope.limit]
    return tuple(curve(leave_out(search, settings, known, access_of(PUBLIC))))


def _versions(settings: Settings, search: Search) -> dict[str, str]:
    found = index_versions(search.index)
    for name, model in settings.models.items():
        versions = open_model(name, model, settings).generator.versions()
        found |= {f"{name} {part}": digest for part, digest in versions.items()}
    return found


def show(report: Report) -> None:
    """The matrix and the probes as tables."""
    show_matrix(report.matrix)
    columns = ("closed_book", "with_passage", "changed_passage", "stale", "absent")
    rows = [
        [name, *(getattr(found, column).share for column in columns)] for name, found in report.probes.items()
    ]
    table("probes, share of right answers (stale: of old ones)", ("", *columns), rows)
    missing = sum(report.inexpressible.values())
    out.print(f"  {missing} of the questions ask for more than this base can say; they count all the same")


def report(scope: Scope, settings: Settings, search: Search, clock: Clock, folder: Path) -> None:
    """Measure, show the tables, write `report.html` and `report.json`."""
    start = time.perf_counter()
    found = measure(scope, settings, search)
    show(found)
    seconds = clock.seconds | {"grade": time.perf_counter() - start}
    for path in page.write(replace(found, seconds=seconds), folder):
        out.print(f"  written: {path}", markup=False)


def made_from(scope: Scope, settings: Settings, search: Search) -> dict[str, object]:
    """Everything that a report depends on: when it is the same, so is the report."""
    questions = sorted(scope.questions.glob("*.jsonl"))
    return {
        "version": __version__,
        "prompt": PROMPT_VERSION,
        "settings": settings,
        "limit": scope.limit,
        "questions": {path.name: path.read_text(encoding="utf-8") for path in questions},
        "instructions": (scope.instructions / "manifest.json").read_text(encoding="utf-8"),
        "versions": _versions(settings, search),
        "pages": [head.digest for head in search.index.heads() if not head.deleted],
    }


def show_again(folder: Path) -> None:
    """The matrix of an earlier report that still holds."""
    matrix = json.loads((folder / "report.json").read_text(encoding="utf-8"))["matrix"]
    categories = list(next(iter(matrix.values())))
    rows = [
        [name, *(points[category]["share"] for category in categories)] for name, points in matrix.items()
    ]
    table("share of the points reached (nothing changed since)", ("", *categories), rows)
