"""Every grant of every role is written down in grants.txt: a new one, or one that is gone, has to be meant.

    ingestion/Role s3:PutObject arn:aws:s3:::ragtune-rehearsal-state-<AWS::AccountId>-ap-northeast-2/*

After a change that is meant: `python -m tests.infra.test_grants` writes it anew; look at the difference.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from tests.infra.synthesis import Template, profile, synthesise

FILE = Path(__file__).with_name("grants.txt")


def grants(templates: dict[str, Template]) -> list[str]:
    """One line for each action, role and resource, sorted."""
    return sorted({line for stack, template in templates.items() for line in _of(stack, template)})


def _of(stack: str, template: Template) -> Iterator[str]:
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::IAM::Policy":
            held = resource["Properties"]
            for statement in held["PolicyDocument"]["Statement"]:
                for role in held["Roles"]:
                    yield from _lines(f"{stack}/{_plain(role).strip('<>')[:-8]}", statement)


def _lines(role: str, statement: dict[str, Any]) -> Iterator[str]:
    condition = f" if {_plain(statement['Condition'])}" if "Condition" in statement else ""
    for action in _list(statement["Action"]):
        for resource in _list(statement["Resource"]):
            yield f"{role} {statement['Effect']} {action} {_plain(resource)}{condition}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _plain(value: Any) -> str:
    """A reference by its name, a join as text."""
    if isinstance(value, list):
        return "[" + ", ".join(_plain(each) for each in value) + "]"
    if not isinstance(value, dict):
        return str(value)
    for function, told in _TOLD.items():
        if function in value:
            return told(value[function])
    return "{" + ", ".join(f"{name}: {_plain(each)}" for name, each in sorted(value.items())) + "}"


_TOLD: dict[str, Callable[[Any], str]] = {
    "Ref": lambda name: f"<{name}>",
    "Fn::GetAtt": lambda parts: f"<{'.'.join(parts)}>",
    "Fn::Join": lambda join: "".join(_plain(part) for part in join[1]),
    "Fn::GetStackOutput": lambda output: f"<{output['OutputName']}>",
}


def test_every_grant_is_written_down() -> None:
    found = grants(synthesise(profile("rehearsal")))
    assert len(found) > 60
    assert found == FILE.read_text(encoding="utf-8").splitlines()


if __name__ == "__main__":
    lines = grants(synthesise(profile("rehearsal")))
    FILE.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
