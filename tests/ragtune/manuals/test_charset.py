import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.errors import UnreadablePage
from ragtune.manuals.charset import decode

KOREAN = "<html><body><p>해지 위약금은 약정 기간에 따라 다릅니다. 똠방각하 펲시콜라</p></body></html>"
hangul = st.text(st.characters(min_codepoint=0xAC00, max_codepoint=0xD7A3), min_size=10, max_size=200)


@pytest.mark.parametrize("label", ["euc-kr", "EUC-KR", "ks_c_5601-1987", "cp949", "x-windows-949"])
def test_korean_labels_mean_cp949(label: str) -> None:
    found = decode(KOREAN.encode("cp949"), label)
    assert (found.text, found.charset, found.warnings) == (KOREAN, "cp949", ())


def test_meta_counts_when_the_header_says_nothing() -> None:
    page = f'<meta http-equiv="Content-Type" content="text/html; charset=euc-kr">{KOREAN}'
    assert decode(page.encode("cp949"), "").charset == "cp949"


def test_byte_order_marks_win() -> None:
    for mark, name in ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le")):
        assert decode(mark + KOREAN.encode(name), "cp949").text == KOREAN


def test_a_wrong_declaration_is_noticed() -> None:
    found = decode(KOREAN.encode(), "euc-kr")
    assert (found.text, found.charset) == (KOREAN, "utf-8")
    assert found.warnings == ("declared charset 'euc-kr' does not fit the bytes",)


@pytest.mark.parametrize("label", ["no-such-charset", "base64", "utf-99"])
def test_an_unknown_charset_is_detected(label: str) -> None:
    found = decode(KOREAN.encode("cp949"), label)
    assert (found.text, found.charset) == (KOREAN, "cp949")


@given(hangul)
def test_undeclared_korean_is_found(words: str) -> None:
    assert decode(words.encode("cp949"), "").text == words
    assert decode(words.encode(), "").text == words


def test_a_few_damaged_bytes_are_shown_and_said() -> None:
    found = decode((KOREAN * 5).encode("cp949") + b"\xff\xff", "")
    assert found.charset == "cp949"
    assert "\ufffd" in found.text
    assert "were not cp949" in found.warnings[0]


def test_other_languages_are_still_read() -> None:
    french = "<p>" + "Le médecin a réglé la société où étaient déjà les élèves français. " * 20 + "</p>"
    assert "élèves" in decode(french.encode("cp1252"), "").text


def test_decomposed_and_invisible_characters_become_plain() -> None:
    assert decode("\u1112\u1161\u11ab\u200b글\ufeff".encode(), "").text == "한글"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"%PDF-1.7 x", "PDF"),
        (b"PK\x03\x04zip", "ZIP"),
        (b"\xd0\xcf\x11\xe0hwp", "HWP"),
        (b"\x00\x01\x02", "binary"),
    ],
)
def test_other_files_are_refused_by_their_kind(data: bytes, kind: str) -> None:
    with pytest.raises(UnreadablePage, match=kind):
        decode(data, "")


def test_bytes_of_no_charset_are_refused() -> None:
    noise = bytes((value * 37 + 129) % 256 or 1 for value in range(4000))
    with pytest.raises(UnreadablePage, match="no charset fits"):
        decode(noise, "")
