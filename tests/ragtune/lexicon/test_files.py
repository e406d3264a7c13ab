"""The lexicon's file follows the index; the operator's file is checked."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.analysis import Bigrams
from ragtune.chunking import chunks
from ragtune.documents import Document, Section, Text
from ragtune.errors import SettingsError
from ragtune.lexicon import load, read_dictionary, refresh
from ragtune.manifest import Manifest
from ragtune.ports import Entry


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path / "index", [Bigrams()], Manifest())
    yield opened
    opened.close()


def entry(name: str, text: str, version: int = 1) -> Entry:
    sections = (Section(path=("안내",), blocks=(Text(text=text),)),)
    page = Document(
        source=f"file:///m/{name}.html", version=version, title=name, digest=text, sections=sections
    )
    return Entry(document=page, chunks=chunks(page, max_chars=500))


def variants(path: Path, question: str) -> list[str]:
    return [one.text for one in load(path).variants(question)]


def test_the_file_follows_writes_updates_and_deletes(index: EmbeddedIndex, tmp_path: Path) -> None:
    path = tmp_path / "lexicon.jsonl"
    assert variants(path, "stb 반납") == []
    list(index.put([entry("기기", "셋톱박스(STB) 반납"), entry("요금", "요금표")]))
    assert refresh(path, index) == 2
    assert variants(path, "stb 반납") == ["셋톱박스"]
    assert refresh(path, index) == 0
    list(index.put([entry("기기", "무선공유기(WAP) 반납", version=2)]))
    assert refresh(path, index) == 1
    assert variants(path, "stb 반납") == []
    assert variants(path, "wap 반납") == ["무선공유기"]
    index.delete("file:///m/기기.html", 3)
    assert refresh(path, index) == 0
    assert variants(path, "wap 반납") == []


def test_a_damaged_file_is_derived_again(index: EmbeddedIndex, tmp_path: Path) -> None:
    path = tmp_path / "lexicon.jsonl"
    list(index.put([entry("기기", "셋톱박스(STB) 반납")]))
    for damage in ("{", "\x00", '{"document": 3}'):
        path.write_text(damage, encoding="utf-8")
        assert variants(path, "stb") == []
        assert refresh(path, index) == 1
        assert variants(path, "stb") == ["셋톱박스"]


def test_what_documents_say_differently_is_left_out(index: EmbeddedIndex, tmp_path: Path) -> None:
    path = tmp_path / "lexicon.jsonl"
    list(index.put([entry("하나", "중앙처리장치(CPU)"), entry("둘", "연산보조장치(CPU)")]))
    refresh(path, index)
    assert variants(path, "cpu") == []


def test_the_operators_words_come_with_their_weights(tmp_path: Path) -> None:
    file = tmp_path / "words.toml"
    file.write_text(
        '[[same]]\nwords = ["셋톱박스", "셋톱"]\n'
        '[[means]]\nsaid = "그만두기"\nwords = ["해지"]\nweight = 0.4\n',
        encoding="utf-8",
    )
    lexicon = load(tmp_path / "absent.jsonl", file)
    assert [(one.text, one.weight) for one in lexicon.variants("셋톱 그만두기")] == [
        ("셋톱박스", 0.8),
        ("해지", 0.4),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[same]]\nwords = ["하나"]', "same[0].words: 1 of them, expected 2 to 20"),
        ('[[same]]\nwords = ["하나", " "]', "words: ' ' is empty"),
        ('[[same]]\nwords = ["하나", "둘"]\nweight = 2', "weight: 2.0 is not above 0"),
        ('[[means]]\nwords = ["하나"]', "said"),
        ('[[other]]\nwords = ["하나"]', "other: no such key"),
        ("[[same", "not TOML"),
    ],
)
def test_a_wrong_dictionary_is_quoted(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "words.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=r"words\.toml") as caught:
        read_dictionary(file)
    assert said in str(caught.value)


def test_a_missing_or_huge_dictionary_is_said(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="can't be read"):
        read_dictionary(tmp_path / "none.toml")
    (tmp_path / "huge.toml").write_text("#" * 1_000_001, encoding="utf-8")
    with pytest.raises(SettingsError, match="more than 1,000,000 bytes"):
        read_dictionary(tmp_path / "huge.toml")
