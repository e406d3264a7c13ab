"""What the suites of ports.Index share."""

from pathlib import Path

import pytest

from ragtune.documents import document_id


@pytest.fixture
def name(tmp_path: Path) -> str:
    return "x" + document_id(str(tmp_path))[2:]
