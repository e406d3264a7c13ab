"""`ragtune instructions build` derives training data from the indexed documents.

derived 3,120, accepted 2,804; rejected: duplicate 201, length 64, …
  feedback: 12 corrected (9 taken, 3 not borne by a document), 30 useful, 5 wrong: 위약금 안내 3, 설치 안내 2
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import LOCAL, Config
from ragtune.cli.screen import err, out, progress
from ragtune.errors import BadInput
from ragtune.evaluation.retrieval import read_questions
from ragtune.feedback import FOLDER
from ragtune.instructions.feedback import Corrections, Heard, read, summary
from ragtune.instructions.ledger import Ledger, prepare, read_all, write
from ragtune.ports import Entry, Index
from ragtune.settings import load_settings
from ragtune.wiring import open_search


def register(app: typer.Typer) -> None:
    """Add the commands of this room."""
    group = typer.Typer(help="Make instruction data.", no_args_is_help=True)
    group.command("build")(build_command)
    app.add_typer(group, name="instructions")


def build_command(
    evaluation: Annotated[
        list[Path] | None, typer.Option(help="Question file never to train on; may be given again.")
    ] = None,
    feedback: Annotated[
        list[Path] | None,
        typer.Option(help="Folder of feedback; by default that in the state. May be given again."),
    ] = None,
    output: Annotated[Path | None, typer.Option(help="Folder for the set; by default in the state.")] = None,
    validation_share: Annotated[
        float, typer.Option(help="Share of the instructions whose pages are kept from training, 0–0.5.")
    ] = 0.1,
    seed: Annotated[int, typer.Option(help="Of wordings, split and ladder.")] = 1,
    config: Config = LOCAL,
) -> None:
    """Derive instructions from the indexed documents, screen and split them, and write the manifest.

    Corrected answers of the console, or of `--feedback`, become instructions where a page that the answer
    cited bears them; which pages answers go wrong on is told.

    Example: `ragtune instructions build --evaluation samples/questions/evaluation.jsonl`
    """
    settings = load_settings(config)
    folder = output or settings.state / "instructions"
    with open_search(settings) as search:
        heard = feedback or _kept(settings.state)
        show_ledger(build(search.index, folder, evaluation or [], validation_share, seed, heard))
    out.print(f"  written to {folder}", markup=False)


def build(
    index: Index,
    folder: Path,
    evaluation: list[Path],
    share: float,
    seed: int,
    feedback: Sequence[Path] = (),
) -> Ledger:
    """Derive, screen, split and write; reviews of an earlier set in `folder` are kept. Tells of feedback."""
    asked = [one.question for path in evaluation for one in read_questions(path)]
    entries = _entries(index)
    if not entries:
        raise BadInput("the index holds no document; run `ragtune ingest FOLDER` first")
    heard = _heard(feedback)
    corrections = Corrections(heard, entries) if feedback else None
    with progress("deriving instructions", None):
        earlier = read_all(folder)
        made = prepare(
            entries,
            evaluation=asked,
            seed=seed,
            validation_share=share,
            previous=earlier,
            generate=corrections,
        )
        ledger = write(folder, made)
    if corrections:
        out.print(f"  {summary(heard, corrections, made)}", markup=False)
    return ledger


def _kept(state: Path) -> list[Path]:
    """Where the console keeps feedback: left out, corrections that people reviewed would be gone."""
    folder = state / FOLDER
    return [folder] if folder.is_dir() else []


def _heard(folders: Sequence[Path]) -> Heard:
    heard = read(folders)
    for sentence in heard.broken:
        err.print(f"set aside: {sentence}", markup=False)
    return heard


def _entries(index: Index) -> list[Entry]:
    found = []
    for head in index.heads():
        document = None if head.deleted else index.document(head.document_id)
        if document:
            found.append(Entry(document=document, chunks=tuple(index.entry_chunks(document.id))))
    return found


def show_ledger(ledger: Ledger) -> None:
    """Counts, as people read them."""
    counts = ledger.counts
    reasons = ", ".join(f"{reason} {number}" for reason, number in counts.rejected.items()) or "none"
    out.print(
        f"  derived {counts.derived:,}, accepted {counts.accepted:,}; rejected: {reasons}", markup=False
    )
    parts = ", ".join(f"{name} {number:,}" for name, number in counts.parts.items())
    out.print(f"  {counts.facts:,} facts of {len(ledger.sources)} pages; {parts}", markup=False)
