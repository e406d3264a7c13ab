from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.evaluation.figures import bars, boxes, durations, lines, ranges, sheet
from ragtune.evaluation.intervals import Interval

HALF = Interval(share=0.5, low=0.25, high=0.75, n=8)


def drawn(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 - our own text


def test_a_bar_is_as_high_as_its_share() -> None:
    svg = drawn(
        bars(["가"], {"하나": {"가": HALF}, "둘": {"가": Interval(share=1.0, low=1, high=1, n=8)}}, label="x")
    )
    heights = [float(rect.get("height", 0)) for group in svg.iter("g") for rect in group.iter("rect")]
    assert heights[1] == pytest.approx(2 * heights[0], abs=0.2)
    assert "50%" in "".join(svg.itertext())


def test_what_was_not_measured_has_no_bar() -> None:
    svg = drawn(bars(["가", "나"], {"하나": {"가": HALF}, "둘": {}}, label="x"))
    assert len(list(svg.iter("g"))) == 1


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(0, 1e6)), min_size=1, max_size=400))
def test_curves_stay_inside_the_figure(curve: list[tuple[float, float]]) -> None:
    svg = drawn(lines({"loss": curve}, label="x", x_label="step"))
    for circle in svg.iter("circle"):
        assert -1 <= float(circle.get("cx", -9)) <= 761
        assert -1 <= float(circle.get("cy", -9)) <= 311


def test_names_are_text_not_markup() -> None:
    for svg in (
        bars(["<b>&"], {"<i>": {"<b>&": HALF}}, label="<x>"),
        lines({"<i>": [(0, 1)], "b": [(1, 2)]}, label="<x>", x_label="<y>", mark=0.5),
        boxes({"<i>": [1, 2, 3]}, label="<x>", unit="<u>"),
        durations({"<i>": 1.0}, label="<x>"),
        ranges({"<i>": [(1, HALF)], "b": [(2, HALF)]}, label="<x>", x_label="<y>"),
    ):
        assert "<i>" not in svg
        drawn(svg)


def test_nothing_to_show_is_no_figure() -> None:
    assert boxes({"a": []}, label="x", unit="자") == ""
    assert lines({}, label="x", x_label="y") == ""
    assert durations({}, label="x") == ""
    assert ranges({}, label="x", x_label="y") == ""


def test_an_interval_is_drawn_around_its_share_inside_the_figure() -> None:
    svg = drawn(ranges({"하나": [(100, HALF), (500, HALF)]}, label="x", x_label="y"))
    circles = [(float(one.get("cx", 0)), float(one.get("cy", 0))) for one in svg.iter("circle")]
    assert [x for x, _ in circles] == sorted(x for x, _ in circles)
    whisker = next(
        one.get("d", "") for one in svg.iter("path") if str(one.get("class")).startswith("whisker")
    )
    spans = [tuple(map(float, part.split()[1].split("V"))) for part in whisker.split("M")[1:]]
    for (_, y), (low, high) in zip(circles, spans, strict=True):
        assert 0 < high < y < low < 330
        assert y - high == pytest.approx(low - y, abs=0.2)  # .25 on either side


def test_a_sheet_stands_alone() -> None:
    one = lines({"a": [(0, 1), (1, 2)]}, label="x", x_label="y")
    two = ranges({"a": [(1, HALF)]}, label="x", x_label="y")
    svg = drawn(sheet([one, two], ".line { fill: none } a > b {}", label="<x>"))
    assert svg.tag == "{http://www.w3.org/2000/svg}svg"
    assert "".join(svg.itertext()).count("a > b {}") == 1
    moved = [group.get("transform") for group in svg if group.tag.endswith("}g")]
    assert moved == ["translate(0 0)", "translate(0 326)"]
