"""Claims about templates, each with a change that breaks it: a claim that nothing can break proves nothing.

@claim(breaks=lambda t: first(t, "AWS::KMS::Key").update(EnableKeyRotation=False))
def keys_are_renewed(template: Template) -> list[str]:
    return [what is wrong, …]
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.infra.synthesis import Template

Check = Callable[[Template], list[str]]
Break = Callable[[Template], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """`check` lists what contradicts it in a whole template; `breaks` changes one so that something does."""

    name: str
    check: Check
    breaks: Break


def claim(claims: list[Claim], *, breaks: Break) -> Callable[[Check], Check]:
    """Add the function below to `claims`."""

    def added(check: Check) -> Check:
        claims.append(Claim(name=check.__name__, check=check, breaks=breaks))
        return check

    return added


def contradictions(told: Claim, template: Template) -> tuple[list[str], list[str]]:
    """What contradicts a claim in a template, and in one that it broke: ([], [something]) is right."""
    broken = copy.deepcopy(template)
    told.breaks(broken)
    return told.check(template), told.check(broken)


def of(template: Template, *kinds: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and properties of the resources of these types. There has to be one."""
    found = [
        (name, resource.setdefault("Properties", {}))
        for name, resource in template["Resources"].items()
        if resource["Type"] in kinds
    ]
    assert found, f"no {', '.join(kinds)} in the templates: the claim would hold by itself"
    yield from found


def first(template: Template, kind: str) -> dict[str, Any]:
    """Properties of the first resource of that type."""
    return next(of(template, kind))[1]


def add(template: Template, kind: str, **properties: Any) -> None:
    """One more resource."""
    template["Resources"]["added"] = {"Type": kind, "Properties": properties}


def logical(reference: Any) -> str:
    """The logical id that a Ref or GetAtt names."""
    if isinstance(reference, dict) and "Ref" in reference:
        return str(reference["Ref"])
    if isinstance(reference, dict) and "Fn::GetAtt" in reference:
        return str(reference["Fn::GetAtt"][0])
    return ""
