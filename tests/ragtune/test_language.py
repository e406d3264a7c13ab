"""The share of Korean in an answer."""

import pytest

from ragtune.language import is_korean, korean_share


@pytest.mark.parametrize(
    ("text", "known", "share"),
    [
        ("요금은 22,000원입니다.", "", 1.0),
        ("22,000", "", 1.0),
        ("", "", 1.0),
        ("abcd", "", 0.0),
        ("가나ab", "", 0.5),
        ("가나 Giga Lite", "GIGA lite 안내", 1.0),
        ("가나漢字", "", 0.5),
    ],
)
def test_share(text: str, known: str, share: float) -> None:
    assert korean_share(text, known=known) == share


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("위약금은 남은 기간에 따라 달라집니다.", True),
        ("GigaLite", True),
        ("The monthly fee is 22,000 won.", False),
        ("月租费为两万二千韩元，安装费为两万韩元，合约期三年。", False),
    ],
)
def test_is_korean(text: str, expected: bool) -> None:
    assert is_korean(text) is expected
