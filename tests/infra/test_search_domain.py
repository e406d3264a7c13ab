"""What the search domain claims, held against its templates, and against templates that break it."""

import copy
from typing import Any

import pytest

from tests.infra.claims import Claim, claim, first, of
from tests.infra.synthesis import Template, whole

CLAIMS: list[Claim] = []
DOMAIN = "AWS::OpenSearchService::Domain"


@claim(CLAIMS, breaks=lambda t: first(t, DOMAIN).pop("VPCOptions"))
def it_stands_in_the_vpc(template: Template) -> list[str]:
    return [
        name for name, each in of(template, DOMAIN) if not each.get("VPCOptions", {}).get("SecurityGroupIds")
    ]


@claim(CLAIMS, breaks=lambda t: first(t, DOMAIN)["EncryptionAtRestOptions"].update(Enabled=False))
def everything_is_encrypted(template: Template) -> list[str]:
    return [
        name
        for name, each in of(template, DOMAIN)
        if not (
            each["EncryptionAtRestOptions"]["Enabled"]
            and each["EncryptionAtRestOptions"]["KmsKeyId"]
            and each["NodeToNodeEncryptionOptions"]["Enabled"]
            and each["DomainEndpointOptions"]["EnforceHTTPS"]
            and "TLS-1-2" in each["DomainEndpointOptions"]["TLSSecurityPolicy"]
        )
    ]


@claim(CLAIMS, breaks=lambda t: security(t).update(InternalUserDatabaseEnabled=True))
def there_is_no_master_password(template: Template) -> list[str]:
    wanted = {"Enabled": True, "InternalUserDatabaseEnabled": False}
    return [
        name
        for name, each in of(template, DOMAIN)
        if {key: each["AdvancedSecurityOptions"][key] for key in wanted} != wanted
        or list(each["AdvancedSecurityOptions"]["MasterUserOptions"]) != ["MasterUserARN"]
    ]


@claim(CLAIMS, breaks=lambda t: policy(t).update(Principal={"AWS": "*"}))
def its_policy_lets_this_account_in_alone(template: Template) -> list[str]:
    root = {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}
    statements = [each for _, found in of(template, DOMAIN) for each in found["AccessPolicies"]["Statement"]]
    return [str(each) for each in statements if each["Principal"] != root or "*" in str(each["Action"])]


@claim(CLAIMS, breaks=lambda t: first(t, DOMAIN)["LogPublishingOptions"].pop("AUDIT_LOGS"))
def it_logs_what_is_slow_and_who_is_refused(template: Template) -> list[str]:
    kinds = {"ES_APPLICATION_LOGS", "SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS", "AUDIT_LOGS"}
    return [
        name
        for name, each in of(template, DOMAIN)
        if {kind for kind, option in each["LogPublishingOptions"].items() if option["Enabled"]} != kinds
    ]


@claim(CLAIMS, breaks=lambda t: first(t, "Custom::SearchPlugin").update(Engine="OpenSearch_1.3"))
def the_plugin_is_that_of_the_engine(template: Template) -> list[str]:
    engines = {each["EngineVersion"] for _, each in of(template, DOMAIN)}
    return [str(each) for _, each in of(template, "Custom::SearchPlugin") if each["Engine"] not in engines]


@claim(CLAIMS, breaks=lambda t: own_functions(t)[0].update(Runtime="python3.9"))
def functions_run_what_they_are_compiled_for(template: Template) -> list[str]:
    wanted = ("python3.11", ["arm64"])
    return [
        str(each) for each in own_functions(template) if (each["Runtime"], each["Architectures"]) != wanted
    ]


@claim(CLAIMS, breaks=lambda t: alarms(t).pop("KMSKeyInaccessible").clear())
def what_can_lose_data_raises_an_alarm(template: Template) -> list[str]:
    needed = {"ClusterStatus.red", "ClusterIndexWritesBlocked", "FreeStorageSpace", "KMSKeyInaccessible"}
    return sorted(needed - set(alarms(template)))


