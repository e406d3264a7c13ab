"""`ragtune evaluate questions` asks about a folder's long pages; `evaluate chunking` sweeps sizes on them.

ragtune evaluate chunking ./manuals --sizes 300,500,t256
size  sections  chunks  chars  MB    passages  page@1  section@1  section@5  evidence
500   -         12658   282    25.7  6.0       0.779   0.599      0.838      0.801 (0.765 to 0.834)
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer

from ragtune.chunking import chunks
from ragtune.cli.options import LOCAL, Config, Json, Labels, access_of
from ragtune.cli.screen import err, out, progress, table
from ragtune.documents import PUBLIC, Document
from ragtune.errors import BadInput, UnreadablePage
from ragtune.evaluation import manual_questions
from ragtune.evaluation.cuts import COLUMNS, Cut, figure, gains, kinds, rows
from ragtune.evaluation.manual_questions import ManualQuestion
from ragtune.evaluation.retrieval import held_out
from ragtune.evaluation.sizes import Budget, ask, sections_of
from ragtune.manuals import read_page
from ragtune.ports import Access, Entry
from ragtune.records import to_json
from ragtune.retrieval import Retriever
from ragtune.settings import ChunkingSettings, Settings, load_settings
from ragtune.wiring import SQLITE, chunk_tokens, open_search, open_source

_MOST_CHARS = 4_000  # of a chunk that is bounded in tokens
_SIZES = "200,300,400,500,650,800,1200,t128,t256,t384"
Table = tuple[Sequence[str], Sequence[Sequence[object]]]  # columns, rows
Pages = list[tuple[str, Document]]  # (path below the folder, page)

Folder = Annotated[Path, typer.Argument(help="A folder with pages (*.html).")]
MinChars = Annotated[int, typer.Option(help="Ask about pages of at least so many characters.", min=1)]
PerPage = Annotated[int, typer.Option(help="Questions of each kind a page.", min=1, max=100)]
Out = Annotated[Path, typer.Option("--out", help="The file to write.")]


def register(group: typer.Typer) -> None:
    """Add the commands to `ragtune evaluate`."""
    group.command("questions")(questions_command)
    group.command("chunking")(chunking_command)


def questions_command(
    folder: Folder,
    destination: Out = Path(".ragtune/manual-questions.jsonl"),
    min_chars: MinChars = 3_000,
    per_page: PerPage = 2,
    config: Config = LOCAL,
) -> None:
    """Turn headings, table cells and sentences of the folder's long pages into questions, by rules.

    Example: `ragtune evaluate questions samples/manuals --min-chars 300`
    """
    pages = read_pages(folder, load_settings(config))
    asked = manual_questions.build(pages, min_chars=min_chars, per_page=per_page)
    manual_questions.write(asked, destination)
    count = {kind: sum(one.category == kind for one in asked) for kind in sorted({q.category for q in asked})}
    table("questions", ("about", "n"), list(count.items()))
    out.print(f"  {len(asked)} on {len({one.source for one in asked})} pages: {destination}", markup=False)


def chunking_command(
    folder: Folder,
    questions: Annotated[
        Path | None, typer.Option(help="Those of `evaluate questions`; without, they are made.")
    ] = None,
    sizes: Annotated[str, typer.Option(help="Characters, or t and tokens, with commas between.")] = _SIZES,
    tokens_of: Annotated[str, typer.Option(help="The preset, or tokenizer's folder, that counts.")] = "kullm",
    budget: Annotated[int, typer.Option(help="Characters of passages in a prompt.", min=200)] = 2_000,
    section_chars: Annotated[
        int, typer.Option(help="How far a hit grows within its section; 0: not at all.", min=0, max=20_000)
    ] = 1_500,
    half: Annotated[str, typer.Option(help="Whose questions: development, held-out or all pages'.")] = (
        "development"
    ),
    min_chars: MinChars = 3_000,
    per_page: PerPage = 2,
    plot: Annotated[Path, typer.Option(help="The figure to write.")] = Path(".ragtune/chunking.svg"),
    labels: Labels = PUBLIC,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """Cut the folder's pages at several sizes, with and without sections, and ask the same questions.

    Example: `ragtune evaluate chunking samples/manuals --min-chars 300 --sizes 200,400,t256`
    """
    settings = load_settings(config)
    ways = {name: way(name, tokens_of, settings) for name in sizes.split(",")}
    pages = read_pages(folder, settings)
    asked = (
        manual_questions.read(questions)
        if questions
        else manual_questions.build(pages, min_chars=min_chars, per_page=per_page)
    )
    sweep = Sweep(
        pages=pages,
        questions=of_half(asked, half),
        access=access_of(labels),
        budget=budget,
        grown=section_chars,
    )
    cuts = sweep.all_cuts(ways)
    _draw(cuts, plot, budget)
    tables = _tables(cuts, size=str(settings.chunking.max_chars), budget=budget)
    if json:
        print_json(tables)
        return
    for title, (columns, found) in tables.items():
        table(title, columns, found)
    out.print(f"  {plot}", markup=False)


def _draw(cuts: Sequence[Cut], plot: Path, budget: int) -> None:
    plot.parent.mkdir(parents=True, exist_ok=True)
    css = files("ragtune.evaluation").joinpath("report.css").read_text(encoding="utf-8")
    plot.write_text(figure(cuts, css, budget=budget), encoding="utf-8")


def _tables(cuts: Sequence[Cut], *, size: str, budget: int) -> dict[str, Table]:
    """Title -> (columns, rows)."""
    count = len(cuts[0].trials)
    return {
        f"{count} questions, {budget} characters of passages, 95 % intervals": (COLUMNS, rows(cuts)),
        "evidence by kind of question": kinds(cuts),
        f"gain in evidence over {size} characters": (("size", "sections", "gain"), gains(cuts, size)),
    }


def print_json(tables: Mapping[str, Table]) -> None:
    """Title -> rows as objects."""
    shown = {
        title: [dict(zip(columns, row, strict=True)) for row in found]
        for title, (columns, found) in tables.items()
    }
    out.print(to_json(shown), markup=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """What all sizes share. `grown` is to how many characters a hit grows where sections are tried."""

    pages: Pages
    questions: Sequence[ManualQuestion]
    access: Access
    budget: int  # characters of passages
    grown: int

    def all_cuts(self, ways: Mapping[str, Settings]) -> list[Cut]:
        """Those of every size, with a progress bar."""
        found: list[Cut] = []
        with progress("cutting and asking", len(ways)) as advance:
            for number, (name, settings) in enumerate(ways.items(), 1):
                found += self.cuts(name, settings)
                advance(number, note=name)
        return found

    def cuts(self, name: str, settings: Settings) -> Iterator[Cut]:
        """The pages cut as the settings say, in an index of their own, asked without and with sections."""
        with tempfile.TemporaryDirectory() as folder:
            own = replace(settings, index=replace(settings.index, url=f"{SQLITE}{folder}/index"))
            yield from self._asked(name, own)

    def _asked(self, name: str, settings: Settings) -> Iterator[Cut]:
        tokens, _ = chunk_tokens(settings)
        entries = [
            Entry(document=page, chunks=chunks(page, max_chars=settings.chunking.max_chars, tokens=tokens))
            for _, page in self.pages
        ]
        lengths = [len(chunk.text) for entry in entries for chunk in entry.chunks]
        with open_search(settings) as search:
            for _ in search.index.put(entries):
                pass
            for grown in (0, self.grown) if self.grown else (0,):
                how = replace(settings.retrieval, section_chars=grown)
                found = ask(
                    self.questions,
                    Retriever(search.index, search.analyzers, how),
                    search.index,
                    sections_of(entries),
                    self.access,
                    Budget(chars=self.budget, growing=how.passages),
                )
                yield Cut(
                    size=name,
                    sections=bool(grown),
                    chunks=len(lengths),
                    characters=sum(lengths) / len(lengths),
                    megabytes=int(str(search.index.info()["bytes"])) / 1e6,
                    trials=tuple(found),
                )


def read_pages(folder: Path, settings: Settings) -> Pages:
    """Every page that can be read, without its attachments' text. Raises BadInput when there is none."""
    source = open_source(folder, settings)
    pages = []
    for file in source.files():
        try:
            data, version = source.read(file.uri)
            page = read_page(data, source=file.uri, version=version)
        except UnreadablePage as error:
            err.print(f"  left out: {error}", markup=False)
        else:
            pages.append((page.source.removeprefix(source.prefix), page))
    if not pages:
        raise BadInput(f"{folder} holds no page (*.html); name a folder with pages")
    return pages


def of_half(asked: Sequence[ManualQuestion], half: str) -> list[ManualQuestion]:
    """Those on development pages, on the held-out ones, or all. Raises BadInput when none is left."""
    halves = {"development": (False,), "held-out": (True,), "all": (False, True)}
    if half not in halves:
        raise BadInput(f"--half: {half!r} is none of {', '.join(halves)}")
    kept = [one for one in asked if held_out(one.judged.document) in halves[half]]
    if not kept:
        raise BadInput(f"--half {half}: none of the {len(asked)} questions is of it; use --half all")
    return kept


def way(name: str, tokens_of: str, settings: Settings) -> Settings:
    """The settings that cut at `name`: "500" characters, "t256" tokens. Raises BadInput for any other."""
    number = name.removeprefix("t")
    if not number.isdecimal():
        raise BadInput(f"--sizes: {name!r} is no size; write 500 for characters, t256 for tokens")
    try:
        cut = (
            ChunkingSettings(max_chars=_MOST_CHARS, max_tokens=int(number), tokens_of=tokens_of)
            if name.startswith("t")
            else ChunkingSettings(max_chars=int(number))
        )
    except ValueError as error:
        raise BadInput(f"--sizes: {name}: {error}") from None
    return replace(settings, chunking=cut)
