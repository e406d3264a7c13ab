"""Masks personal numbers before a text is stored or becomes training data.

Resident and foreigner registration numbers, phone, card and bank account numbers become a Korean word in
brackets. What belongs to an organisation stays: representative numbers (1588-0000), free calls (080), 114.

>>> mask("제 번호는 010-1234-5678이고 주민번호는 900101-1234567입니다.")
'제 번호는 [전화번호]이고 주민번호는 [주민등록번호]입니다.'
>>> mask("월 33,000원, 약정 2026-01-15부터, 고객센터 1588-0000")
'월 33,000원, 약정 2026-01-15부터, 고객센터 1588-0000'
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Literal

from phonenumbers import Leniency, PhoneNumberMatcher, PhoneNumberType, number_type

Kind = Literal["주민등록번호", "외국인등록번호", "카드번호", "전화번호", "계좌번호"]

_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―−－﹣ㅡ"), "-")
_SEPARATOR = r"[-\s./·]{0,3}"
_RESIDENT = re.compile(r"(?<![\d-])(\d{6})(\s?-\s?|\s|)(\d)(\d{6}|[*●○xX]{6})(?![\d*]|-\d)")
_CARD = re.compile(
    r"(?<![\d-])\d{4}([-\s]?)\d{4}\1\d{4}\1\d{1,7}(?!\d|-\d)"  # 4-4-4-4
    r"|(?<![\d-])\d{4}([-\s]?)\d{6}\2\d{5}(?!\d)"  # 4-6-5
)
_MOBILE = re.compile(
    r"(?<![A-Za-z\d-])(?:\+?82[-\s.)]{0,2}\(?0?\)?|\(?0)1[016789]\)?"
    rf"{_SEPARATOR}\d{{3,4}}{_SEPARATOR}\d{{4}}(?!\d)"
)
_SPOKEN_PHONE = re.compile(
    r"(?<![가-힣])[공영]일[공영일육칠팔구](?:에?[\s-]*[공영일이삼사오육륙칠팔구]){7,8}"
)
_ACCOUNT = re.compile(r"(?<![\d-])\d{2,6}(?:[-\s]\d{1,8}){1,4}(?![\d]|-\d)|(?<!\d)\d{10,16}(?!\d)")
_LOCAL_PHONE = re.compile(r"(?<![\d-])(?!1[568]\d\d-)\d{3,4}-\d{4}(?![\d]|-\d)")
_ABOUT_PHONE = re.compile(r"전화|연락|휴대폰|핸드폰")
_BANK = re.compile(
    r"계좌|통장|입금|송금|이체|환불|은행|뱅크|농협|신협|수협|우체국|새마을금고|저축|국민|신한|우리|하나|기업|"
    r"카카오|토스|케이뱅크|씨티|제일|산업"
)
# What a number right behind such a word is instead of an account.
_ABOUT_OTHER = re.compile(
    r"(?:접수|주문|확인|관리|송장|예약|일련|제품|모델|신청|사건|공지)\s?(?:번호|코드)?\D{0,4}$"
)
_ABOUT_RESIDENT = re.compile(r"주민|외국인|등록\s?번호|생년월일")
_FEW_DIGITS = re.compile(r"\D*(?:\d\D*){0,6}\Z")  # most texts: there is nothing to look for
_NEARBY_CHARS = 24  # how far a telling word may stand from its number


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A personal number in `text[start:end]`."""

    start: int
    end: int
    kind: Kind


def mask(text: str) -> str:
    """`text` with every personal number replaced by its kind in brackets."""
    pieces, last = [], 0
    for span in find(text):
        pieces += [text[last : span.start], f"[{span.kind}]"]
        last = span.end
    return "".join([*pieces, text[last:]])


def find(text: str) -> list[Span]:
    """The personal numbers of `text` from left to right, none overlapping."""
    if _FEW_DIGITS.match(text) and not _SPOKEN_PHONE.search(text):
        return []
    shown, origin = _readable(text)
    recognisers: tuple[Callable[[str], Iterator[Span]], ...] = (_residents, _cards, _phones, _accounts)
    found: list[Span] = []
    for recognise in recognisers:
        for span in recognise(shown):
            if all(span.end <= other.start or other.end <= span.start for other in found):
                found.append(span)
    spans = (Span(start=origin[s.start], end=origin[s.end - 1] + 1, kind=s.kind) for s in found)
    return sorted(spans, key=lambda span: span.start)


