"""A packed lexicon says the same as the one that it was made of."""

import zlib

import pytest

from ragtune.errors import BadInput
from ragtune.lexicon import Group, Lexicon, packed, unpacked

LEXICON = Lexicon(
    [Group(forms=("셋톱박스", "STB")), Group(forms=("해지",), said="그만두기", weight=0.7, certain=True)],
    ["가족 결합", "가족결합", "메시지"],
)


@pytest.mark.parametrize("question", ["stb 반납", "그만두기", "가족결합은?", "메세지를 보내요", "요금"])
def test_it_says_the_same(question: str) -> None:
    again = unpacked(packed(LEXICON))
    assert again.variants(question) == LEXICON.variants(question)
    assert again.version == LEXICON.version


def test_an_empty_one_is_empty() -> None:
    assert unpacked(packed(Lexicon())).version == ""


def test_the_same_words_give_the_same_bytes() -> None:
    names = ["메시지", "가족 결합", "요금제"]
    assert packed(Lexicon(names=names)) == packed(Lexicon(names=reversed(names)))


@pytest.mark.parametrize("told", [b"[]", b'{"format": 0}', b'{"format": 1}', b"\xff"])
def test_anything_else_is_refused(told: bytes) -> None:
    for data in (told, zlib.compress(told), zlib.compress(told)[:-5]):
        with pytest.raises(BadInput, match="no lexicon of format 1"):
            unpacked(data)
