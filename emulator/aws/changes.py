"""What the patches do to the emulator; `patches` says why, and whether each is still needed."""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

from ministack.core import iam_actions, iam_evaluator
from ministack.services import apigateway_v1, ec2, lambda_svc, opensearch, s3
from ministack.services.cloudformation import changesets, engine, handlers, provisioners, stacks

from emulator.aws.doors import map_master
from emulator.aws.models import resources
from emulator.aws.models.service import open_models
from emulator.aws.placeholders import PLACEHOLDERS
from emulator.aws.sessions import ENDPOINT

TYPES: dict[str, dict[str, Any]] = provisioners._RESOURCE_HANDLERS
_Properties = Mapping[str, Any]
_DOMAIN = re.compile(r"/(?:domain|upgradeDomain)/([a-z0-9-]+)|/packages/(?:dis)?associate/[^/]+/([a-z0-9-]+)")


def after(resource_type: str, also: Callable[[str, _Properties], None]) -> Callable[[], None]:
    """Do `also` (physical id, properties) after the type's own create and update."""

    def apply() -> None:
        own = TYPES[resource_type]
        create = own["create"]

        def created(logical_id: str, properties: _Properties, stack: str) -> Any:
            made = create(logical_id, properties, stack)
            also(made[0], properties)
            return made

        def updated(physical_id: str, old: _Properties, new: _Properties, *more: Any) -> Any:
            made = own["update"](physical_id, old, new, *more)
            also(made[0], new)
            return made

        TYPES[resource_type] = {**own, "create": created} | ({"update": updated} if "update" in own else {})

    return apply


# --- buckets


def keep_bucket_properties(name: str, properties: _Properties) -> None:
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


def refuse_full_bucket() -> None:
    own = TYPES["AWS::S3::Bucket"]
    remove = own["delete"]

    def delete(name: str, properties: _Properties) -> None:
        if s3._buckets.get(name, {}).get("objects") or s3._bucket_has_versions(name):
            raise ValueError(f"The bucket {name} you tried to delete is not empty")
        remove(name, properties)

    TYPES["AWS::S3::Bucket"] = {**own, "delete": delete}


# --- templates


def split_in_conditions() -> None:
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
        named = source.get("Ref", "") if isinstance(source, dict) else ""
        return str(params[named]["Value"] if named in params else source).split(delimiter)
    return {name: _split(each, params) for name, each in value.items()}


# --- functions and the API


def keep_concurrency(name: str, properties: _Properties) -> None:
    reserved = properties.get("ReservedConcurrentExecutions")
    lambda_svc._functions[name]["concurrency"] = None if reserved is None else int(reserved)


def make_validator() -> None:
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

    own = TYPES["AWS::ApiGateway::RequestValidator"]
    TYPES["AWS::ApiGateway::RequestValidator"] = {**own, "create": create}


def tell_throttled_function() -> None:
    own = apigateway_v1._invoke_lambda_proxy_v1

    async def invoke(*arguments: Any, **more: Any) -> Any:
        answer = await own(*arguments, **more)
        if isinstance(answer, tuple) and answer[0] == 429 and b"ConcurrentInvocationLimit" in answer[2]:
            return apigateway_v1._gw_error("INTEGRATION_FAILURE", None)
        return answer

    apigateway_v1._invoke_lambda_proxy_v1 = invoke


# --- the network


def rules_of_groups() -> None:
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

        TYPES[f"AWS::EC2::SecurityGroup{direction}"] = {"create": create, "delete": delete}


def tell_endpoint() -> None:
    enforce = iam_evaluator.enforce

    def told(*arguments: Any, service_context: dict[str, Any] | None = None, **more: Any) -> Any:
        context = {**(service_context or {}), "aws:SourceVpce": ENDPOINT.get() or None}
        seen = iam_evaluator._signed_request.get()
        if seen and b"RoleARN=" in seen.body:
            context["cloudformation:RoleArn"] = parse_qs(seen.body.decode())["RoleARN"][0]
        return enforce(*arguments, service_context=context, **more)

    iam_evaluator.enforce = told


# --- the search domain


def offer_nori() -> None:
    opensearch._packages["G240285063"] = {
        "PackageID": "G240285063",
        "PackageName": "analysis-nori",
        "PackageType": "ZIP-PLUGIN",
        "PackageStatus": "AVAILABLE",
        "EngineVersion": os.environ.get("RAGTUNE_ENGINE", "OpenSearch_2.19"),
        "AvailablePackageVersion": "1",
        "_PackageSource": {},
    }


def name_domain() -> None:
    own = iam_actions.extract_resource_arn

    def named(service: str, method: str, path: str, *rest: Any) -> str:
        found: str = own(service, method, path, *rest)
        in_path = _DOMAIN.search(path) if service == "opensearch" and found == "*" else None
        region, account = rest[-2:]
        return f"arn:aws:es:{region}:{account}:domain/{in_path[1] or in_path[2]}" if in_path else found

    iam_actions.extract_resource_arn = named


def master(_: str, properties: _Properties) -> None:
    options = properties.get("AdvancedSecurityOptions", {}).get("MasterUserOptions", {})
    if options.get("MasterUserARN"):
        map_master(options["MasterUserARN"])


def _domain_policy(resource: str) -> tuple[str, str] | None:
    name = resource.rpartition(":domain/")[2].partition("/")[0]
    domain = opensearch._domains.get(name) or {}
    policy = domain.get("AccessPolicies")
    return (policy, resource.split(":")[4]) if policy else None


def ask_domain_policy() -> None:
    opensearch.domain_policy_for_arn = _domain_policy
    iam_evaluator._RESOURCE_POLICY_LOOKUPS["es"] = ("opensearch", "domain_policy_for_arn")


def add_placeholders() -> None:
    for each in PLACEHOLDERS:
        TYPES[each.type] = {"create": each.create, "update": each.update, "delete": each.delete}


def add_models() -> None:
    resources.add(open_models(Path(os.environ["RAGTUNE_MODELS"])))
