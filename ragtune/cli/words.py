"""`ragtune words`: what the documents say about words, and a user dictionary for the morpheme analyser.

ragtune words
셋톱박스 = STB
ragtune words --dictionary words.txt      # names that are one word; then index.words_file = "words.txt"
"""

from pathlib import Path
from typing import Annotated

import typer

from ragtune.cli.options import LOCAL, Config, Json
from ragtune.cli.screen import out
from ragtune.errors import BadInput
from ragtune.lexicon import derived_of, dictionary_words
from ragtune.records import to_json
from ragtune.settings import load_settings
from ragtune.wiring import lexicon_file


def register(app: typer.Typer) -> None:
    """Add the command of this room."""
    app.command("words")(words_command)


def words_command(
    dictionary: Annotated[
        Path | None, typer.Option(help="Write the names that are one word to this file, one a line.")
    ] = None,
    json: Json = False,
    config: Config = LOCAL,
) -> None:
    """List the words for the same that were found in the documents; write their names as a dictionary.

    Example: `ragtune words --dictionary words.txt`
    """
    groups, names = derived_of(lexicon_file(load_settings(config)))
    if dictionary:
        words = dictionary_words(names)
        if not words:
            raise BadInput("the documents give no names; run `ragtune ingest` first")
        dictionary.write_text("".join(f"{word}\n" for word in words), encoding="utf-8")
        out.print(f'  {len(words)} words: {dictionary}; index.words_file = "{dictionary}"', markup=False)
    elif json:
        out.print(to_json({"groups": groups, "names": names}), markup=False)
    else:
        for forms in groups:
            out.print(f"  {' = '.join(forms)}", markup=False)
        out.print(f"  {len(groups)} groups, {len(names)} names", markup=False)
