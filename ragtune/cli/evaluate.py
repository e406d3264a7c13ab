"""`ragtune evaluate` measures: whether the right page is found, when to abstain, how good answers are, how
long chunks should be (`sizes`).

ragtune evaluate retrieval --questions questions.jsonl --json
{"overall": {"R@1": 0.862, "R@5": 0.951, "R@10": 0.968, "nDCG@10": 0.917}, "abstractive": {…}}
"""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli import sizes
from ragtune.cli.models import running
from ragtune.cli.options import LOCAL, Config, Json, Labels, access_of
from ragtune.cli.screen import out, progress, table
from ragtune.documents import PUBLIC, Document, Table
from ragtune.errors import BadInput
from ragtune.evaluation import abstention
from ragtune.evaluation.matrix import OVERALL, Column, Graded, Variant, ask, matrix, variants
from ragtune.evaluation.records import Question
from ragtune.evaluation.retrieval import (
    METRICS,
    Estimate,
    Judged,
    estimate,
    rank,
    read_questions,
    right_documents,
    summary,
)
from ragtune.evaluation.retrieval import subsets as by_subset
from ragtune.evaluation.weighing import KeptEmbedder, KeptReranker, Verdict, judge
from ragtune.ports import DENSE, Access, Index
from ragtune.records import from_json, to_json
from ragtune.retrieval import RERANK, Retriever
from ragtune.settings import Settings, load_settings
from ragtune.wiring import Search, open_aids, open_answering, open_extractive, open_search

