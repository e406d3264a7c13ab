"""docs/threat-model.md names a test beside each control: each has to be there."""

import re
from pathlib import Path

PAGE = Path("docs/threat-model.md")
ROW = re.compile(r"^\| [A-G](?:, [A-G])* \|")


def named(row: str) -> list[tuple[str, str]]:
    """(file, test) of every test that a row names; `…` stands for the file before."""
    found, file = [], ""
    for quoted in re.findall(r"`([^`]+)`", row.rsplit("|", 2)[1]):
        place, _, test = quoted.partition("::")
        if place == "":
            continue
        if quoted.startswith("…"):
            test = quoted.removeprefix("…")
        else:
            file = place
        found.append((file, test))
    return found


def test_every_control_names_tests_that_are_there() -> None:
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if ROW.match(line)]
    assert len(rows) > 15
    missing = []
    for row in rows:
        tests = named(row)
        assert tests, row
        for file, test in tests:
            texts = [
                path.read_text(encoding="utf-8") for path in Path("tests").rglob(f"{Path(file).name}.py")
            ]
            names = (f"def {test}(", f"def test_{test}(")
            if not texts or (test and not any(name in text for text in texts for name in names)):
                missing.append(f"{file}::{test}")
    assert missing == []
