"""What synths let pass, and why: `python -m infra.findings cdk.out/dev cdk.out/prod`, after `make synth`.

rule                          where                       reason
AwsSolutions-S1               landing-zone/Logs           Holds the other buckets' access logs; …
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rich import print as show
from rich.table import Table


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Exemption:
    """A finding that is right as it is."""

    rule: str
    where: str  # construct path
    reason: str


def exemptions(folder: Path) -> Iterator[Exemption]:
    """Those of one synth's folder: ours, and those that CDK's own constructs bring along."""
    for file in sorted(folder.glob("*.metadata.json")):
        for path, entries in json.loads(file.read_text(encoding="utf-8")).items():
            for entry in entries:
                if entry["type"] == "aws:cdk:acknowledged-rules":
                    for rule, reason in entry["data"].items():
                        yield Exemption(rule=rule.removeprefix("Annotation::"), where=path[1:], reason=reason)


def main(folders: list[str]) -> None:
    """Print a table of every folder's exemptions."""
    for folder in folders:
        table = Table("rule", "where", "reason", title=f"{folder}: 0 findings; let pass with a reason:")
        for each in sorted(exemptions(Path(folder))):
            table.add_row(each.rule.replace("[", r"\["), each.where, each.reason)
        show(table)


if __name__ == "__main__":
    main(sys.argv[1:])
