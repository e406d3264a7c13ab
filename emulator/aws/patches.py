"""What of the emulator is changed: each change with its reason, and a look whether it is still needed.

    .venv-emulator/bin/python emulator/launch.py --patches

A start with one that is no longer needed is refused: the emulator does it itself now, so the patch can go.
"""

import inspect
import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway_v1, ec2, lambda_svc, opensearch, s3, stepfunctions
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from emulator.aws import maps, states
from emulator.aws.doors import map_master
from emulator.aws.models import resources
from emulator.aws.models.service import open_models
from emulator.aws.placeholders import PLACEHOLDERS
from emulator.aws.sessions import ENDPOINT

_TYPES: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
_Properties = Mapping[str, Any]
_DOMAIN = re.compile(r"/(?:domain|upgradeDomain)/([a-z0-9-]+)|/packages/(?:dis)?associate/[^/]+/([a-z0-9-]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """`lacks` looks at the emulator as it is: True as long as the patch is needed."""

    name: str
    reason: str
    lacks: Callable[[], bool]
    apply: Callable[[], None]


def _lacks_type(name: str) -> Callable[[], bool]:
    return lambda: name not in _TYPES


def _arn_of(path: str) -> str:
    found: str = iam_actions.extract_resource_arn("opensearch", "GET", path, {}, b"", {}, "r", "1")
    return found


def _lacks_word(where: Callable[..., Any], word: str) -> Callable[[], bool]:
    return lambda: word not in inspect.getsource(where)


def _after(resource_type: str, also: Callable[[str, _Properties], None]) -> Callable[[], None]:
    """Do `also` (physical id, properties) after the type's own create and update."""

    def apply() -> None:
        own = _TYPES[resource_type]
        create, update = own["create"], own.get("update")

        def created(logical_id: str, properties: _Properties, stack: str) -> Any:
            made = create(logical_id, properties, stack)
            also(made[0], properties)
            return made

        def updated(physical_id: str, old: _Properties, new: _Properties, *more: Any) -> Any:
            made = update(physical_id, old, new, *more)
            also(made[0], new)
            return made

        _TYPES[resource_type] = {**own, "create": created} | ({"update": updated} if update else {})

    return apply


# --- buckets


def _keep_bucket_properties(name: str, properties: _Properties) -> None:
    for rule in properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", ()):
        chosen = rule["ServerSideEncryptionByDefault"]
        if "KMSMasterKeyID" not in chosen:
            continue  # S3's own keys, which nobody has to be allowed to use
        key = f"<KMSMasterKeyID>{chosen['KMSMasterKeyID']}</KMSMasterKeyID>"
        default = f"<SSEAlgorithm>{chosen['SSEAlgorithm']}</SSEAlgorithm>{key}"
        _taken(
            s3._put_bucket_encryption(
                name,
                f"<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault>{default}"
                "</ApplyServerSideEncryptionByDefault></Rule></ServerSideEncryptionConfiguration>".encode(),
            )
        )
    if properties.get("ObjectLockEnabled"):
        held = properties.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        rule = "".join(f"<{part}>{value}</{part}>" for part, value in held.items())
        retention = f"<Rule><DefaultRetention>{rule}</DefaultRetention></Rule>" if rule else ""
        enabled = f"<ObjectLockEnabled>Enabled</ObjectLockEnabled>{retention}"
        lock = f"<ObjectLockConfiguration>{enabled}</ObjectLockConfiguration>"
        _taken(s3._put_object_lock_configuration(name, lock.encode()))


def _taken(answer: tuple[int, Any, bytes]) -> None:
    if answer[0] != 200:
        raise ValueError(answer[2].decode("utf-8", "replace"))


def _refuse_full_bucket() -> None:
    own = _TYPES["AWS::S3::Bucket"]
    remove = own["delete"]

    def delete(name: str, properties: _Properties) -> None:
        if s3._buckets.get(name, {}).get("objects") or s3._bucket_has_versions(name):
            raise ValueError(f"The bucket {name} you tried to delete is not empty")
        remove(name, properties)

    _TYPES["AWS::S3::Bucket"] = {**own, "delete": delete}


# --- templates


def _split_in_conditions() -> None:
    own = engine._evaluate_conditions

    def evaluate(template: _Properties, params: _Properties) -> Any:
        return own({**template, "Conditions": _split(template.get("Conditions", {}), params)}, params)

    for module in (engine, handlers, changesets, stacks, provisioners):
        module._evaluate_conditions = evaluate


def _split(value: Any, params: _Properties) -> Any:
    if isinstance(value, list):
        return [_split(each, params) for each in value]
    if not isinstance(value, dict):
        return value
    if "Fn::Split" in value:
        delimiter, source = value["Fn::Split"]
        named = source.get("Ref") if isinstance(source, dict) else None
        return str(params[named]["Value"] if named in params else source).split(delimiter)
    return {name: _split(each, params) for name, each in value.items()}


def _splits() -> bool:
    split = {"Fn::Select": [1, {"Fn::Split": [",", {"Ref": "P"}]}]}
    try:
        found = engine._evaluate_conditions(
            {"Conditions": {"C": {"Fn::Equals": [split, "b"]}}}, {"P": {"Value": "a,b"}}
        )
    except ValueError:
        return False
    return bool(found["C"])


# --- functions and the API


def _keep_concurrency(name: str, properties: _Properties) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)


