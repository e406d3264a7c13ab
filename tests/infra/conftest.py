"""One synth a profile for the whole session. Without Node none can run; `import infra` fails and says so."""

from typing import Any

import pytest

from tests.infra.models import components, merged
from tests.infra.synthesis import profile, synthesise


@pytest.fixture(scope="session")
def dev() -> dict[str, Any]:
    return synthesise(profile("dev"))


@pytest.fixture(scope="session")
def prod() -> dict[str, Any]:
    return synthesise(profile("prod"))


@pytest.fixture(params=["dev", "prod"])
def templates(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Of either profile."""
    found: dict[str, Any] = request.getfixturevalue(request.param)
    return found


@pytest.fixture(scope="session")
def merged_model() -> dict[str, Any]:
    return synthesise(merged())


@pytest.fixture(scope="session")
def adapter_model() -> dict[str, Any]:
    return synthesise(components())
