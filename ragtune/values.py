"""Where a value stands in a text: whole, whatever its commas and spaces, never as a part of another.

"33,000원" stands in "월 33000 원입니다" and in "3만 3천원", not in "133,000원"; "3,000원" not in "33,000원".
Grading, the check that an instruction is grounded, and changed passages all ask here.

>>> [match.span() for match in occurrences("월 33000 원입니다", "33,000원")]
[(2, 9)]
>>> stands("요금은 33,000원입니다", "3,000원")
False
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_PARTS = re.compile(r"\d[\d,]*(?:\.\d+)?|[A-Za-z]+|[가-힣]+|\s+|[^\sA-Za-z가-힣\d]")
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_UNITS = {
    "%": r"(?:%|％|퍼센트|프로)",
    "퍼센트": r"(?:%|％|퍼센트|프로)",
    "~": r"[~∼～〜-]",
    "㎡": r"(?:㎡|제곱미터)",
}
# What may follow a value that ends in Hangul without being a part of it: particles, copula, bounds.
_PARTICLE = (
    r"(?:이?며|이?고|이?나|이?여야|이어야|이?어서|여서|이란|입니다|인데|인지|인|이에요|예요|이었|였|이?라|은|는|이|가|"
    r"을|를|과|와|의|에|에서|으로|로|도|만|까지|부터|마다|보다|씩|정도|이상|이하|미만|초과|이내|한|하고|하며|합니다|"
    r"하여|해야|하면|할|해|되|됩니다|됨|요|죠|임|다|니다|면|서|께|로서|로써|처럼|조차|뿐|간)"
)
_FOLLOWS_HANGUL = re.compile(rf"(?![가-힣])|{_PARTICLE}{{1,3}}(?![가-힣])")


@lru_cache(maxsize=20_000)
def _pattern(value: str) -> re.Pattern[str]:
    """Finds `value`: numbers with or without commas or in 만/천, spaces free, nothing glued to its ends."""
    parts = _PARTS.findall(value.strip())
    if not parts:
        return re.compile(r"(?!)")
    body = r"\s*".join(_part(part) for part in parts if not part.isspace())
    return re.compile(_before(parts[0]) + "(?:" + body + ")" + _after(parts[-1]), re.IGNORECASE)


def occurrences(text: str, value: str) -> Iterator[re.Match[str]]:
    """Every place in `text` where `value` stands whole, from left to right."""
    for found in _pattern(value).finditer(text):
        # Checked here, not in the pattern: the list of particles would make each of them 10 ms to compile.
        if not "가" <= found[0][-1] <= "힣" or _FOLLOWS_HANGUL.match(text, found.end()):
            yield found


def stands(text: str, value: str) -> bool:
    """Whether `value` stands whole somewhere in `text`."""
    return next(occurrences(text, value), None) is not None


def number(value: str) -> float | None:
    """The first number in `value`: 33000.0 for "월 33,000원"; None where there is none."""
    found = _NUMBER.search(value)
    return float(found[0].replace(",", "")) if found else None


def numbers(text: str) -> list[str]:
    """Every number of `text` without its commas: ["33000", "1.5"]."""
    return [found.replace(",", "") for found in _NUMBER.findall(text)]


def _part(part: str) -> str:
    if _NUMBER.fullmatch(part):
        return _number(part)
    return _UNITS.get(part, re.escape(part))


def _number(written: str) -> str:
    whole, dot, decimals = written.replace(",", "").partition(".")
    with_commas = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",?", whole)
    forms = [with_commas + (re.escape(dot) + decimals if dot else "")]
    amount = int(whole)
    if not dot and amount >= 1000 and amount % 1000 == 0:
        forms.append(_in_ten_thousands(amount))
    return "(?:" + "|".join(forms) + ")"


def _in_ten_thousands(amount: int) -> str:
    """33000 as 3만 3천, 3만 3,000 or 3만3000; 5000 as 5천; 20000 as 2만."""
    high, low = divmod(amount, 10_000)
    thousands = low // 1000
    tail = rf"{thousands}(?:천|,?000)" if thousands else ""
    return r"\s*".join(part for part in (f"{high}만" if high else "", tail) if part)


def _before(part: str) -> str:
    if part[0].isdigit():
        return r"(?<![\d.])(?<!\d,)(?<![A-Za-z]-)(?<![A-Za-z])(?<!\d만)(?<!\d만\s)"
    if part[0].isascii() and part[0].isalpha():
        return r"(?<![A-Za-z\d])"
    return r"(?<![가-힣])" if "가" <= part[0] <= "힣" else ""


def _after(part: str) -> str:
    last = part[-1]
    if last.isdigit():
        return r"(?!\d|[.,]\d|\s*[만천]|[A-Za-z])"
    if last.isascii() and last.isalpha():
        return r"(?![A-Za-z\d])"
    return ""
