"""A spreadsheet's value as its number format shows it.

>>> [shown(33000, '#,##0"원"'), shown(0.15, "0%"), shown(1234.5, "General"), shown(2500, "[$₩-412]#,##0")]
['33,000원', '15%', '1234.5', '₩2,500']
"""

import datetime
import math
import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

_CURRENCY = re.compile(r"\[\$([^\]-]*)[^\]]*\]")
_CONDITION = re.compile(r"\[[^\]]*\]")
_PADDING = re.compile(r"_.|\*.")  # space as wide as a character, or a character to fill with
_DIGITS = re.compile(r"[#0?][#0?,]*(?:\.([#0?]+),*)?")
_MAX_DECIMALS = 30


def shown(value: object, number_format: str) -> str:
    """What a reader of the sheet sees; dates in ISO form, "" for nothing."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time()
        return value.date().isoformat() if midnight else value.isoformat(" ", "minutes")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, number_format)
    return str(value).strip()


def _number(value: float, number_format: str) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    before, after, decimals, grouped, scale = _form(number_format)
    if decimals < 0:
        return f"{value:.15g}" if isinstance(value, float) else str(value)
    exact = Decimal(str(value)) * Decimal(10) ** scale
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP) if exact.adjusted() < 20 else exact
    digits = f"{rounded.copy_abs():,f}" if grouped else f"{rounded.copy_abs():f}"
    return f"{'-' if rounded < 0 else ''}{before}{digits}{after}".strip()


@lru_cache(maxsize=512)
def _form(number_format: str) -> tuple[str, str, int, bool, int]:
    """(text before, text after, decimals or -1 for as many as there are, thousands apart, power of ten)."""
    section = _CURRENCY.sub(lambda found: f'"{found[1]}"', number_format.partition(";")[0])
    section = _PADDING.sub("", _CONDITION.sub("", section))
    literals: list[str] = []

    def kept(found: re.Match[str]) -> str:
        literals.append(found[1] if found[1] is not None else found[2])
        return f"\0{len(literals) - 1}\0"

    bare = re.sub(r'"([^"]*)"|\\(.)', kept, section)
    placeholders = re.sub("\0\\d+\0", lambda found: "\0" * len(found[0]), bare)
    digits = _DIGITS.search(placeholders)
    if digits is None or "E" in placeholders or "/" in placeholders:
        return "", "%" if "%" in placeholders else "", -1, False, 2 if "%" in placeholders else 0
    before, after = (_filled(part, literals) for part in (bare[: digits.start()], bare[digits.end() :]))
    grouped = digits[0].rstrip(",")  # commas behind the last digit divide by a thousand each
    scale = 2 * placeholders.count("%") - 3 * (len(digits[0]) - len(grouped))
    decimals = min(len(digits[1] or ""), _MAX_DECIMALS)
    return before, after, decimals, "," in grouped, scale


def _filled(part: str, literals: list[str]) -> str:
    return re.sub("\0(\\d+)\0", lambda found: literals[int(found[1])], part)
