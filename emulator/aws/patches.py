"""What of the emulator is changed: each change with its reason, and a look whether it is still needed.

    .venv-emulator/bin/python emulator/launch.py --patches

A start with one that is no longer needed is refused: the emulator does it itself now, so the patch can go.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway_v1, opensearch, stepfunctions
from ministack.services.cloudformation import engine, provisioners

from emulator.aws import changes, maps, states
from emulator.aws.models import resources
from emulator.aws.placeholders import PLACEHOLDERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """`lacks` looks at the emulator as it is: True as long as the patch is needed."""

    name: str
    reason: str
    lacks: Callable[[], bool]
    apply: Callable[[], None]


def _lacks_type(name: str) -> Callable[[], bool]:
    return lambda: name not in changes.TYPES


def _arn_of(path: str) -> str:
    found: str = iam_actions.extract_resource_arn("opensearch", "GET", path, {}, b"", {}, "r", "1")
    return found


def _lacks_word(where: Callable[..., Any], word: str) -> Callable[[], bool]:
    return lambda: word not in inspect.getsource(where)


def _splits() -> bool:
    split = {"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "P"}]}]}
    try:
        found = engine._evaluate_conditions(
            {"Conditions": {"C": {"Fn::Equals": [split, "b"]}}}, {"P": {"Value": "a,b"}}
        )
    except ValueError:
        return False
    return bool(found["C"])


PATCHES = (
    Patch(
        name="types that nothing stands behind",
        reason="an unknown type is refused before anything is made; each of these is told by name",
        lacks=lambda: not any(each.type in changes.TYPES for each in PLACEHOLDERS),
        apply=changes.add_placeholders,
    ),
    Patch(
        name="SageMaker",
        reason="its types are unknown and it has no API; see emulator.aws.models for what stands in",
        lacks=resources.lacks,
        apply=changes.add_models,
    ),
    Patch(
        name="rules of security groups",
        reason="the types of single rules are unknown; they are kept in their groups, to be read back",
        lacks=_lacks_type("AWS::EC2::SecurityGroupIngress"),
        apply=changes.rules_of_groups,
    ),
    Patch(
        name="encryption and lock of buckets",
        reason="both are dropped in silence: a locked record could be deleted",
        lacks=_lacks_word(provisioners._s3_create, "ObjectLock"),
        apply=changes.after("AWS::S3::Bucket", changes.keep_bucket_properties),
    ),
    Patch(
        name="buckets that are not empty",
        reason="their stack deletes them with all that they hold; S3 refuses",
        lacks=_lacks_word(provisioners._s3_delete, "_bucket_has_versions"),
        apply=changes.refuse_full_bucket,
    ),
    Patch(
        name="Fn::Split in conditions",
        reason="left as it is, so a condition on a part of a parameter fails the template",
        lacks=lambda: not _splits(),
        apply=changes.split_in_conditions,
    ),
    Patch(
        name="reserved concurrency",
        reason="dropped in silence: a flood of questions would never be throttled",
        lacks=_lacks_word(provisioners._lambda_create, "ReservedConcurrent"),
        apply=changes.after("AWS::Lambda::Function", changes.keep_concurrency),
    ),
    Patch(
        name="a throttled function behind the API",
        reason="its 429 is passed on as it is; the API tells it as an integration that failed",
        lacks=_lacks_word(apigateway_v1._invoke_lambda_proxy_v1, "INTEGRATION_FAILURE"),
        apply=changes.tell_throttled_function,
    ),
    Patch(
        name="the API's validator",
        reason="it gets a name and nothing else, so no request is ever checked",
        lacks=_lacks_word(provisioners._apigw_request_validator_create, "validateRequestBody"),
        apply=changes.make_validator,
    ),
    Patch(
        name="aws:SourceVpce and cloudformation:RoleArn",
        reason="unknown: the API's policy would refuse everybody, the promotion's role could update no stack",
        lacks=_lacks_word(iam_evaluator._resolve_condition_key, "sourcevpce"),
        apply=changes.tell_endpoint,
    ),
    Patch(
        name="the nori package",
        reason="the service offers it for every domain; here no package is offered",
        lacks=lambda: not list(opensearch._packages.values()),
        apply=changes.offer_nori,
    ),
    Patch(
        name="the domain in a path",
        reason="calls that name a domain in their path are asked for on every resource, and so refused",
        lacks=lambda: _arn_of("/2021-01-01/domain/x/packages") == "*",
        apply=changes.name_domain,
    ),
    Patch(
        name="the domain's master",
        reason="fine-grained access is not emulated: the node's own role mapping gets the master's role",
        lacks=_lacks_word(opensearch.create_domain_record, "MasterUserARN"),
        apply=changes.after("AWS::OpenSearchService::Domain", changes.master),
    ),
    Patch(
        name="the domain's policy",
        reason="asked by our door in front of the node: the emulator has no way to a node",
        lacks=lambda: "es" not in iam_evaluator._RESOURCE_POLICY_LOOKUPS,
        apply=changes.ask_domain_policy,
    ),
    Patch(
        name="calls of state machines",
        reason="made as the account's root: no grant of a machine's role would ever be missed",
        lacks=_lacks_word(stepfunctions._invoke_aws_sdk_integration, "role"),
        apply=states.apply,
    ),
    Patch(
        name="batches and results of a Distributed Map",
        reason="ItemBatcher and ResultWriter are ignored, and its role's rights are never asked",
        lacks=_lacks_word(stepfunctions._run_distributed_map, "ItemBatcher"),
        apply=maps.apply,
    ),
)
