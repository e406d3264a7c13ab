from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ragtune.evaluation.figures import bars, boxes, durations, lines
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
    ):
        assert "<i>" not in svg
        drawn(svg)


def test_nothing_to_show_is_no_figure() -> None:
    assert boxes({"a": []}, label="x", unit="자") == ""
    assert lines({}, label="x", x_label="y") == ""
    assert durations({}, label="x") == ""