def _readable(text: str) -> tuple[str, list[int]]:
    """`text` in ASCII digits and hyphens without invisible characters, and where each character was."""
    shown, origin = [], []
    for place, char in enumerate(text.translate(_DASHES)):
        if char.isascii() or "가" <= char <= "힣":
            plain = char
        elif unicodedata.category(char) == "Cf":
            continue
        else:
            digit = unicodedata.digit(char, None) if char.isdecimal() else None
            plain = str(digit) if digit is not None else unicodedata.normalize("NFKC", char)
        if len(plain) == 1:
            shown.append(plain)
            origin.append(place)
        else:  # ㈜ and its like: no part of a number
            shown.append(char)
            origin.append(place)
    return "".join(shown), origin


def _residents(text: str) -> Iterator[Span]:
    for found in _RESIDENT.finditer(text):
        born, gap, century, rest = found.groups()
        if not _is_day(born, century):
            continue
        digits = born + century + rest
        if gap.strip() or _tells(_ABOUT_RESIDENT, text, found) or _has_check_digit(digits):
            kind: Kind = "외국인등록번호" if century in "5678" else "주민등록번호"
            yield Span(start=found.start(), end=found.end(), kind=kind)


def _is_day(born: str, century: str) -> bool:
    years = {"9": 1800, "0": 1800, "1": 1900, "2": 1900, "5": 1900, "6": 1900}
    try:
        date(years.get(century, 2000) + int(born[:2]), int(born[2:4]), int(born[4:]))
    except ValueError:
        return False
    return True


def _has_check_digit(digits: str) -> bool:
    """The rule until October 2020; numbers given since then are random and have none.

    Foreigners' numbers add 2 to the same sum.
    """
    if not digits.isdecimal():
        return False
    weights = (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=False))
    expected = (11 - total % 11) % 10
    return int(digits[12]) in (expected, (expected + 2) % 10 if digits[6] in "5678" else expected)


def _cards(text: str) -> Iterator[Span]:
    for found in _CARD.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        if 14 <= len(digits) <= 19 and digits[0] in "234569" and _luhn(digits):
            yield Span(start=found.start(), end=found.end(), kind="카드번호")


def _luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (2 * int(digit) for digit in digits[-2::-2])
    return (sum(map(int, digits[-1::-2])) + sum(two // 10 + two % 10 for two in doubled)) % 10 == 0


def _phones(text: str) -> Iterator[Span]:
    for pattern in (_MOBILE, _SPOKEN_PHONE):
        for found in pattern.finditer(text):
            yield Span(start=found.start(), end=found.end(), kind="전화번호")
    public = {PhoneNumberType.TOLL_FREE, PhoneNumberType.UAN, PhoneNumberType.SHARED_COST}
    for match in PhoneNumberMatcher(text, "KR", leniency=Leniency.VALID):
        own = match.raw_string.lstrip("(").startswith(("0", "+", "82"))
        apart = re.search(r"[A-Za-z\d]-?$", text[: match.start][-2:]) is None  # not a tail of GL-0212-…
        if own and apart and number_type(match.number) not in public:
            yield Span(start=match.start, end=match.end, kind="전화번호")
    for found in _LOCAL_PHONE.finditer(text):
        if _tells(_ABOUT_PHONE, text, found):
            yield Span(start=found.start(), end=found.end(), kind="전화번호")


def _accounts(text: str) -> Iterator[Span]:
    for found in _ACCOUNT.finditer(text):
        digits = re.sub(r"\D", "", found[0])
        other = _ABOUT_OTHER.search(text[max(0, found.start() - _NEARBY_CHARS) : found.start()])
        if 10 <= len(digits) <= 16 and not other and not _dated(found[0]) and _tells(_BANK, text, found):
            yield Span(start=found.start(), end=found.end(), kind="계좌번호")


def _dated(number: str) -> bool:
    return re.match(r"(?:19|20)\d\d[-\s](?:0?[1-9]|1[0-2])[-\s]", number) is not None


def _tells(word: re.Pattern[str], text: str, found: re.Match[str]) -> bool:
    """Whether such a word stands near, in the same line."""
    before = text[max(0, found.start() - _NEARBY_CHARS) : found.start()].rpartition("\n")[2]
    after = text[found.end() : found.end() + _NEARBY_CHARS // 2].partition("\n")[0]
    return word.search(before) is not None or word.search(after) is not None
