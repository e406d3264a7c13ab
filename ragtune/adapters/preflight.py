"""What an account lacks before a deployment, and whether a deployed one works, by read-only calls.

    for what, remedy in Preflight(load_deployment(Path("config/dev.toml"))).findings(): …
    # ("prefix list of S3: pl-78a54011", "")      nothing to do
    # ("2 of 4 calls at once are free for aws.functions.answer_concurrency", "raise the quota L-B99A9384 …")

A call that is refused is a finding too: whoever deploys needs most of these rights anyway.
"""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from ragtune.deployment import Deployment

Found = Iterator[tuple[str, str]]  # what was looked at, and what to do about it ("" = nothing)
_UNRESERVED = 100  # calls at once that Lambda keeps free for functions without a reservation
_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_SERVICE_ROLE = "AWSServiceRoleForAmazonOpenSearchService"
_KOREAN = "analysis-nori"


class Preflight:
    """Of one deployment. `client` gives boto3's for a service; by default with the credentials at hand."""

    def __init__(self, deployment: Deployment, client: Callable[[str], Any] | None = None) -> None:
        self._deployment, self._aws = deployment, deployment.aws
        self._client = client or cache(lambda name: boto3.client(name, region_name=deployment.aws.region))

    def findings(self) -> Found:
        """Before the first deployment, and any other."""
        checks = (
            ("credentials", self._credentials),
            ("CDK's bootstrap", self._bootstrap),
            ("zones", self._zones),
            ("prefix list of S3", self._prefix_list),
            ("endpoints", self._endpoints),
            ("Lambda's quota", self._concurrency),
            ("OpenSearch's service role", self._service_role),
            ("the analyser", self._package),
            ("API Gateway's role for logs", self._log_role),
            ("roles of aws.callers", self._callers),
            ("SageMaker's quota for the model", self._model_quota),
        )
        yield from _looked_at(checks)

    def deployed(self) -> Found:
        """One request that changes nothing by each function, so as each role."""
        yield from _looked_at((("function answer", self._answer), ("function ingest", self._ingest)))

    def _credentials(self) -> Found:
        who = self._client("sts").get_caller_identity()
        yield f"account {who['Account']} as {who['Arn'].rpartition(':')[2]}", ""

    def _bootstrap(self) -> Found:
        try:
            version = self._client("ssm").get_parameter(Name=_BOOTSTRAP)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            yield f"CDK's bootstrap in {self._aws.region}", 'call make cdk DO="bootstrap"'
            return
        yield (
            f"CDK's bootstrap, version {version}",
            "" if int(version) >= 6 else 'call make cdk DO="bootstrap"',
        )

    def _zones(self) -> Found:
        found = self._client("ec2").describe_availability_zones()["AvailabilityZones"]
        usable = {each["ZoneName"] for each in found if each["State"] == "available"}
        for zone in self._deployment.zones:
            yield (
                f"zone {zone}",
                "" if zone in usable else f"take another in aws.network.zones: {sorted(usable)}",
            )

    def _prefix_list(self) -> Found:
        name = f"com.amazonaws.{self._aws.region}.s3"
        filters = [{"Name": "prefix-list-name", "Values": [name]}]
        found = self._client("ec2").describe_managed_prefix_lists(Filters=filters)["PrefixLists"]
        told, ids = self._aws.network.s3_prefix_list, [each["PrefixListId"] for each in found]
        remedy = (
            ""
            if told in ids
            else f"set aws.network.s3_prefix_list to {', '.join(ids) or 'the id of ' + name}"
        )
        yield f"prefix list of S3: {told}", remedy

    def _endpoints(self) -> Found:
        wanted = self._deployment.zones[: self._aws.network.endpoint_zones]
        for service in ("execute-api", "sagemaker.runtime"):
            name = f"com.amazonaws.{self._aws.region}.{service}"
            try:
                found = self._client("ec2").describe_vpc_endpoint_services(ServiceNames=[name])[
                    "ServiceDetails"
                ]
            except ClientError as error:
                if error.response["Error"]["Code"] != "InvalidServiceName":
                    raise
                found = []
            offered = {zone for each in found for zone in each["AvailabilityZones"]}
            missing = [zone for zone in wanted if zone not in offered]
            remedy = f"{service} is not offered in {', '.join(missing)}; take other zones" if missing else ""
            yield f"endpoint of {service}", remedy

    def _concurrency(self) -> Found:
        limit = self._client("lambda").get_account_settings()["AccountLimit"]
        free, wanted = limit["UnreservedConcurrentExecutions"], self._aws.functions.answer_concurrency
        told = f"{limit['ConcurrentExecutions']} calls of functions at once, {free} of them free"
        if free - wanted >= min(_UNRESERVED, limit["ConcurrentExecutions"]):
            yield told, ""
            return
        # A new account has ten in all: nothing of them can be reserved.
        yield told, f"ask for {wanted + _UNRESERVED} or more in Service Quotas (Lambda, L-B99A9384)"

    def _service_role(self) -> Found:
        exists, told = self._has_role(_SERVICE_ROLE), self._aws.search.create_service_role
        if exists and told:
            yield f"{_SERVICE_ROLE} is there", "set aws.search.create_service_role to false"
        elif not exists and not told:
            yield f"{_SERVICE_ROLE} is not there", "set aws.search.create_service_role to true"
        else:
            yield f"{_SERVICE_ROLE} {'is there' if exists else 'will be made'}", ""

    def _package(self) -> Found:
        engine = f"OpenSearch_{self._aws.search.engine}"
        filters = [{"Name": "PackageName", "Value": [_KOREAN]}, {"Name": "EngineVersion", "Value": [engine]}]
        found = self._client("opensearch").describe_packages(Filters=filters)["PackageDetailsList"]
        fits = [
            each for each in found if (each["PackageName"], each.get("EngineVersion")) == (_KOREAN, engine)
        ]
        remedy = "" if fits else "set aws.search.engine to a version that has it"
        yield f"{_KOREAN} for {engine}", remedy

    def _log_role(self) -> Found:
        role = self._client("apigateway").get_account().get("cloudwatchRoleArn", "")
        told = self._aws.records.create_log_role
        if role and told:
            yield f"API Gateway logs as {role.rpartition('/')[2]}", "set aws.records.create_log_role to false"
        elif not role and not told:
            yield "API Gateway has no role for logs", "set aws.records.create_log_role to true"
        else:
            yield f"API Gateway's role for logs {'is there' if role else 'will be made'}", ""

    def _callers(self) -> Found:
        own, model = self._aws.name, self._aws.model
        wanted = [(name, f"{own}-ask", "aws.callers") for name in self._aws.callers]
        wanted += [(name, f"{own}-invoke", "aws.model.callers") for name in (model.callers if model else ())]
        for name, policy, table in wanted:
            remedy = f"create it and attach the policy {policy}, or take it out of {table}"
            yield f"role {name}", "" if self._has_role(name) else remedy

    def _model_quota(self) -> Found:
        """Of instances for endpoints. A merged model changes with the new ones beside the old ones."""
        endpoint = self._aws.endpoint
        if endpoint is None:
            return
        named = f"{endpoint.instance.name} for endpoint usage"
        pages = self._client("service-quotas").get_paginator("list_service_quotas")
        found = [
            each["Value"]
            for page in pages.paginate(ServiceCode="sagemaker")
            for each in page["Quotas"]
            if each["QuotaName"] == named
        ]
        most = endpoint.settings.most
        wanted = most + (endpoint.settings.least if endpoint.merged else 0)
        allowed = int(found[0]) if found else 0
        remedy = f"ask for {wanted} in Service Quotas (SageMaker, {named})"
        yield f"{allowed} × {named}", "" if allowed >= wanted else remedy

    def _has_role(self, name: str) -> bool:
        try:
            self._client("iam").get_role(RoleName=name)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchEntity":
                raise
            return False
        return True

    def _answer(self) -> Found:
        role = next(iter(self._aws.callers), "")
        account = self._client("sts").get_caller_identity()["Account"]
        caller = f"arn:aws:sts::{account}:assumed-role/{role}/doctor"
        context = {"accountId": account, "identity": {"userArn": caller}}
        event = {"httpMethod": "GET", "path": "/version", "headers": {}, "requestContext": context}
        reply = self._invoke("answer", event)
        good = reply.get("statusCode") == 200
        yield "the function that answers reads the index", "" if good else _told(reply, "answer")

    def _ingest(self) -> Found:
        reply = self._invoke("ingest", {"Items": []})
        good = reply.get("read") == 0
        yield "the function that ingests opens the index", "" if good else _told(reply, "ingest")

    def _invoke(self, use: str, event: dict[str, Any]) -> dict[str, Any]:
        payload = json.dumps(event).encode()
        reply = self._client("lambda").invoke(FunctionName=f"{self._aws.name}-{use}", Payload=payload)
        told: dict[str, Any] = json.loads(reply["Payload"].read())
        return told


def _looked_at(checks: tuple[tuple[str, Callable[[], Found]], ...]) -> Found:
    """What each check finds; one that AWS refuses is told and the others go on."""
    for name, check in checks:
        try:
            yield from check()
        except (ClientError, BotoCoreError) as error:
            yield name, f"can't be looked at ({str(error).splitlines()[0]})"


def _told(reply: dict[str, Any], use: str) -> str:
    reason = str(reply.get("body") or reply.get("errorMessage") or reply)[:200]
    return f"look at the log of the function {use}: {reason}"
