"""Writers that die at any moment. `make soak` kills ten times as often."""

import pytest

from tests.ragtune.adapters.embedded.killing import killed, quick_folder


@pytest.mark.parametrize(("work", "points"), [("write", 20), ("turn", 10)])
def test_whenever_a_writer_is_killed_nothing_acknowledged_is_lost(work: str, points: int) -> None:
    with quick_folder() as folder:
        assert killed(folder, points, work, seed=5) > 0
