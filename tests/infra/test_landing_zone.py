"""What the landing zone claims, held against its templates, and against templates that break it."""

import copy
import json
import re
from typing import Any

import pytest

from infra.flows import CATALOGUE, TABLE, needed
from tests.infra.claims import Claim, add, claim, first, logical, of
from tests.infra.synthesis import Template, whole

CLAIMS: list[Claim] = []
ACCOUNT = {"Ref": "AWS::AccountId"}


@claim(CLAIMS, breaks=lambda t: add(t, "AWS::EC2::InternetGateway"))
def nothing_leads_to_the_internet(template: Template) -> list[str]:
    ways = (
        "InternetGateway",
        "VPCGatewayAttachment",
        "NatGateway",
        "EIP",
        "EgressOnlyInternetGateway",
        "Route",
    )
    kinds = {f"AWS::EC2::{way}" for way in ways}
    return [name for name, each in template["Resources"].items() if each["Type"] in kinds]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::EC2::SecurityGroupEgress").update(CidrIp="0.0.0.0/0"))
def no_rule_names_an_address_but_the_clients(template: Template) -> list[str]:
    kinds = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
    return [name for name, rule in of(template, *kinds) if "CidrIp" in rule or "CidrIpv6" in rule]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::EC2::SecurityGroup").pop("SecurityGroupEgress"))
def every_group_shuts_its_default_way_out(template: Template) -> list[str]:
    closed = [{"CidrIp": "255.255.255.255/32", "FromPort": 252, "IpProtocol": "icmp", "ToPort": 86}]
    return [
        name
        for name, group in of(template, "AWS::EC2::SecurityGroup")
        if [without(rule, "Description") for rule in group.get("SecurityGroupEgress", [])] != closed
        or group.get("SecurityGroupIngress")
    ]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::EC2::SecurityGroupIngress").update(ToPort=65535))
def every_rule_is_for_https_alone(template: Template) -> list[str]:
    kinds = ("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress")
    return [
        name
        for name, rule in of(template, *kinds)
        if (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) != ("tcp", 443, 443)
    ]


@claim(CLAIMS, breaks=lambda t: add(t, "AWS::EC2::VPCEndpoint", ServiceName="com.amazonaws.x.logs"))
def endpoints_are_those_of_the_table(template: Template) -> list[str]:
    expected = sorted(each.name for kind in ("gateway", "interface") for each in needed(kind))
    found = sorted(served(endpoint) for _, endpoint in of(template, "AWS::EC2::VPCEndpoint"))
    return [] if found == expected else [f"{found} is not {expected}"]


@claim(
    CLAIMS,
    breaks=lambda t: first(t, "AWS::EC2::VPCEndpoint")["PolicyDocument"]["Statement"][0].pop("Condition"),
)
def endpoints_serve_this_account_alone(template: Template) -> list[str]:
    only = {"aws:PrincipalAccount": ACCOUNT, "aws:ResourceAccount": ACCOUNT}
    return [
        name
        for name, endpoint in of(template, "AWS::EC2::VPCEndpoint")
        for statement in endpoint.get("PolicyDocument", {"Statement": [{}]})["Statement"]
        if statement.get("Condition", {}).get("StringEquals") != only
    ]


def way_to_the_model(template: Template) -> dict[str, Any]:
    """The statement of the policy of SageMaker's endpoint."""
    endpoints = (each for _, each in of(template, "AWS::EC2::VPCEndpoint"))
    policy = next(each for each in endpoints if "sagemaker.runtime" in str(each["ServiceName"]))
    found: dict[str, Any] = policy["PolicyDocument"]["Statement"][0]
    return found


@claim(CLAIMS, breaks=lambda t: way_to_the_model(t)["Condition"].pop("ArnLike"))
def no_role_but_our_own_and_named_ones_passes_to_a_model(template: Template) -> list[str]:
    condition = way_to_the_model(template)["Condition"].get("ArnLike", {}).get("aws:PrincipalArn", "")
    roles = [condition] if isinstance(condition, dict) else condition
    names = [json.dumps(role).rpartition(":role/")[2].split('"')[0] for role in roles]
    return [name or "anybody" for name in names or [""] if not re.fullmatch(r"ragtune-(dev|prod)-\*", name)]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::EC2::VPC").update(EnableDnsSupport=False))
def private_names_resolve(template: Template) -> list[str]:
    return [
        name
        for name, vpc in of(template, "AWS::EC2::VPC")
        if not (vpc["EnableDnsSupport"] and vpc["EnableDnsHostnames"])
    ]


