"""What people see: one console for results (stdout) and one for progress and problems (stderr)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def problem(sentence: str) -> None:
    """One sentence about what went wrong, on stderr."""
    err.print(f"[bold red]ragtune:[/] {escape(sentence)}")


def step(number: int, title: str) -> None:
    """The heading of one step of a longer job."""
    out.print(f"\n[bold cyan]{number}[/]  [bold]{title}[/]")


def table(title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
    """A table; numbers to the right, text to the left."""
    drawn = Table(title=title, title_justify="left", header_style="bold", box=None, pad_edge=False)
    cells = [list(row) for row in rows]
    for place, name in enumerate(columns):
        numeric = all(isinstance(row[place], int | float) for row in cells)
        drawn.add_column(name, justify="right" if numeric else "left")
    for row in cells:
        drawn.add_row(*(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row))
    out.print(drawn)


def facts(values: Mapping[str, object]) -> None:
    """`name  value` lines."""
    width = max(map(len, values), default=0)
    for name, value in values.items():
        out.print(f"  {name.ljust(width)}  {value}", markup=False)


@contextmanager
def progress(what: str, total: int | None) -> Iterator["Advance"]:
    """A bar on stderr: what, how much, how long. Call the yielded object with the number done so far."""
    columns = (
        TextColumn("  {task.description}"),
        BarColumn(bar_width=30),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True) as bar:
        yield Advance(bar, bar.add_task(what, total=total, note=""))


class Advance:
    """`advance(12, note="loss 0.41")` moves the bar to 12."""

    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task = bar, task

    def __call__(self, done: int, *, total: int | None = None, note: str = "") -> None:
        self._bar.update(self._task, completed=done, total=total, note=note)

    def page(self, done: int, total: int, uri: str) -> None:
        """`done` of `total` pages, the last of them `uri`."""
        self(done, total=total, note=uri.rpartition("/")[2][:30])