def snapshot_role(template: Template) -> dict[str, Any]:
    """Who writes snapshots."""
    found: dict[str, Any] = next(
        each for _, each in of(template, "AWS::IAM::Role") if "snapshots" in str(each.get("Description"))
    )
    return found


@claim(CLAIMS, breaks=lambda t: trust(t).pop("Condition"))
@claim(CLAIMS, breaks=lambda t: trust(t).update(Principal={"AWS": "*"}))
def opensearch_alone_writes_snapshots_for_this_domain_alone(template: Template) -> list[str]:
    told = trust(template)
    condition = told.get("Condition", {})
    fits = (
        told["Principal"] == {"Service": "es.amazonaws.com"}
        and "domain/ragtune-" in str(condition.get("ArnEquals", {}).get("aws:SourceArn"))
        and "aws:SourceAccount" in condition.get("StringEquals", {})
    )
    return [] if fits else [str(told)]


@claim(CLAIMS, breaks=lambda t: passing(t).pop("Condition"))
def its_role_is_handed_to_opensearch_alone(template: Template) -> list[str]:
    wanted = {"StringEquals": {"iam:PassedToService": "es.amazonaws.com"}}
    return [] if passing(template).get("Condition") == wanted else [str(passing(template))]


def trust(template: Template) -> dict[str, Any]:
    """The one statement of who may assume that role."""
    statements: list[dict[str, Any]] = snapshot_role(template)["AssumeRolePolicyDocument"]["Statement"]
    assert len(statements) == 1
    return statements[0]


def passing(template: Template) -> dict[str, Any]:
    """The statement of the set-up's role that hands it on."""
    statements: list[dict[str, Any]] = [
        statement
        for name, each in of(template, "AWS::IAM::Policy")
        if name.startswith("search-domain/")
        for statement in each["PolicyDocument"]["Statement"]
        if statement["Action"] == "iam:PassRole"
    ]
    assert len(statements) == 1
    return statements[0]


def security(template: Template) -> dict[str, Any]:
    """The domain's fine-grained access."""
    found: dict[str, Any] = first(template, DOMAIN)["AdvancedSecurityOptions"]
    return found


def policy(template: Template) -> dict[str, Any]:
    """The first statement of the domain's policy."""
    found: dict[str, Any] = first(template, DOMAIN)["AccessPolicies"]["Statement"][0]
    return found


def own_functions(template: Template) -> list[dict[str, Any]]:
    """Ours, not CDK's."""
    functions = [each for _, each in of(template, "AWS::Lambda::Function")]
    return [each for each in functions if str(each["Handler"]).startswith("handler.")]


def alarms(template: Template) -> dict[str, dict[str, Any]]:
    """By metric."""
    return {each["MetricName"]: each for _, each in of(template, "AWS::CloudWatch::Alarm") if each}


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds_and_can_fail(told: Claim, templates: dict[str, Template]) -> None:
    assert told.check(whole(templates)) == []
    broken = copy.deepcopy(whole(templates))
    told.breaks(broken)
    assert told.check(broken) != []


def test_prod_survives_a_zone_and_dev_is_cheap(dev: dict[str, Template], prod: dict[str, Template]) -> None:
    small, large = first(whole(dev), DOMAIN), first(whole(prod), DOMAIN)
    assert large["ClusterConfig"]["ZoneAwarenessConfig"] == {"AvailabilityZoneCount": 3}
    assert large["ClusterConfig"]["DedicatedMasterCount"] == 3
    assert len(large["VPCOptions"]["SubnetIds"]) == 3
    assert (small["ClusterConfig"]["InstanceCount"], len(small["VPCOptions"]["SubnetIds"])) == (1, 1)


def test_stacks_refer_weakly(templates: dict[str, Template]) -> None:
    told = str(templates["search-domain"])
    assert "Fn::GetStackOutput" in told
    assert "Fn::ImportValue" not in told
