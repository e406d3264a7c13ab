import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.attachments.formats import shown


@pytest.mark.parametrize(
    ("value", "number_format", "expected"),
    [
        (None, "General", ""),
        (True, "General", "TRUE"),
        (" 요금 ", "@", "요금"),
        (33000, "General", "33000"),
        (0.1 + 0.2, "General", "0.3"),
        (33000, "#,##0", "33,000"),
        (33000, '#,##0"원"', "33,000원"),
        (33000, "#,##0\\원", "33,000원"),
        (-1234.5, "#,##0.00", "-1,234.50"),
        (0.155, "0.0%", "15.5%"),
        (0.15, "0%;[Red]-0%", "15%"),
        (2500, "[$₩-412]#,##0", "₩2,500"),
        (2500, '_-* #,##0_-;\\-* #,##0_-;_-* "-"_-', "2,500"),
        (1500000, '#,##0,"천원"', "1,500천원"),
        (1.5, '"월 "0.0"GB"', "월 1.5GB"),
        (2.5, "0", "3"),
        (3, "# ?/?", "3"),
        (1e20, "0.00E+00", "1e+20"),
        (float("inf"), "0", "inf"),
        (7, "00000", "7"),
        (datetime.datetime(2026, 3, 2), "yyyy-mm-dd", "2026-03-02"),
        (datetime.datetime(2026, 3, 2, 9, 30), "yyyy-mm-dd hh:mm", "2026-03-02 09:30"),
        (datetime.time(9, 0), "hh:mm", "09:00:00"),
    ],
)
def test_values_are_shown_as_the_sheet_does(value: object, number_format: str, expected: str) -> None:
    assert shown(value, number_format) == expected


@given(st.floats() | st.integers(), st.text('#0?,.;%[]$"\\_* EGeneral-원/', max_size=20))
def test_any_format_shows_something(value: float, number_format: str) -> None:
    assert isinstance(shown(value, number_format), str)


@given(st.integers(-(10**12), 10**12))
def test_no_digit_is_lost(value: int) -> None:
    assert shown(value, "#,##0").replace(",", "") == str(value)