Questions = Annotated[Path, typer.Option("--questions", help="JSON lines, each with its right document.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    group = typer.Typer(help="Measure retrieval, abstention and answers.", no_args_is_help=True)
    group.command("retrieval")(retrieval_command)
    group.command("abstention")(abstention_command)
    group.command("answers")(answers_command)
    sizes.register(group)
    app.add_typer(group, name="evaluate")


def _indexed(questions: Path, search: Search) -> list[Judged]:
    asked = read_questions(questions)
    right = right_documents(search.index, asked)
    found = [one for one in asked if right[one.id]]
    if not found:
        raise BadInput(f"{questions}: none of the pages it names is in the index; ingest them first")
    return found


def retrieval_command(
    questions: Questions,
    gate: Annotated[
        str, typer.Option(help="Decide this leg's weight (dense, rerank, kiwi_head, …) by the paired test.")
    ] = "",
    labels: Labels = PUBLIC,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Say how often the right page is found first, among 5, among 10; with 95 % intervals by document.

    Example: `ragtune evaluate retrieval --questions samples/questions/development.jsonl`
    """
    settings = load_settings(config)
    with open_search(settings) as search:
        asked = _indexed(questions, search)
        if gate:
            show_verdict(gated(gate, search, settings, asked, access_of(labels)), json=json)
            return
        outcomes = rank(search.retriever, search.index, asked, access_of(labels))
    if json:
        out.print(to_json(summary(outcomes)), markup=False)
        return
    rows = []
    for name, part in by_subset(outcomes).items():
        found = [estimate(part, metric) for metric in METRICS]
        rows.append([name, len(part), *(f"{one.value:.3f} ({one.low:.3f}–{one.high:.3f})" for one in found)])
    table("retrieval, share and 95 % interval", ("questions", "n", *METRICS), rows)


def gated(leg: str, search: Search, settings: Settings, asked: list[Judged], access: Access) -> Verdict:
    """The gate's verdict on one leg of the settings. Raises BadInput when there is no such leg."""
    aids, others = open_aids(settings), {**settings.retrieval.weights}
    others.pop(leg, None)
    legs = [view + end for view in settings.index.views for end in ("", "_head")]
    legs += [DENSE] * bool(aids.embedder) + [RERANK] * bool(aids.reranker)
    if leg not in legs:
        raise BadInput(f"--gate {leg}: is none of {', '.join(legs)}; [embedder] and [reranker] bring further")
    kept = replace(
        aids,
        embedder=KeptEmbedder(aids.embedder) if aids.embedder else None,
        reranker=KeptReranker(aids.reranker) if aids.reranker else None,
    )
    total = sum(others.values())

    def retriever(weight: float) -> Retriever:
        weights = {**others, leg: round(weight * total, 4)}
        return Retriever(search.index, search.analyzers, replace(settings.retrieval, weights=weights), kept)

    return judge(leg, retriever, search.index, asked, access, total=total)


def show_verdict(verdict: Verdict, *, json: bool) -> None:
    """The candidates, and the weight to write into the settings."""
    if json:
        out.print(to_json(verdict), markup=False)
        return
    rows = [["0", _interval(verdict.without), ""]]
    rows += [
        [f"{one.weight:g}", _interval(one.found), _interval(one.gain, "+")] for one in verdict.candidates
    ]
    table(f"{verdict.leg}, {verdict.questions} questions", ("weight", "nDCG@10", "gain"), rows)
    out.print(f"  on the other half the best has a gain of {_interval(verdict.held_out, '+')}", markup=False)
    said = f"weights.{verdict.leg} = {verdict.weight:g}"
    out.print(f"  {said}{'' if verdict.weight else ': no gain is shown'}", markup=False)


def _interval(found: Estimate, sign: str = "") -> str:
    return f"{found.value:{sign}.3f} ({found.low:{sign}.3f} to {found.high:{sign}.3f})"


def abstention_command(
    questions: Questions, labels: Labels = PUBLIC, json: Json = False, config: Config = LOCAL
) -> None:
    """Leave each question's page out once: how often is there an answer nevertheless, and how often none
    though the page is there? The threshold is chosen on half of the documents and judged on the others.

    Example: `ragtune evaluate abstention --questions samples/questions/development.jsonl`
    """
    settings = load_settings(config)
    with open_search(settings) as search:
        trials = leave_out(search, settings, _indexed(questions, search), access_of(labels))
    development, held_out = abstention.halves(trials)
    chosen = abstention.best_point(abstention.curve(development))
    judged = abstention.at(held_out, chosen.threshold)
    if json:
        out.print(
            to_json({"chosen": chosen, "held_out": judged, "curve": abstention.curve(trials)}), markup=False
        )
        return
    points = abstention.curve(trials, steps=20)
    rows = [[point.threshold, point.false_answers, point.false_abstentions] for point in points]
    table("abstention by threshold", ("min_support", "false answers", "false abstentions"), rows)
    out.print(
        f"  chosen on {len(development)} questions: {chosen.threshold:.3f}; on {len(held_out)} others: "
        f"false answers {judged.false_answers:.3f}, false abstentions {judged.false_abstentions:.3f}"
    )


def leave_out(
    search: Search, settings: Settings, asked: list[Judged], access: Access
) -> list[abstention.Trial]:
    """A trial for each question, with the settings' number of passages."""
    support = open_extractive(search).support
    limit = settings.retrieval.passages
    return abstention.leave_out(search.retriever, support, search.index, asked, access, limit)


def answers_command(
    questions: Questions,
    base: Annotated[str, typer.Option(help="Model of the settings that is not tuned.")] = "base",
    tuned: Annotated[str, typer.Option(help="Model of the settings that is.")] = "tuned",
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Grade answers of Base, Base+RAG, PEFT and PEFT+RAG: the matrix by category.

    Example: `ragtune evaluate answers --questions samples/questions/evaluation.jsonl
    --config config/demo.toml`
    """
    settings = load_settings(config)
    missing = [name for name in (base, tuned) if name not in settings.models]
    if missing:
        raise BadInput(f"{config}: names no model {' and no '.join(missing)}; add [models] to it")
    asked = read_full_questions(questions)
    with running(settings, [base, tuned]), open_search(settings) as search:
        found = grade_all(search, settings, asked, variants(base=base, tuned=tuned))
    if json:
        out.print(to_json({name: column.points for name, column in matrix(found).items()}), markup=False)
    else:
        show_matrix(matrix(found))


def read_full_questions(path: Path) -> list[Question]:
    """Questions with what a right answer needs."""
    with path.open(encoding="utf-8") as lines:
        return [from_json(Question, line, f"{path}:{number}") for number, line in enumerate(lines, 1)]


def grade_all(
    search: Search, settings: Settings, asked: list[Question], columns: tuple[Variant, ...]
) -> list[Graded]:
    """Every question of every variant, graded, with a progress bar."""
    answering = open_answering(settings, search)
    texts = PageTexts(search.index)
    found = []
    with progress("grading answers", len(asked) * len(columns)) as advance:
        for graded in ask(answering, asked, columns, texts):
            found.append(graded)
            advance(len(found), note=graded.variant)
    return found


class PageTexts:
    """The text of the page that a question is about, "" when it is not in the index."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._ids = {head.source: head.document_id for head in index.heads() if not head.deleted}

    def __call__(self, question: Question) -> str:
        ids = [document for source, document in self._ids.items() if source.endswith(f"/{question.source}")]
        document = self._index.document(ids[0]) if ids else None
        return _text(document) if document else ""


def _text(document: Document) -> str:
    parts = [document.title]
    for section in document.sections:
        parts += section.path
        for block in section.blocks:
            parts.append(" ".join(map(" ".join, block.grid)) if isinstance(block, Table) else block.text)
    return "\n".join(parts)


def show_matrix(columns: dict[str, Column]) -> None:
    """Shares of the points by category and variant."""
    categories = list(next(iter(columns.values())).points)
    rows = [
        [name, *(f"{column.points[category].share:.2f}" for category in categories)]
        for name, column in columns.items()
    ]
    table("share of the points reached", ("", *categories), rows)
    overall = {name: column.points[OVERALL] for name, column in columns.items()}
    for name, interval in overall.items():
        out.print(f"  {name}: {interval.share:.2f} (95 % {interval.low:.2f}–{interval.high:.2f})")