def _make_validator() -> None:
    def create(_: str, properties: _Properties, __: str) -> tuple[str, dict[str, str]]:
        told = {
            "name": properties.get("Name", ""),
            "validateRequestBody": properties.get("ValidateRequestBody", False),
            "validateRequestParameters": properties.get("ValidateRequestParameters", False),
        }
        status, __headers, body = apigateway_v1._create_request_validator(properties["RestApiId"], told)
        if status != 201:
            raise ValueError(body.decode())
        made = json.loads(body)["id"]
        return made, {"RequestValidatorId": made}

    own = _TYPES["AWS::ApiGateway::RequestValidator"]
    _TYPES["AWS::ApiGateway::RequestValidator"] = {**own, "create": create}


# --- the network


def _rules_of_groups() -> None:
    for direction, store in (("Ingress", "IpPermissions"), ("Egress", "IpPermissionsEgress")):

        def create(
            logical_id: str, properties: _Properties, _: str, store: str = store
        ) -> tuple[str, dict[str, str]]:
            group = ec2._security_groups[properties["GroupId"]]
            group[store] += provisioners._ec2_sg_permissions([dict(properties)])
            rule = f"sgr-{properties['GroupId'][3:]}-{logical_id}"
            return rule, {"Id": rule}

        def delete(_: str, properties: _Properties, store: str = store) -> None:
            group = ec2._security_groups.get(properties["GroupId"])
            gone = provisioners._ec2_sg_permissions([dict(properties)])
            if group:
                group[store] = [rule for rule in group[store] if rule not in gone]

        _TYPES[f"AWS::EC2::SecurityGroup{direction}"] = {"create": create, "delete": delete}


def _tell_endpoint() -> None:
    enforce = iam_evaluator.enforce

    def told(*arguments: Any, service_context: dict[str, Any] | None = None, **more: Any) -> Any:
        context = {**(service_context or {}), "aws:SourceVpce": ENDPOINT.get() or None}
        seen = iam_evaluator._signed_request.get()
        if seen and b"RoleARN=" in seen.body:
            context["cloudformation:RoleArn"] = parse_qs(seen.body.decode())["RoleARN"][0]
        return enforce(*arguments, service_context=context, **more)

    iam_evaluator.enforce = told


# --- the search domain


def _offer_nori() -> None:
    opensearch._packages["G240285063"] = {
        "PackageID": "G240285063",
        "PackageName": "analysis-nori",
        "PackageType": "ZIP-PLUGIN",
        "PackageStatus": "AVAILABLE",
        "EngineVersion": os.environ.get("RAGTUNE_ENGINE", "OpenSearch_2.19"),
        "AvailablePackageVersion": "1",
        "_PackageSource": {},
    }


def _name_domain() -> None:
    own = iam_actions.extract_resource_arn

    def named(service: str, method: str, path: str, *rest: Any) -> str:
        found: str = own(service, method, path, *rest)
        in_path = _DOMAIN.search(path) if service == "opensearch" and found == "*" else None
        region, account = rest[-2:]
        return f"arn:aws:es:{region}:{account}:domain/{in_path[1] or in_path[2]}" if in_path else found

    iam_actions.extract_resource_arn = named


