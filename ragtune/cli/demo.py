"""`ragtune demo`: the main job on samples/, step by step; a second run reuses what is unchanged.

Everything it makes lies under `.ragtune/demo`; the report is `.ragtune/report.html`.
"""

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from ragtune.answers import Request
from ragtune.cli import grading, tuning
from ragtune.cli.data import build, show_ledger
from ragtune.cli.documents import ingest_folder, show_report
from ragtune.cli.evaluate import read_full_questions
from ragtune.cli.models import running
from ragtune.cli.questions import show_answer, show_versions
from ragtune.cli.screen import facts, out, step, table
from ragtune.cli.stages import Clock, reuse
from ragtune.errors import BadInput
from ragtune.instructions.build import GENERATOR
from ragtune.instructions.ledger import read_ledger
from ragtune.instructions.retrieval_aware import load_mix, scaled
from ragtune.settings import Settings, load_settings
from ragtune.wiring import Search, open_answering, open_search

CONFIG = Path("config/demo.toml")
PAGES = Path("samples/manuals")
QUESTIONS = Path("samples/questions")
REPORT = Path(".ragtune")
SHORT_SHARE = 0.15  # of the training rows, and
SHORT_QUESTIONS = 10  # of the 50, and as many probes, in the short form that CI runs
RECIPES = {"plain": Path("training/recipes/sample-plain.toml"), "tuned": Path("training/recipes/sample.toml")}
SEED = 1
VALIDATION_SHARE = 0.03  # a few pages: whatever is kept from training can't be answered closed book


@dataclass(slots=True)
class Demo:
    """One run: its settings, clock and how much of the evaluation it does."""

    settings: Settings
    short: bool
    clock: Clock = field(default_factory=Clock)

    @property
    def instructions(self) -> Path:
        return self.settings.state / "instructions"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo")(demo_command)


def demo_command(
    short: Annotated[bool, typer.Option("--short", help="Tune and grade with a part only.")] = False,
) -> None:
    """Run the main job on the samples: read, index, derive, tune, serve, ask, grade, report.

    Example: `ragtune demo`
    """
    if not PAGES.is_dir():
        raise BadInput(f"{PAGES}: not here; run the demo in the project's folder")
    demo = Demo(load_settings(CONFIG), short)
    _read(demo)
    with open_search(demo.settings) as search:
        _index(search)
        _derive(demo, search)
        _tune(demo, search)
        with ExitStack() as stack:
            _serve(demo, stack)
            _ask(demo, search)
            _grade(demo, search)
    _goodbye(demo)


def _read(demo: Demo) -> None:
    step(1, f"Reading {PAGES} into documents, tables, images and attachments")
    with demo.clock.stage("read and index"):
        show_report(ingest_folder(PAGES, demo.settings))


def _index(search: Search) -> None:
    step(2, "The index")
    facts(search.index.info())


def _derive(demo: Demo, search: Search) -> None:
    step(3, "Deriving instructions; the 50 evaluation questions are never trained on")
    asked = QUESTIONS / "evaluation.jsonl"
    inputs = {
        "pages": [[head.source, head.digest] for head in search.index.heads() if not head.deleted],
        "evaluation": asked.read_text(encoding="utf-8"),
        "made by": [GENERATOR, VALIDATION_SHARE, SEED],
    }
    with demo.clock.stage("instructions"):
        reuse(
            demo.instructions,
            inputs,
            lambda: build(search.index, demo.instructions, [asked], VALIDATION_SHARE, SEED),
        )
    show_ledger(read_ledger(demo.instructions))


def _tune(demo: Demo, search: Search) -> None:
    step(4, "Tuning: plain question–answer pairs, and retrieval-aware samples")
    for name, recipe in RECIPES.items():
        with demo.clock.stage(f"tune {name}"):
            mix = scaled(load_mix(recipe), SHORT_SHARE if demo.short else 1.0)
            tuning.tune(name, recipe, demo.settings, search, demo.instructions, mix)


def _serve(demo: Demo, stack: ExitStack) -> None:
    step(5, "Serving base, plain and tuned model: GET /ping, POST /invocations")
    with demo.clock.stage("serve"):
        started = stack.enter_context(running(demo.settings, list(demo.settings.models)))
    for name, model in demo.settings.models.items():
        out.print(f"  {name}: {model.url} {'' if name in started else '(was up)'}", markup=False)


def _ask(demo: Demo, search: Search) -> None:
    step(6, "Asking the tuned model")
    answering = open_answering(demo.settings, search)
    with demo.clock.stage("ask"):
        for question in _questions():
            out.print(f"\n  [bold]?[/] {question}")
            answer = answering.answer(Request(question=question))
            show_answer(answer, demo.settings, versions=False)
    out.print("\n  made with:")
    show_versions(answer)


def _questions() -> list[str]:
    """One development question of each category, and one that no page answers."""
    asked = read_full_questions(QUESTIONS / "development.jsonl")
    by_category = {one.category: one.question for one in reversed(asked)}
    return [*by_category.values(), read_full_questions(QUESTIONS / "unanswerable.jsonl")[0].question]


def _grade(demo: Demo, search: Search) -> None:
    step(7, "Grading Base, Base+RAG, PEFT and PEFT+RAG; probing how they use documents")
    runs = demo.settings.state / "runs"
    limit = SHORT_QUESTIONS if demo.short else None
    scope = grading.Scope(questions=QUESTIONS, instructions=demo.instructions, runs=runs, limit=limit)
    with demo.clock.stage("grade"):
        done = reuse(
            demo.settings.state / "report",
            grading.made_from(scope, demo.settings, search),
            lambda: grading.report(scope, demo.settings, search, demo.clock, REPORT),
        )
    if done:
        grading.show_again(REPORT)


def _goodbye(demo: Demo) -> None:
    seconds = demo.clock.seconds
    step(8, f"Done in {sum(seconds.values()):.0f} s")
    table("", ("stage", "seconds"), [[name, round(value, 1)] for name, value in seconds.items()])
    out.print(f"\n  the report       {REPORT}/report.html  (numbers: {REPORT}/report.json)", markup=False)
    out.print(f"  the console      .venv/bin/ragtune serve --config {CONFIG}", markup=False)
    out.print('  your documents   .venv/bin/ragtune ingest FOLDER && .venv/bin/ragtune ask "…"', markup=False)
