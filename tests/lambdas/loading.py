"""A function's modules as Lambda loads them: its folder is the path, and nobody else's modules are there."""

import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

LAMBDAS = Path("lambdas").absolute()


@contextmanager
def loaded(name: str, monkeypatch: pytest.MonkeyPatch, *, module: str = "handler") -> Iterator[ModuleType]:
    """The handler of lambdas/`name`, or another of its modules."""
    own = [path.stem for path in (LAMBDAS / name).glob("*.py")]
    monkeypatch.syspath_prepend(str(LAMBDAS / name))
    for each in own:
        sys.modules.pop(each, None)
    importlib.invalidate_caches()
    try:
        yield importlib.import_module(module)
    finally:
        for each in own:
            sys.modules.pop(each, None)
