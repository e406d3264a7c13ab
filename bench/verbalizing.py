"""Tables as sentences, measured beside people's versions of the same pages and beside naive lines.

    python -m bench.verbalizing DATA        # a folder with documents.jsonl, html/ and verbalized/

Writes .ragtune/bench/verbalizing.json, a list of {"work": "tables that people told", "who": "ragtune",
"metric": "cells held", "value": 1.0, "unit": "share"}, and prints it as a table.

A cell is held when its letters and digits stand in the text one behind the other; nearly held when nine
tenths of its letter pairs do. People may word a cell otherwise and lose nothing: for them the first is a
lower bound. Likeness is the F1 of letter pairs between a row's line and the sentence of the page's human
version that is most like it; the other measures of wording are mean characters a sentence, the share of
sentences that end as Korean sentences do, and the share above 100 characters.
"""

import argparse
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from time import process_time

from ragtune.documents import Section, Table
from ragtune.errors import UnreadablePage
from ragtune.manuals import read_page
from ragtune.sentences import split_sentences
from ragtune.tables import heading, parts, sentences, subject_of

Row = dict[str, str | float]
Told = tuple[str, list[str]]  # what stands above the rows, and a line for each of them
_OUT = Path(".ragtune/bench/verbalizing.json")
_LETTERS = re.compile(r"[^\W_]")
_COMMAS = re.compile(r"(?<=\d),(?=\d{3})")
_END = re.compile(r"(?:다|요|까|오)[.?!]?$")
_NEARLY = 0.9  # of a cell's letter pairs
_LONG = 100  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page's tables with their subjects, and the human version of it, "" if there is none."""

    tables: tuple[tuple[Table, str], ...]
    human: str


def rules(table: Table, subject: str) -> Told:
    """Ours."""
    return heading(table), sentences(table, subject=subject)


def pairs(table: Table, subject: str) -> Told:
    """A peer: `header: value` for each cell, as most pipelines flatten a table."""
    rows = (parts(table, row) for row in table.grid[table.header_rows :])
    lines = [
        ", ".join(
            [*([about] if about else []), *(f"{name}: {value}" if name else value for name, value in held)]
        )
        for about, held in rows
    ]
    return f"{subject} {table.caption}", [line for line in lines if line]


def markdown(table: Table, subject: str) -> Told:
    """A peer: the table's rows between bars."""
    return f"{subject} {table.caption}", [f"| {' | '.join(row)} |".replace("\n", " ") for row in table.grid]