def _master(_: str, properties: _Properties) -> None:
    options = properties.get("AdvancedSecurityOptions", {}).get("MasterUserOptions", {})
    if options.get("MasterUserARN"):
        map_master(options["MasterUserARN"])


def _domain_policy(resource: str) -> tuple[str, str] | None:
    name = resource.rpartition(":domain/")[2].partition("/")[0]
    domain = opensearch._domains.get(name) or {}
    policy = domain.get("AccessPolicies")
    return (policy, resource.split(":")[4]) if policy else None


def _ask_domain_policy() -> None:
    opensearch.domain_policy_for_arn = _domain_policy
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["es"] = ("opensearch", "domain_policy_for_arn")


def _add_placeholders() -> None:
    for each in PLACEHOLDERS:
        _TYPES[each.type] = {"create": each.create, "update": each.update, "delete": each.delete}


def _add_models() -> None:
    resources.add(open_models(Path(os.environ["RAGTUNE_MODELS"])))


PATCHES = (
    Patch(
        name="types that nothing stands behind",
        reason="an unknown type is refused before anything is made; each of these is told by name",
        lacks=lambda: not any(each.type in _TYPES for each in PLACEHOLDERS),
        apply=_add_placeholders,
    ),
    Patch(
        name="SageMaker",
        reason="its types are unknown and it has no API; see emulator.aws.models for what stands in",
        lacks=resources.lacks,
        apply=_add_models,
    ),
    Patch(
        name="rules of security groups",
        reason="the types of single rules are unknown; they are kept in their groups, to be read back",
        lacks=_lacks_type("AWS::EC2::SecurityGroupIngress"),
        apply=_rules_of_groups,
    ),
    Patch(
        name="encryption and lock of buckets",
        reason="both are dropped in silence: a locked record could be deleted",
        lacks=_lacks_word(provisioners._s3_create, "ObjectLock"),
        apply=_after("AWS::S3::Bucket", _keep_bucket_properties),
    ),
    Patch(
        name="buckets that are not empty",
        reason="their stack deletes them with all that they hold; S3 refuses",
        lacks=_lacks_word(provisioners._s3_delete, "_bucket_has_versions"),
        apply=_refuse_full_bucket,
    ),
    Patch(
        name="Fn::Split in conditions",
        reason="left as it is, so a condition on a part of a parameter fails the template",
        lacks=lambda: not _splits(),
        apply=_split_in_conditions,
    ),
    Patch(
        name="reserved concurrency",
        reason="dropped in silence: a flood of questions would never be throttled",
        lacks=_lacks_word(provisioners._lambda_create, "ReservedConcurrent"),
        apply=_after("AWS::Lambda::Function", _keep_concurrency),
    ),
    Patch(
        name="the API's validator",
        reason="it gets a name and nothing else, so no request is ever checked",
        lacks=_lacks_word(provisioners._apigw_request_validator_create, "validateRequestBody"),
        apply=_make_validator,
    ),
    Patch(
        name="aws:SourceVpce and cloudformation:RoleArn",
        reason="unknown: the API's policy would refuse everybody, the promotion's role could update no stack",
        lacks=_lacks_word(iam_evaluator._resolve_condition_key, "sourcevpce"),
        apply=_tell_endpoint,
    ),
    Patch(
        name="the nori package",
        reason="the service offers it for every domain; here no package is offered",
        lacks=lambda: not list(opensearch._packages.values()),
        apply=_offer_nori,
    ),
    Patch(
        name="the domain in a path",
        reason="calls that name a domain in their path are asked for on every resource, and so refused",
        lacks=lambda: _arn_of("/2021-01-01/domain/x/packages") == "*",
        apply=_name_domain,
    ),
    Patch(
        name="the domain's master",
        reason="fine-grained access is not emulated: the node's own role mapping gets the master's role",
        lacks=_lacks_word(opensearch.create_domain_record, "MasterUserARN"),
        apply=_after("AWS::OpenSearchService::Domain", _master),
    ),
    Patch(
        name="the domain's policy",
        reason="asked by our door in front of the node: the emulator has no way to a node",
        lacks=lambda: "es" not in iam_evaluator._RESOURCE_POLICY_LOOKUPS,
        apply=_ask_domain_policy,
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
