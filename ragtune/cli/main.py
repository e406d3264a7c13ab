"""The command line: `ragtune --help`. Each command has an example; errors are one sentence and an exit code.

ragtune ingest ./manuals            read pages into the index
ragtune ask "해지하려면 어떻게 하나요?"  answer with citations
ragtune serve                       the console at http://127.0.0.1:8800
"""

import errno
import sys

import typer

from ragtune.cli import (
    cloud,
    data,
    demo,
    doctor,
    documents,
    evaluate,
    index,
    models,
    pipelines,
    plan,
    questions,
    show,
    stage,
    sweep,
    words,
)
from ragtune.cli.screen import problem
from ragtune.errors import OutOfSpace, RagtuneError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    help="Adapt an open language model to your own documents and serve it with retrieval.",
)
for room in (
    demo,
    documents,
    index,
    words,
    show,
    questions,
    data,
    models,
    pipelines,
    plan,
    stage,
    sweep,
    evaluate,
    doctor,
    cloud,
):
    room.register(app)


def main() -> None:
    """Run one command; a RagtuneError ends with its sentence and exit code, never with a traceback."""
    try:
        app()
    except RagtuneError as error:
        problem(str(error))
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        problem(f"{error.filename or 'the disk'}: no space left; free some and run the same command again")
        sys.exit(OutOfSpace.exit_code)
    except KeyboardInterrupt:
        problem("stopped; run the same command again to go on where it was")
        sys.exit(130)
