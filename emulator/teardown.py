"""A rehearsal's end: buckets emptied as an operator empties them, stacks destroyed, what is left compared.

    leave(stage, cdk)   →   Left(seconds=14.2, found={"log-role"}, allowed={"log-role"})

What may be left is `aws.retention.left` of the deployment's file, and API Gateway's role for logs.
"""

import time
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from emulator.deployment import Cdk
from emulator.stage import Stage, require

LOG_ROLE = "log-role"
_BUCKETS = ("documents", "state", "models", "snapshots", "audit", "trail", "logs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """`found` are the kinds of things that are still there."""

    seconds: float
    found: frozenset[str]
    allowed: frozenset[str]


def leave(stage: Stage, cdk: Cdk) -> Left:
    """Destroy everything. Raises Unexpected when what is left is not what the file says."""
    start, retention = time.monotonic(), stage.deployment.aws.retention
    stage.settled()
    for purpose in _BUCKETS:
        if purpose not in retention.left:
            empty(stage, purpose)
            if purpose == "documents":
                stage.settled()  # each deletion is an event, whose function writes to the state's bucket
    _unprotect(stage)
    cdk.destroy()
    allowed = {*retention.left} | ({LOG_ROLE} if stage.deployment.aws.records.create_log_role else set())
    found = left(stage)
    require(found == allowed, f"a teardown leaves {sorted(allowed)}", seen=sorted(found))
    return Left(seconds=time.monotonic() - start, found=frozenset(found), allowed=frozenset(allowed))


def empty(stage: Stage, purpose: str) -> None:
    """Every version; a governance lock is bypassed, which its bucket's owner may, a compliance lock never."""
    bucket = stage.bucket(purpose)
    try:
        pages = list(stage.s3.get_paginator("list_object_versions").paginate(Bucket=bucket))
    except ClientError:
        return  # a stack that was never deployed
    for found in pages:
        every = [*found.get("Versions", ()), *found.get("DeleteMarkers", ())]
        named = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in every]
        if named:
            stage.s3.delete_objects(Bucket=bucket, Delete={"Objects": named}, BypassGovernanceRetention=True)


def left(stage: Stage) -> set[str]:
    """Kinds of things of this deployment that are there."""
    name, client = stage.name, stage.cloud.client
    found = {
        purpose
        for purpose in _BUCKETS
        if any(one["Name"] == stage.bucket(purpose) for one in stage.s3.list_buckets()["Buckets"])
    }
    keys = [client("kms").describe_key(KeyId=one["KeyId"]) for one in client("kms").list_keys()["Keys"]]
    states = {one["KeyMetadata"]["KeyState"] for one in keys if _is_of(one["KeyMetadata"], name)}
    checks = {
        "keys": "Enabled" in states,
        "log-groups": any(_of_a_stack(one, name) for one in _groups(stage)),
        "domain": bool(client("opensearch").list_domain_names()["DomainNames"]),
        "functions": _any(client("lambda").list_functions()["Functions"], "FunctionName", name),
        "queues": bool(stage.sqs.list_queues(QueueNamePrefix=name).get("QueueUrls")),
        "machines": _any(client("stepfunctions").list_state_machines()["stateMachines"], "name", name),
        "topics": _any(client("sns").list_topics()["Topics"], "TopicArn", name),
        "apis": _any(client("apigateway").get_rest_apis()["items"], "name", name),
        "vpcs": any(not one["IsDefault"] for one in client("ec2").describe_vpcs()["Vpcs"]),
    }
    roles = [one["RoleName"] for one in stage.iam.list_roles(MaxItems=1000)["Roles"]]
    stacks = [role for role in roles if role.startswith(f"{name}-") and role not in stage.own_roles]
    checks[LOG_ROLE] = any("LogRole" in role for role in stacks)
    checks["roles"] = any("LogRole" not in role for role in stacks)
    return found | {what for what, there in checks.items() if there}


def _is_of(key: dict[str, str], name: str) -> bool:
    return key.get("Description", "").startswith(f"{name}:")


def _groups(stage: Stage) -> list[dict[str, Any]]:
    pages = stage.cloud.client("logs").get_paginator("describe_log_groups").paginate()
    return [one for page in pages for one in page["logGroups"]]


def _of_a_stack(group: dict[str, Any], name: str) -> bool:
    """A stack's own has its days; one that the emulator made anew for a function's last line has none."""
    return name in group["logGroupName"] and "retentionInDays" in group


def _any(found: list[dict[str, str]], key: str, name: str) -> bool:
    return any(name in one[key] for one in found)


def _unprotect(stage: Stage) -> None:
    """What protects a stack is taken away first, by hand and knowingly."""
    api = stage.cloud.client("cloudformation")
    for one in api.describe_stacks()["Stacks"]:
        if one.get("EnableTerminationProtection"):
            api.update_termination_protection(StackName=one["StackName"], EnableTerminationProtection=False)
