from hypothesis import given
from hypothesis import strategies as st

from ragtune.evaluation.intervals import Interval


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_interval_holds_values_between_the_extremes(scores: list[float]) -> None:
    found = Interval.of(scores)
    assert found.n == len(scores)
    assert min(scores) - 1e-4 <= found.low <= found.high <= max(scores) + 1e-4
    assert found == Interval.of(scores)


def test_more_questions_make_it_narrower() -> None:
    few, many = Interval.of([0.0, 1.0] * 10), Interval.of([0.0, 1.0] * 200)
    assert few.share == many.share == 0.5
    assert many.high - many.low < few.high - few.low


def test_without_scores_there_is_nothing_to_say() -> None:
    assert Interval.of([]) == Interval(share=0.0, low=0.0, high=0.0, n=0)
