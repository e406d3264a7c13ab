"""The preflight, against moto where it knows the service, else against the service's own model."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber
from moto import mock_aws

from ragtune.adapters.preflight import Preflight
from ragtune.deployment import load_deployment

REGION = "ap-northeast-2"
NORI = {"PackageName": "analysis-nori", "EngineVersion": "OpenSearch_2.19", "PackageID": "G1"}


SCRIPTED = (
    "lambda",
    "opensearch",
    "apigateway",
    "ec2",
    "ssm",
    "service-quotas",
)  # moto lacks them, or takes long for them
S3_LIST = "pl-78a54011"


@cache
def client(service: str) -> Any:
    """boto3's; made once, since reading a service's model takes its time."""
    return boto3.client(service, region_name=REGION)


class Account:
    """Clients of an account in memory; those that moto has no part of are scripted."""

    def __init__(self) -> None:
        self.stubs = {name: Stubber(client(name)) for name in SCRIPTED}

    def __call__(self, service: str) -> Any:
        return client(service)

    def has(
        self,
        *,
        calls: int = 1_000,
        packages: tuple[dict[str, str], ...] = (NORI,),
        log_role: str = "",
        bootstrap: str = "21",
    ) -> None:
        """What the scripted services answer."""
        limit = {"ConcurrentExecutions": calls, "UnreservedConcurrentExecutions": calls}
        self.stubs["lambda"].add_response("get_account_settings", {"AccountLimit": limit})
        self.stubs["opensearch"].add_response("describe_packages", {"PackageDetailsList": list(packages)})
        told = {"cloudwatchRoleArn": log_role} if log_role else {"apiKeyVersion": "4"}
        self.stubs["apigateway"].add_response("get_account", told)
        self.network()
        if bootstrap:
            self.stubs["ssm"].add_response("get_parameter", {"Parameter": {"Value": bootstrap}})
        else:
            self.stubs["ssm"].add_client_error("get_parameter", "ParameterNotFound")

    def network(self) -> None:
        names = [f"{REGION}{letter}" for letter in "abcd"]
        zones = [{"ZoneName": name, "State": "available"} for name in names]
        lists = [{"PrefixListId": S3_LIST, "PrefixListName": f"com.amazonaws.{REGION}.s3"}]
        ec2 = self.stubs["ec2"]
        ec2.add_response("describe_availability_zones", {"AvailabilityZones": zones})
        ec2.add_response("describe_managed_prefix_lists", {"PrefixLists": lists})
        for zones_of in (names, names[1:]):  # the second service is not in the first zone
            details = [{"ServiceName": "x", "AvailabilityZones": zones_of}]
            ec2.add_response("describe_vpc_endpoint_services", {"ServiceDetails": details})

    def invoked(self, told: dict[str, Any]) -> None:
        """What the next function replies."""
        data = json.dumps(told).encode()
        body = StreamingBody(io.BytesIO(data), len(data))
        self.stubs["lambda"].add_response("invoke", {"StatusCode": 200, "Payload": body})


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        made = Account()
        for stub in made.stubs.values():
            stub.activate()
        yield made
        for stub in made.stubs.values():
            stub.deactivate()


def looked(account: Account, **search: Any) -> dict[str, str]:
    """Remedies by what was looked at, for dev with other settings of the search domain."""
    dev = load_deployment(Path("config/dev.toml"))
    aws = replace(dev.aws, search=replace(dev.aws.search, **search))
    return dict(Preflight(replace(dev, aws=aws), account).findings())


def remedy(found: dict[str, str], what: str) -> str:
    return next(remedy for told, remedy in found.items() if told.startswith(what))


def test_a_fresh_account_is_told_what_it_lacks(account: Account) -> None:
    account.has(calls=10, packages=(), bootstrap="")
    found = looked(account)
    assert remedy(found, "account 123456789012") == ""
    assert remedy(found, "CDK's bootstrap") == 'call make cdk DO="bootstrap"'
    assert "L-B99A9384" in remedy(found, "10 calls of functions")
    assert "aws.search.engine" in remedy(found, "analysis-nori")
    assert "ragtune-dev-ask" in remedy(found, "role ragtune-dev-counsellor")
    assert remedy(found, "zone ap-northeast-2a") == ""
    assert remedy(found, "AWSServiceRoleForAmazonOpenSearchService will be made") == ""
    assert remedy(found, "API Gateway's role for logs will be made") == ""


def test_an_account_that_is_ready_lacks_nothing(account: Account) -> None:
    account.has()
    account("iam").create_role(RoleName="ragtune-dev-counsellor", AssumeRolePolicyDocument="{}")
    found = looked(account)
    missing = "sagemaker.runtime is not offered in ap-northeast-2a; take other zones"
    assert [told for told in found.values() if told] == [missing]


def test_a_wrong_prefix_list_is_told_with_the_right_one(account: Account) -> None:
    account.has()
    dev = load_deployment(Path("config/dev.toml"))
    aws = replace(dev.aws, network=replace(dev.aws.network, s3_prefix_list="pl-0123456789abcdef0"))
    found = dict(Preflight(replace(dev, aws=aws), account).findings())
    assert remedy(found, "prefix list of S3") == f"set aws.network.s3_prefix_list to {S3_LIST}"


def test_roles_that_are_there_already_are_told(account: Account) -> None:
    account.has(log_role="arn:aws:iam::123456789012:role/logs")
    role = "AWSServiceRoleForAmazonOpenSearchService"
    account("iam").create_role(RoleName=role, AssumeRolePolicyDocument="{}")
    found = looked(account)
    assert "create_service_role to false" in remedy(found, role)
    assert "create_log_role to false" in remedy(found, "API Gateway logs as logs")


def test_a_service_role_that_nobody_makes_is_told(account: Account) -> None:
    account.has()
    found = looked(account, create_service_role=False)
    assert "create_service_role to true" in remedy(
        found, "AWSServiceRoleForAmazonOpenSearchService is not there"
    )


def test_what_is_refused_is_told_and_the_rest_goes_on(account: Account) -> None:
    account.stubs["lambda"].add_client_error("get_account_settings", "AccessDeniedException", "not for you")
    account.stubs["opensearch"].add_response("describe_packages", {"PackageDetailsList": [NORI]})
    account.stubs["apigateway"].add_response("get_account", {"apiKeyVersion": "4"})
    account.stubs["ssm"].add_response("get_parameter", {"Parameter": {"Value": "21"}})
    account.network()
    found = looked(account)
    assert "not for you" in remedy(found, "Lambda's quota")
    assert remedy(found, "analysis-nori") == ""


def test_a_deployed_one_is_asked_as_each_role(account: Account) -> None:
    dev = load_deployment(Path("config/dev.toml"))
    account.invoked({"statusCode": 200, "body": "{}"})
    account.invoked({"read": 0})
    assert [told for _, told in Preflight(dev, account).deployed()] == ["", ""]
    account.invoked({"statusCode": 503, "body": '{"error": {"detail": "no permissions"}}'})
    account.invoked({"errorMessage": "timed out"})
    told = [told for _, told in Preflight(dev, account).deployed()]
    assert "no permissions" in told[0]
    assert "timed out" in told[1]


@pytest.mark.parametrize(("quota", "lacks"), [(6, False), (5, True), (None, True)])
def test_a_model_needs_its_instances_twice_and_its_callers_a_policy(
    account: Account, quota: int | None, lacks: bool
) -> None:
    account.has()
    named = "ml.g6e.2xlarge for endpoint usage"
    quotas = [{"QuotaName": "ml.g6e.2xlarge for training job usage", "Value": 9.0}]
    quotas += [{"QuotaName": named, "Value": float(quota)}] if quota is not None else []
    account.stubs["service-quotas"].add_response("list_service_quotas", {"Quotas": quotas})
    deployment = load_deployment(Path("config/prod-model.toml"))
    assert deployment.aws.model
    model = replace(deployment.aws.model, callers=("billing",))
    found = dict(Preflight(replace(deployment, aws=replace(deployment.aws, model=model)), account).findings())
    told = remedy(found, f"{quota or 0} × {named}")
    assert told == (f"ask for 6 in Service Quotas (SageMaker, {named})" if lacks else "")
    assert "ragtune-prod-invoke" in remedy(found, "role billing")
