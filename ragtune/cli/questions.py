"""`ragtune ask` answers one question with citations; `ragtune serve` opens the console."""

from contextlib import ExitStack
from typing import Annotated

import typer

from ragtune.answers import Answer, Request
from ragtune.cli.models import running
from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.processes import events
from ragtune.cli.screen import facts, out
from ragtune.documents import PUBLIC
from ragtune.records import to_json
from ragtune.settings import Settings, load_settings
from ragtune.wiring import open_answering, open_search, source_folders

Labels = Annotated[
    str,
    typer.Option(help="Access labels of who asks, with commas between; pages with none of them stay out."),
]


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    app.command("ask")(ask_command)
    app.command("serve")(serve_command)


def ask_command(
    question: Annotated[str, typer.Argument(help="In words, in Korean.")],
    generator: Annotated[str, typer.Option(help="extractive, or a model of the settings.")] = "",
    retrieval: Annotated[bool, typer.Option(help="Give the generator passages of the documents.")] = True,
    labels: Labels = PUBLIC,
    trace: Annotated[bool, typer.Option("--trace", help="Show the prompt and every passage.")] = False,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Answer a question from the documents, with the places it came from.

    Example: `ragtune ask "해지하려면 어떻게 하나요?"`
    """
    settings = load_settings(config)
    seen = frozenset(label.strip() for label in labels.split(",") if label.strip())
    request = Request(question=question, generator=generator, retrieval=retrieval, labels=seen)
    with ExitStack() as stack:
        wanted = generator or settings.answering.generator
        stack.enter_context(running(settings, [name for name in settings.models if name == wanted]))
        search = stack.enter_context(open_search(settings))
        answer = open_answering(settings, search).answer(request)
    if json:
        out.print(to_json(answer), markup=False)
    else:
        show_answer(answer, settings, trace=trace)


def show_answer(answer: Answer, settings: Settings, *, trace: bool = False, versions: bool = True) -> None:
    """The answer, where it stands, its files, the time it took, and what it was made with."""
    folders = source_folders(settings)
    out.print(f"  {answer.text}", markup=False, style="bold")
    for citation in answer.citations:
        place = " › ".join((citation.title, *citation.path))
        out.print(f"  [{citation.passage}] {place}", markup=False)
        out.print(f"      {folders.path(citation.link) or citation.link}", markup=False, style="cyan")
    for file in answer.attachments:
        out.print(f"  file: {file.name}  {folders.path(file.uri) or file.uri}", markup=False, style="cyan")
    stages = ", ".join(f"{name} {1000 * value:.0f}" for name, value in answer.seconds.items())
    total = 1000 * sum(answer.seconds.values())
    out.print(f"  {answer.state} in {total:.0f} ms ({stages})", markup=False, style="dim")
    if versions:
        show_versions(answer)
    if trace:
        _show_trace(answer)


def show_versions(answer: Answer) -> None:
    """Everything that the answer was made with, by name."""
    facts(answer.versions)


def _show_trace(answer: Answer) -> None:
    for found in answer.trace.passages:
        legs = ", ".join(f"{leg} {score:.2f}" for leg, score in found.legs.items())
        dropped = "  dropped: did not fit" if found.dropped else ""
        out.print(f"  [{found.number}] {found.chunk_id} {found.score:.3f} ({legs}){dropped}", markup=False)
    for note in answer.trace.notes:
        out.print(f"  {note}", markup=False)
    out.print(answer.trace.prompt, markup=False)


def serve_command(config: Config = LOCAL) -> None:
    """Open the counsellor's page and the API on this machine, with the models of the settings.

    Example: `ragtune serve --config config/demo.toml`
    """
    settings = load_settings(config)
    with running(settings, list(settings.models)) as started:
        for name, model in settings.models.items():
            out.print(f"  {name}: {model.url} {'started' if name in started else 'was up'}", markup=False)
        log = settings.state / "console.log"
        for event in events("console.server", ["--config", str(config)], log):
            if event.get("event") == "serving":
                out.print(f"  console: {event['url']}   (end with Ctrl-C)", markup=False)