TELLERS: dict[str, Callable[[Table, str], Told]] = {
    "ragtune": rules, "header: value": pairs, "Markdown rows": markdown,
}  # fmt: skip


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 0 also when the data is not there, which is said."""
    parser = argparse.ArgumentParser(prog="python -m bench.verbalizing", description="Measure sentences.")
    parser.add_argument("data", type=Path, nargs="?", help="folder with documents.jsonl, html/, verbalized/")
    given = parser.parse_args(arguments)
    if given.data is None or not (given.data / "documents.jsonl").exists():
        _say(f"skipped: no pages at {given.data}; name their folder (make: DATA=folder)")
        return 0
    found = list(pages(given.data))
    measured = [*_people(found), *_every_table(found)]
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(measured, ensure_ascii=False, indent=1), encoding="utf-8")
    for row in measured:
        _say(f"{row['who']:16} {row['work']:26} {row['metric']:28} {row['value']:>10} {row['unit']}")
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")


def pages(data: Path) -> Iterator[Page]:
    """Every page that has a table or a human version."""
    for line in (data / "documents.jsonl").open(encoding="utf-8"):
        about = json.loads(line)
        try:
            page = read_page(
                (data / about["path"]).read_bytes(), source=f"file:///{about['path']}", version=1
            )
        except UnreadablePage:
            continue
        tables = tuple(_tables(page.sections, page.title))
        told = about.get("verbalized")
        human = (data / told).read_text(encoding="utf-8") if told else ""
        if tables or human:
            yield Page(tables=tables, human=human)


def _tables(sections: Sequence[Section], title: str) -> Iterator[tuple[Table, str]]:
    for section in sections:
        for block in section.blocks:
            if isinstance(block, Table):
                yield block, subject_of(title, section.path)


def _people(found: Sequence[Page]) -> list[Row]:
    """Tables of pages that people re-wrote: what each version holds, and how it reads."""
    both = [page for page in found if page.human and page.tables]
    work = "tables that people told"
    rows = [_row(work, "people", "tables", sum(len(page.tables) for page in both), "count"),
            _row(work, "people", "pages", len(both), "count")]  # fmt: skip
    human = [(table, page.human) for page in both for table, _ in page.tables]
    rows += _coverage(work, "people", human)
    rows += _wording(work, "people", [line for page in both for line in _about_tables(page)])
    for who, tell in TELLERS.items():
        told = [(table, page, *tell(table, subject)) for page in both for table, subject in page.tables]
        rows += _coverage(work, who, [(table, "\n".join([head, *lines])) for table, _, head, lines in told])
        rows += _wording(work, who, [line for _, _, _, lines in told for line in lines])
        likeness = [_most_like(line, page.human) for _, page, _, lines in told for line in lines]
        rows.append(_row(work, who, "likeness to people's", mean(likeness), "F1"))
    return rows


def _every_table(found: Sequence[Page]) -> list[Row]:
    tables = [one for page in found for one in page.tables]
    work = "every table"
    started = process_time()
    told = [
        (table, "\n".join([head, *lines]))
        for table, subject in tables
        for head, lines in [rules(table, subject)]
    ]
    took = process_time() - started
    cells = sum(len(row) for table, _ in tables for row in table.grid)
    return [
        _row(work, "ragtune", "tables", len(tables), "count"),
        _row(work, "ragtune", "cells", cells, "count"),
        *_coverage(work, "ragtune", told),
        _row(work, "ragtune", "tables a second", len(tables) / max(took, 1e-9), "1/s CPU"),
    ]


def _coverage(work: str, who: str, told: Sequence[tuple[Table, str]]) -> list[Row]:
    """Shares of the tables' cells (headers too) and numbers that the texts hold."""
    held: list[bool] = []
    nearly: list[bool] = []
    numbers: list[bool] = []
    for table, text in told:
        letters, bigrams, said = _letters(text), _bigrams(text), set(_numbers(text))
        for cell in dict.fromkeys(cell for row in table.grid for cell in row if _letters(cell)):
            held.append(_letters(cell) in letters)
            nearly.append(held[-1] or _share(_bigrams(cell), bigrams) >= _NEARLY)
            numbers += [number in said for number in _numbers(cell)]
    shares = {"cells held": held, "cells held or nearly": nearly, "numbers held": numbers}
    return [_row(work, who, metric, mean(found), "share") for metric, found in shares.items()]


def _wording(work: str, who: str, lines: Sequence[str]) -> list[Row]:
    said = [sentence for line in lines for sentence in split_sentences(line) if _letters(sentence)]
    return [
        _row(work, who, "characters a sentence", mean(map(len, said)), "characters"),
        _row(work, who, "sentences that end as such", mean(bool(_END.search(one)) for one in said), "share"),
        _row(work, who, f"sentences above {_LONG}", mean(len(one) > _LONG for one in said), "share"),
    ]


def _about_tables(page: Page) -> list[str]:
    """Sentences of the human version that hold a cell of the page's tables: those that tell them."""
    cells = {_letters(cell) for table, _ in page.tables for row in table.grid for cell in row}
    wanted = [cell for cell in cells if len(cell) > 3]
    return [line for line in split_sentences(page.human) if any(cell in _letters(line) for cell in wanted)]


def _most_like(line: str, human: str) -> float:
    own = Counter(_pairs(line))
    others = (Counter(_pairs(sentence)) for sentence in split_sentences(human))
    return max(
        (2 * (own & other).total() / max(1, own.total() + other.total()) for other in others), default=0.0
    )


def _letters(text: str) -> str:
    return "".join(_LETTERS.findall(text.casefold()))


def _pairs(text: str) -> list[str]:
    letters = _letters(text)
    return [letters[place : place + 2] for place in range(max(1, len(letters) - 1))]


def _bigrams(text: str) -> set[str]:
    return set(_pairs(text))


def _share(wanted: set[str], held: set[str]) -> float:
    return len(wanted & held) / len(wanted)


def _numbers(text: str) -> list[str]:
    # Runs of digits, so that 1958.12.31. and 1958년 12월 31일 are the same three.
    return re.findall(r"\d+", _COMMAS.sub("", text))


def _row(work: str, who: str, metric: str, value: float, unit: str) -> Row:
    return {"work": work, "who": who, "metric": metric, "value": round(value, 4), "unit": unit}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
