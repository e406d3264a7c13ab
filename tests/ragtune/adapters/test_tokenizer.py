"""Counting with the tokenizer of the sample base model, which ships with the project."""

from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.adapters.tokenizer import Tokenizer
from ragtune.chunking import chunks
from ragtune.documents import Document, Section, Text
from ragtune.errors import SettingsError
from ragtune.ports import Room
from ragtune.presets import load_preset
from ragtune.settings import ChunkingSettings, load_settings
from ragtune.wiring import chunk_tokens

FOLDER = Path("samples/model")
TEXT = "빛길라이트의 월 요금은 22,000원입니다. 해지하려면 상담원에게 말씀해 주세요. " * 30


def test_it_counts_what_a_preset_bounds() -> None:
    counted = Tokenizer(FOLDER).count(TEXT)
    assert 0 < counted <= load_preset("sample").tokens(TEXT)
    assert Tokenizer(FOLDER).count("") == 0
    assert Tokenizer(FOLDER).count("\ud800") > 0


def test_chunks_of_a_number_of_tokens() -> None:
    count = Tokenizer(FOLDER).count
    page = Document(
        source="file:///m/a.html", version=1, title="약관", sections=(Section(blocks=(Text(text=TEXT),)),)
    )
    parts = chunks(page, max_chars=4000, tokens=Room(limit=64, count=count))
    assert len(parts) > 3
    assert all(count(part.text) <= 64 for part in parts)
    assert "".join("".join(part.text.split()) for part in parts) == "".join(TEXT.split())


def test_a_folder_without_tokenizer_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"tokenizer\.json: can't be read as a tokenizer"):
        Tokenizer(tmp_path)


def test_the_settings_choose_who_counts() -> None:
    local = load_settings(Path("config/local.toml"))
    assert chunk_tokens(local) == (None, "")
    for name, bound in (("kullm", "64 tokens, 1.0 a syllable"), (str(FOLDER), "64 tokens of ")):
        settings = replace(local, chunking=ChunkingSettings(max_tokens=64, tokens_of=name))
        tokens, said = chunk_tokens(settings)
        assert tokens is not None
        assert tokens.limit == 64
        assert tokens.count("요금") > 0
        assert said.startswith(bound)
