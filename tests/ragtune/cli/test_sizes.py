"""`ragtune evaluate questions` and `evaluate chunking` as a user calls them."""

import json
from pathlib import Path

import pytest

from ragtune.cli.sizes import of_half, way
from ragtune.errors import BadInput
from ragtune.evaluation.manual_questions import read
from ragtune.settings import load_settings
from tests.ragtune.cli.conftest import Run

SAMPLES = ("samples/manuals/product", "--min-chars", "300", "--per-page", "1")


def test_questions_are_written_and_counted(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "asked.jsonl"
    code, said, _ = run("evaluate", "questions", *SAMPLES, "--out", str(path))
    found = read(path)
    assert code == 0
    assert f"{len(found)} on " in said
    assert len(of_half(found, "development")) + len(of_half(found, "held-out")) == len(found)


def test_a_sweep_prints_tables_and_writes_the_figure(run: Run, tmp_path: Path) -> None:
    plot = tmp_path / "out" / "chunking.svg"
    arguments = (*SAMPLES, "--sizes", "300,t64", "--half", "all", "--plot", str(plot))
    code, said, _ = run("evaluate", "chunking", *arguments, "--json")
    assert code == 0
    found = {title.split(",")[0]: rows for title, rows in json.loads(said).items()}
    sizes = next(rows for title, rows in found.items() if title.endswith("questions"))
    assert [(row["size"], row["sections"]) for row in sizes] == [
        ("300", "-"),
        ("300", "yes"),
        ("t64", "-"),
        ("t64", "yes"),
    ]
    assert sizes[2]["chunks"] > sizes[0]["chunks"]
    assert all(row["page@1"] > 0.4 for row in sizes)
    assert plot.read_text(encoding="utf-8").startswith("<svg xmlns=")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--sizes", "many"), "--sizes: 'many' is no size; write 500"),
        (("--sizes", "5"), "--sizes: 5: max_chars: 5 is not between 100 and 4000"),
        (("--half", "best"), "--half: 'best' is none of development"),
        (("--min-chars", "90000"), "lower --min-chars"),
        (("--tokens-of", "nobody", "--sizes", "t64"), "preset 'nobody': unknown"),
    ],
)
def test_what_is_wrong_is_one_sentence(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, _, said = run("evaluate", "chunking", *SAMPLES, *arguments)
    assert code == BadInput.exit_code
    assert message in said
    assert "Traceback" not in said


def test_a_size_is_characters_or_tokens() -> None:
    settings = load_settings(Path("config/local.toml"))
    assert way("800", "kullm", settings).chunking.max_chars == 800
    tokens = way("t256", "kullm", settings).chunking
    assert (tokens.max_tokens, tokens.tokens_of) == (256, "kullm")
