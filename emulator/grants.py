"""Grants taken away in turn: each that the emulator evaluates has to be missed, or nobody needs it.

    .ragtune/grants.json
    [{"grant": "ragtune-rehearsal-ingest s3:GetObject …-documents-…/*", "evaluated_here": true,
      "caught": true,
      "seen": "AccessDenied: …", "covered_by": "flow"}]

A grant is one action of one statement of a role that a stack made. What the emulator does itself, as the
account's root, is not evaluated: those rows name the template assertion that holds the grant.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from emulator.probes import OF_MODELS, PROBES, SLOW, Probe
from emulator.stage import Stage, Unexpected, require

FILE = Path(".ragtune/grants.json")
ASSERTION = "tests/infra/test_grants.py::test_every_grant_is_written_down"
# What begins a grant that nobody evaluates here → why. Roles are asked as "role action".
NOT_EVALUATED = {
    "kms:": "encryption by S3, SQS and SNS happens inside the emulator, without a key's policy",
    "ec2:": "functions and jobs stand in no VPC here",
    "ecr:": "no image is pulled",
    "xray:": "nothing is traced",
    "logs:": "the emulator writes functions' and machines' logs itself",
    "sqs:": "the poller of a queue is the emulator's own",
    "states:": "a map's runs are the emulator's own",
    "application-autoscaling:": "nothing scales",
    "cloudwatch:": "CloudFormation acts as the account's root",
    "iam:CreateServiceLinkedRole": "CloudFormation acts as the account's root",
}

OF_ONE_ROLE = {
    ("BulkLoadMachineRole", "s3:GetObject"): "the emulator reads an inventory's manifest itself",
    ("BulkLoadMachineRole", "s3:ListMultipartUploadParts"): "results here are small: put at once",
    ("BulkLoadMachineRole", "s3:AbortMultipartUpload"): "results here are small: put at once",
    ("SetupRole", "es:ESHttpPost"): "the analyser is asked before the index is there, at the first set-up",
    ("SetupRole", "iam:PassRole"): "the search node here has no repository to hand a role to",
    ("training-PipelineRole", "sagemaker:StopTrainingJob"): "no run of a pipeline is stopped here",
    ("promotion-MachineRole", "iam:PassRole"): "CloudFormation takes on no role here",
    ("promotion-MachineRole", "ssm:GetParameters"): "CloudFormation reads it as the account's root",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One action of the statement at `place` in an inline policy of `role`."""

    role: str
    policy: str
    place: int
    action: str
    resources: tuple[str, ...]

    @property
    def text(self) -> str:
        """For people."""
        return f"{self.role} {self.action} {' '.join(self.resources)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Of the file."""

    grant: str
    evaluated_here: bool
    caught: bool
    seen: str
    covered_by: str


def grants(stage: Stage) -> Iterator[Grant]:
    """Every grant of the roles that the stacks made."""
    for role in sorted(_roles(stage)):
        for policy in stage.iam.list_role_policies(RoleName=role)["PolicyNames"]:
            for place, statement in enumerate(_document(stage, role, policy)["Statement"]):
                actions, resources = _list(statement["Action"]), _list(statement.get("Resource", "*"))
                if statement["Effect"] == "Allow":
                    for action in actions:
                        yield Grant(
                            role=role, policy=policy, place=place, action=action, resources=tuple(resources)
                        )


def take_away(stage: Stage, *, most: int | None = None, tell: Callable[[str], None]) -> list[Row]:
    """Try each, or about so many quick ones, spread over all; write the file. Then nothing is missed."""
    found = list(grants(stage))
    tried = [one for one in found if _why_not(stage, one) is None]
    quick = [one for one in tried if _probe(one) not in SLOW]
    chosen = set(tried if most is None else quick[:: max(1, len(quick) // most)])
    rows = []
    for one in found:
        why = _why_not(stage, one)
        if why is not None:
            rows.append(_row(one, evaluated=False, seen=why, covered_by=ASSERTION))
        elif one in chosen:
            rows.append(_tried(stage, one))
            tell(f"  {'caught' if rows[-1].caught else 'NOT MISSED'}  {one.text[:120]}: {rows[-1].seen[:80]}")
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(json.dumps([asdict(row) for row in rows], ensure_ascii=False, indent=1), encoding="utf-8")
    probes = dict.fromkeys(_probe(one) for one in found if one in chosen)
    for probe in sorted(probes, key=lambda one: one not in SLOW):  # those first that start the model again
        seen = probe(stage) if probe else ""
        require(not seen, "with every grant back, nothing is missed", seen=seen)
    return rows


def _tried(stage: Stage, grant: Grant) -> Row:
    before = _document(stage, grant.role, grant.policy)
    less = json.loads(json.dumps(before))
    statement = less["Statement"][grant.place]
    statement["Action"] = [action for action in _list(statement["Action"]) if action != grant.action]
    if not statement["Action"]:
        del less["Statement"][grant.place]
    probe = _probe(grant)
    try:
        _put(stage, grant, less)
        seen = probe(stage) if probe else ""
    except Unexpected as error:
        seen = str(error)
    finally:
        _put(stage, grant, before)
    return _row(grant, evaluated=True, seen=seen, covered_by="flow", caught=bool(seen))


def _probe(grant: Grant) -> Probe | None:
    for (role, action), probe in PROBES.items():
        if role in grant.role and action in grant.action:
            return probe
    return None


def _why_not(stage: Stage, grant: Grant) -> str | None:
    """Why it is not evaluated here, or None."""
    for (part, action), why in OF_ONE_ROLE.items():
        if part in grant.role and action == grant.action:
            return why
    for prefix, why in NOT_EVALUATED.items():
        if grant.action.startswith(prefix):
            return why
    probe = _probe(grant)
    if probe in OF_MODELS and "first" not in stage.notes:
        return "no model was tuned in this rehearsal"
    return None if probe else "its role is taken on by a service that the emulator runs as the root"


def _row(grant: Grant, *, evaluated: bool, seen: str, covered_by: str, caught: bool = False) -> Row:
    return Row(
        grant=grant.text, evaluated_here=evaluated, caught=caught, seen=seen[:300], covered_by=covered_by
    )


def _roles(stage: Stage) -> list[str]:
    names = [one["RoleName"] for one in stage.iam.list_roles(MaxItems=1000)["Roles"]]
    return [name for name in names if name.startswith(f"{stage.name}-") and name not in stage.own_roles]


def _document(stage: Stage, role: str, policy: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
    return found


def _put(stage: Stage, grant: Grant, document: dict[str, Any]) -> None:
    stage.iam.put_role_policy(
        RoleName=grant.role, PolicyName=grant.policy, PolicyDocument=json.dumps(document)
    )


def _list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
