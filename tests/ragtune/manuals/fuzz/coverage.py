"""The same rules, steered by the coverage of our code (atheris, libFuzzer's arguments):

.venv-bench/bin/python -m tests.ragtune.manuals.fuzz.coverage .ragtune/fuzz/corpus -max_total_time=300
"""

import sys
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["ragtune.manuals", "ragtune.tables"]):
    from tests.ragtune.manuals.fuzz.rules import broken
from tests.ragtune.manuals.fuzz.seeds import seeds


def one(data: bytes) -> None:
    """Raises when a page breaks a rule, so that libFuzzer keeps it."""
    if rule := broken(data):
        raise AssertionError(rule)


def main() -> None:
    corpus = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    if corpus:
        corpus[0].mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(seeds()):
            (corpus[0] / f"seed{number:04}").write_bytes(page)
    atheris.Setup(sys.argv, one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