@claim(CLAIMS, breaks=lambda t: firewall(t)[0].update(Action="ALERT"))
def dns_answers_the_short_list_alone(template: Template) -> list[str]:
    rules = sorted(firewall(template), key=lambda rule: int(rule["Priority"]))
    lists = {name.split("/")[1]: each["Domains"] for name, each in of(template, FIREWALL + "DomainList")}
    told = [(rule["Action"], lists[rule["FirewallDomainListId"]["Fn::GetAtt"][0]]) for rule in rules]
    (allow, names), *rest = told
    wrong = [] if (allow, rest) == ("ALLOW", [("BLOCK", ["*"])]) else [str(told)]
    return wrong + [name for name in names if not name.endswith((".amazonaws.com", ".compute.internal"))]


@claim(CLAIMS, breaks=lambda t: first(t, FIREWALL + "DomainList")["Domains"].append("*.amazonaws.com"))
def every_name_belongs_to_the_region(template: Template) -> list[str]:
    allowed = [name for _, each in of(template, FIREWALL + "DomainList") for name in each["Domains"]]
    return [name for name in allowed if name != "*" and "ap-northeast-2." not in name]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::Route53Resolver::ResolverQueryLoggingConfig").clear())
def every_question_is_logged(template: Template) -> list[str]:
    logged = [each for _, each in of(template, "AWS::Route53Resolver::ResolverQueryLoggingConfigAssociation")]
    configs = [each for _, each in of(template, "AWS::Route53Resolver::ResolverQueryLoggingConfig")]
    return [] if logged and all("DestinationArn" in each for each in configs) else ["no query log"]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::EC2::FlowLog").update(TrafficType="REJECT"))
def every_flow_is_logged(template: Template) -> list[str]:
    return [name for name, log in of(template, "AWS::EC2::FlowLog") if log["TrafficType"] != "ALL"]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::KMS::Key").update(EnableKeyRotation=False))
def keys_are_renewed(template: Template) -> list[str]:
    return [name for name, key in of(template, "AWS::KMS::Key") if key.get("EnableKeyRotation") is not True]


