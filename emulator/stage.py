"""One deployment in a local cloud, as the people around it use it: documents in, questions signed, logs read.

stage.put("manuals/a.html", page); stage.settled()
stage.ask("요금이 얼마인가요?", by=stage.caller("ragtune-rehearsal-app")).answer["text"]
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from emulator.cloud import ACCOUNT, LocalCloud
from emulator.deployment import Cdk
from ragtune.deployment import Deployment
from ragtune.documents import PUBLIC

Caller = Mapping[str, str]  # credentials under boto3's names
_NARROWED = "narrowed to"  # beside them: the labels that this caller asks to see alone
_SETTLED_S = 60.0


class Unexpected(Exception):
    """A step saw something else than it has to: what was wanted, and what came."""


def require(held: bool, wanted: str, *, seen: object = "") -> None:
    """Raise Unexpected unless it `held`."""
    if not held:
        raise Unexpected(f"{wanted}; seen: {str(seen)[:1500]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the API replied; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def answer(self) -> dict[str, Any]:
        """The body's JSON. Raises Unexpected for a refusal."""
        require(self.status == 200, "an answer", seen=f"{self.status} {self.text}")
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to the API: what is signed may differ from what is sent."""

    method: str = "POST"
    path: str = "/ask"
    body: bytes = b""
    sent: bytes | None = None  # in place of the body that was signed
    headers: Mapping[str, str] = field(default_factory=dict)
    outside: bool = False  # not by the VPC's endpoint


class Stage:
    """The deployment's buckets, queues and API. Callers are cached by role."""

    def __init__(self, cloud: LocalCloud, deployment: Deployment, cdk: Cdk) -> None:
        self.cloud, self.deployment, self._cdk = cloud, deployment, cdk
        self.name, self._region = deployment.aws.name, deployment.aws.region
        self._callers: dict[str, Caller] = {}
        self.notes: dict[str, str] = {}  # what a step leaves for a later one
        self.own_roles: set[str] = set()  # made here, not by a stack
        made = (cloud.client(each) for each in ("s3", "sqs", "iam", "sagemaker"))
        self.s3, self.sqs, self.iam, self.models = made

    def bucket(self, purpose: str) -> str:
        """The name of the bucket for it: documents, state, audit, models."""
        return f"{self.name}-{purpose}-{ACCOUNT}-{self._region}"

    def queue(self, purpose: str) -> str:
        """The URL of the queue: documents, dead-letters."""
        url: str = self.sqs.get_queue_url(QueueName=f"{self.name}-{purpose}")["QueueUrl"]
        return url

    def deploy(self, config: Path | None = None, *stacks: str) -> None:
        """Everything once more; or those stacks, by another file. Raises DeploymentFailed."""
        cdk = Cdk(self.cloud, config) if config else self._cdk
        cdk.bundles()
        cdk.deploy(*stacks)

    # --- documents

    def put(self, key: str, data: bytes | str) -> None:
        """An object of the documents' bucket, uploaded as an operator does."""
        body = data.encode() if isinstance(data, str) else data
        self.s3.put_object(Bucket=self.bucket("documents"), Key=key, Body=body)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """What happens in the documents' bucket meanwhile is no event."""
        bucket, s3 = self.bucket("documents"), self.s3
        told = s3.get_bucket_notification_configuration(Bucket=bucket)
        told.pop("ResponseMetadata", None)
        s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
        try:
            yield
        finally:
            s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration=told)

    def upload(self, purpose: str, folder: Path, under: str) -> None:
        """Every file of a folder."""
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                key = f"{under}/{path.relative_to(folder)}"
                self.s3.put_object(Bucket=self.bucket(purpose), Key=key, Body=path.read_bytes())

    def cause(self, what: str, name: str) -> None:
        """A fault of the stand-in for SageMaker: interrupt a job, stop what serves."""
        connection = HTTPConnection("127.0.0.1", self.cloud.ports.models, timeout=60)
        connection.request("POST", f"/faults/{what}/{name}")
        require(connection.getresponse().status == 200, f"{what} {name}")
        connection.close()

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=self.bucket("documents"), Key=key)

    def waiting(self, purpose: str = "documents") -> int:
        """Messages in the queue, those that are being worked on, too."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        told = self.sqs.get_queue_attributes(QueueUrl=self.queue(purpose), AttributeNames=names)["Attributes"]
        return sum(int(told[name]) for name in names)

    def settled(self, patience_s: float = _SETTLED_S) -> None:
        """Wait until no event waits any more."""
        self.until(lambda: self.waiting() == 0, "every event is dealt with", patience_s)

    def set_aside(self) -> dict[str, str]:
        """Reason by key of the pages that are set aside."""
        found = {}
        for key in self.keys("state", "set-aside/"):
            told = json.loads(self.s3.get_object(Bucket=self.bucket("state"), Key=key)["Body"].read())
            page = told["uri"].removeprefix(f"s3://{self.bucket('documents')}/")
            found[page] = told["reason"].removeprefix(told["uri"]).strip()
        return found

    def keys(self, purpose: str, prefix: str = "") -> list[str]:
        """Of a bucket's objects."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket(purpose), Prefix=prefix)
        return [one["Key"] for page in pages for one in page.get("Contents", ())]

    def until(self, held: Callable[[], bool], what: str, patience_s: float) -> None:
        """Wait for it. Raises Unexpected in the end."""
        deadline = time.monotonic() + patience_s
        while not held():
            require(time.monotonic() < deadline, f"{what} within {patience_s:g} s", seen=self.cloud.log())
            time.sleep(0.3)

    # --- callers

    def caller(self, role: str, *, policies: Iterable[str] | None = None) -> Caller:
        """A session of `role`, which is made where it is not there, with the policy that lets it ask."""
        if role not in self._callers:
            given = [f"arn:aws:iam::{ACCOUNT}:policy/{self.name}-ask"] if policies is None else policies
            self._make(role, given)
            self._callers[role] = self.session(role)
        return self._callers[role]

    def session(self, role: str) -> Caller:
        """Credentials of an existing role, as who operates the account may take them."""
        arn = self.iam.get_role(RoleName=role)["Role"]["Arn"]
        made = self.cloud.client("sts").assume_role(RoleArn=arn, RoleSessionName="rehearsal")["Credentials"]
        return {
            "aws_access_key_id": made["AccessKeyId"],
            "aws_secret_access_key": made["SecretAccessKey"],
            "aws_session_token": made["SessionToken"],
        }

    def _make(self, role: str, policies: Iterable[str]) -> None:
        self.own_roles.add(role)
        trust = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
        document = {"Version": "2012-10-17", "Statement": [trust | {"Action": "sts:AssumeRole"}]}
        try:
            self.iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(document))
        except ClientError as error:
            if error.response["Error"]["Code"] != "EntityAlreadyExists":
                raise
        for policy in policies:
            self.iam.attach_role_policy(RoleName=role, PolicyArn=policy)

    # --- questions

    @cached_property
    def _api(self) -> str:
        found = self.cloud.client("apigateway").get_rest_apis()["items"]
        api: str = next(one["id"] for one in found if one["name"] == self.name)
        return api

    @property
    def generators(self) -> list[str]:
        """Those that a caller may choose: `extractive` and, where one serves, the model."""
        told = self.call(Request(method="GET", path="/options"), by=self.desk).answer
        return list(told["generators"])

    @property
    def desk(self) -> Caller:
        """The caller who sees most of those that the deployment's file names."""
        return self.caller(max(self._table, key=lambda role: len(self._table[role])))

    @property
    def narrow(self) -> Caller:
        """The one who sees least; where all see the same, one who asks to see what is public alone."""
        least = self.caller(min(self._table, key=lambda role: len(self._table[role])))
        return least if self.sees_less else {**least, _NARROWED: PUBLIC}

    @property
    def sees_less(self) -> bool:
        """Whether the deployment's file names a caller who sees less than another."""
        return len({len(labels) for labels in self._table.values()}) > 1

    @property
    def _table(self) -> Mapping[str, tuple[str, ...]]:
        return self.deployment.aws.callers

    def ask(self, question: str, *, by: Caller | None, headers: Mapping[str, str] | None = None) -> Reply:
        """POST /ask, signed by `by`; None: not signed at all. Quoted: a rehearsal's model knows nothing."""
        asked = {"question": question, "generator": "extractive", "stream": False}
        body = json.dumps(asked, ensure_ascii=False).encode()
        return self.call(Request(body=body, headers=headers or {}), by=by)

    def call(self, request: Request, *, by: Caller | None) -> Reply:
        """Any request to the API."""
        if by and _NARROWED in by:
            request = replace(request, headers={"x-ragtune-labels": by[_NARROWED], **request.headers})
        plain = {"content-type": "application/json", **request.headers}
        return self.send(request, plain if by is None else self.signed(request, by))

    def send(self, request: Request, headers: Mapping[str, str]) -> Reply:
        """As it is, signed or not."""
        place = urlsplit(self.url(request.path, outside=request.outside))
        sent = request.body if request.sent is None else request.sent
        connection = HTTPConnection("127.0.0.1", place.port, timeout=60)
        try:
            connection.request(request.method, place.path, sent, dict(headers))
            reply = connection.getresponse()
            told = {name.lower(): value for name, value in reply.getheaders()}
            return Reply(status=reply.status, headers=told, body=reply.read())
        finally:
            connection.close()

    def url(self, path: str, *, outside: bool = False) -> str:
        """Of a route of the API: by the VPC's endpoint, or from outside."""
        port = self.cloud.ports.gateway if outside else self.cloud.ports.inside
        return f"http://127.0.0.1:{port}/restapis/{self._api}/v1/_user_request_{path}"

    def signed(self, request: Request, by: Caller, *, at: datetime | None = None) -> dict[str, str]:
        """The headers of `request`, signed by botocore as it was `at` that time."""
        keys = Credentials(by["aws_access_key_id"], by["aws_secret_access_key"], by.get("aws_session_token"))
        headers = {"content-type": "application/json", **request.headers}
        url = self.url(request.path, outside=request.outside)
        made = AWSRequest(method=request.method, url=url, data=request.body, headers=headers)
        auth = SigV4Auth(keys, "execute-api", self._region)
        made.context["timestamp"] = f"{at or datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        auth._modify_request_before_signing(made)  # add_auth takes no other time than now
        to_sign = auth.string_to_sign(made, auth.canonical_request(made))
        auth._inject_signature_to_request(made, auth.signature(to_sign, made))
        return dict(made.headers.items())
