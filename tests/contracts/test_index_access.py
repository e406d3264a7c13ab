"""No caller sees what labels and dates forbid, whatever stands behind ports.Index. `make soak` asks more."""

from pathlib import Path

import pytest

from tests.contracts.engines import ENGINES, opened
from tests.contracts.leaks import EMBEDDER, violations


@pytest.mark.parametrize("engine", ENGINES)
def test_random_callers_see_what_they_may_and_nothing_else(engine: str, tmp_path: Path) -> None:
    queries = 5_000 if engine == "opensearch" else 1_000
    with opened(engine, tmp_path, embedder=EMBEDDER) as index:
        assert list(violations(index, queries, seed=7)) == []