@claim(CLAIMS, breaks=lambda t: statements(first(t, "AWS::KMS::Key"), "KeyPolicy")[0].update(Principal="*"))
def keys_belong_to_the_account(template: Template) -> list[str]:
    root = {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", ACCOUNT, ":root"]]}}
    return [
        f"{name}: {statement}"
        for name, key in of(template, "AWS::KMS::Key")
        for statement in statements(key, "KeyPolicy")
        if statement["Principal"] != root and "Service" not in statement["Principal"]
    ]


@claim(
    CLAIMS,
    breaks=lambda t: statements(first(t, "AWS::KMS::Key"), "KeyPolicy").append(
        {"Effect": "Allow", "Action": "kms:Decrypt", "Principal": {"Service": "s3.amazonaws.com"}}
    ),
)
def services_use_keys_for_this_account_alone(template: Template) -> list[str]:
    return [
        f"{name}: {statement}"
        for name, key in of(template, "AWS::KMS::Key")
        for statement in statements(key, "KeyPolicy")
        if "Service" in statement["Principal"] and "AccountId" not in str(statement.get("Condition"))
    ]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::S3::Bucket").update(VersioningConfiguration={}))
def buckets_keep_old_versions_for_a_while(template: Template) -> list[str]:
    return [
        name
        for name, bucket in of(template, "AWS::S3::Bucket")
        if bucket.get("VersioningConfiguration") != {"Status": "Enabled"}
        or not bucket["LifecycleConfiguration"]["Rules"][0]["NoncurrentVersionExpiration"]["NoncurrentDays"]
    ]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::S3::Bucket").pop("OwnershipControls"))
def bucket_owners_own_what_is_in_them(template: Template) -> list[str]:
    owner = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    return [name for name, each in of(template, "AWS::S3::Bucket") if each.get("OwnershipControls") != owner]


@claim(CLAIMS, breaks=lambda t: statements(first(t, "AWS::S3::BucketPolicy"), "PolicyDocument").clear())
def buckets_refuse_plain_http_and_strangers(template: Template) -> list[str]:
    buckets = {name for name, _ in of(template, "AWS::S3::Bucket")}
    refusing = set()
    for name, policy in of(template, "AWS::S3::BucketPolicy"):
        denied = str(
            [each["Condition"] for each in statements(policy, "PolicyDocument") if each["Effect"] == "Deny"]
        )
        if all(key in denied for key in ("aws:SecureTransport", "s3:TlsVersion", "aws:PrincipalAccount")):
            refusing.add(f"{name.split('/')[0]}/{policy['Bucket']['Ref']}")
    return sorted(buckets - refusing)


@claim(CLAIMS, breaks=lambda t: logging_bucket(t).pop("LoggingConfiguration"))
def buckets_log_who_reads_them(template: Template) -> list[str]:
    logs = {
        logical(bucket["LoggingConfiguration"]["DestinationBucketName"])
        for _, bucket in of(template, "AWS::S3::Bucket")
        if "LoggingConfiguration" in bucket
    }
    return [
        name
        for name, bucket in of(template, "AWS::S3::Bucket")
        if "LoggingConfiguration" not in bucket and name.split("/")[1] not in logs
    ]


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::CloudTrail::Trail").pop("AdvancedEventSelectors"))
def the_trail_sees_documents_models_and_records(template: Template) -> list[str]:
    (_, trail), *more = of(template, "AWS::CloudTrail::Trail")
    told = str(trail.get("AdvancedEventSelectors"))
    missing = [
        each for each in ("-documents-", "-models-", "-audit-", "Management", "Data") if each not in told
    ]
    good = trail["EnableLogFileValidation"] and trail["IsLogging"] and "KMSKeyId" in trail
    return missing + ([] if good and not more else ["not validated, encrypted or on"])


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::Logs::LogGroup").pop("RetentionInDays"))
def logs_end_some_day(template: Template) -> list[str]:
    return [name for name, group in of(template, "AWS::Logs::LogGroup") if not group.get("RetentionInDays")]


FIREWALL = "AWS::Route53Resolver::Firewall"


def logging_bucket(template: Template) -> dict[str, Any]:
    """A bucket that logs who reads it."""
    return next(each for _, each in of(template, "AWS::S3::Bucket") if "LoggingConfiguration" in each)


def firewall(template: Template) -> list[dict[str, Any]]:
    """The rules of the DNS firewall."""
    rules: list[dict[str, Any]] = first(template, FIREWALL + "RuleGroup")["FirewallRules"]
    return rules


def statements(properties: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """Of a policy."""
    found: list[dict[str, Any]] = properties[key]["Statement"]
    return found


def without(value: dict[str, Any], key: str) -> dict[str, Any]:
    """A copy that lacks one key."""
    return {name: each for name, each in value.items() if name != key}


def served(endpoint: dict[str, Any]) -> str:
    """The service behind an endpoint: execute-api."""
    name = endpoint["ServiceName"]
    text = name if isinstance(name, str) else "".join(str(part) for part in name["Fn::Join"][1])
    return next((known for known in CATALOGUE if text.endswith(f".{known}")), text)


@pytest.mark.parametrize("name", ["dev", "prod"])
@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds(told: Claim, name: str, request: pytest.FixtureRequest) -> None:
    assert told.check(whole(request.getfixturevalue(name))) == []


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_can_fail(told: Claim, dev: dict[str, Template]) -> None:
    broken = copy.deepcopy(whole(dev))
    told.breaks(broken)
    assert told.check(broken) != []


def test_every_row_of_the_table_is_a_rule_and_every_rule_a_row(dev: dict[str, Template]) -> None:
    told = sorted(f"{flow.caller} {flow.why}" for flow in TABLE)
    out = sorted(rule["Description"] for _, rule in of(whole(dev), "AWS::EC2::SecurityGroupEgress"))
    assert out == told


def test_prod_stands_in_three_zones_and_dev_pays_for_one_endpoint_zone(
    dev: dict[str, Template], prod: dict[str, Template]
) -> None:
    def zones(templates: dict[str, Template]) -> list[int]:
        endpoints = of(whole(templates), "AWS::EC2::VPCEndpoint")
        return [len(each["SubnetIds"]) for _, each in endpoints if "SubnetIds" in each]

    assert zones(dev) == [1, 1]
    assert zones(prod) == [3, 3]


def test_prod_outlives_its_stacks_and_dev_does_not(
    dev: dict[str, Template], prod: dict[str, Template]
) -> None:
    for templates, policy in ((dev, "Delete"), (prod, "Retain")):
        kept = {
            resource["DeletionPolicy"]
            for resource in whole(templates)["Resources"].values()
            if resource["Type"] in ("AWS::S3::Bucket", "AWS::KMS::Key", "AWS::Logs::LogGroup")
        }
        assert kept == {policy}
