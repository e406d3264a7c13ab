"""Who calls, and whether IAM lets them: the emulator's own evaluation, for calls that it doesn't see itself.

as_role("arn:aws:iam::111122223333:role/ragtune-dev-ingest", "bulk")  → credentials that a client signs with
refusal(seen, "es:ESHttpPost", "arn:aws:es:…:domain/ragtune-dev/_search")  → None, or why it is refused
"""

import hashlib
import os
import re
from collections.abc import Mapping
from contextvars import ContextVar, copy_context
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from ministack.core import iam_evaluator
from ministack.core.responses import set_request_account_id, set_request_region
from ministack.core.sigv4 import decode_header_value
from ministack.services import sts

ACCOUNT = os.environ.get("MINISTACK_ACCOUNT_ID", "")
REGION = os.environ.get("MINISTACK_REGION", "")
ENDPOINT: ContextVar[str] = ContextVar("endpoint", default="")  # the VPC endpoint that a call came by
_KEY = re.compile(r"Credential=([A-Za-z0-9]+)/")
_ROLE = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^/]+)/.*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A request as it came: `raw_headers` in their order, names and values as bytes."""

    method: str
    target: str  # path and query, percent-encoded as sent
    raw_headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def key_id(self) -> str:
        """The access key that it names, "" where it is not signed."""
        values = (value for name, value in self.raw_headers if name.lower() == b"authorization")
        found = _KEY.search(decode_header_value(next(values, b"")))
        return found[1] if found else ""


def as_role(role: str, session: str) -> dict[str, str]:
    """Credentials of a session of `role`, which the emulator evaluates by the role's policies."""
    name = role.rpartition("/")[2]
    told = hashlib.sha256(f"{role} {session}".encode()).hexdigest()
    key_id, secret, token = f"ASIA{told[:16].upper()}", told[16:56], told[::-1]
    arn = f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}"
    sts.register_session(
        key_id,
        {"Arn": arn, "UserId": f"{name}:{session}", "SecretAccessKey": secret, "SessionToken": token},
    )
    return {"aws_access_key_id": key_id, "aws_secret_access_key": secret, "aws_session_token": token}


def client(service: str, role: str, session: str) -> Any:
    """boto3's client of this emulator that signs as `role`. Never use it on the emulator's event loop."""
    port = "RAGTUNE_MODELS_PORT" if service.startswith("sagemaker") else "GATEWAY_PORT"
    url = f"http://127.0.0.1:{os.environ[port]}"
    return boto3.client(service, region_name=REGION, endpoint_url=url, **as_role(role, session))


def caller(key_id: str) -> tuple[str, str]:
    """(ARN, ARN of its role) of an access key; "" each for one that IAM doesn't know."""
    found: Mapping[str, Any] = iam_evaluator.resolve_caller_identity(key_id) or {}
    arn = str(found.get("userArn", ""))
    role = _ROLE.fullmatch(arn)
    return arn, f"arn:aws:iam::{role[1]}:role/{role[2]}" if role else arn


def refusal(seen: Seen, action: str, resource: str, *, service: str) -> str | None:
    """Why IAM refuses the request, or None: the signature covers it, and the caller's policies allow it."""
    return copy_context().run(_refusal, seen, action, resource, service)


def _refusal(seen: Seen, action: str, resource: str, service: str) -> str | None:
    set_request_account_id(ACCOUNT)
    set_request_region(REGION)
    if not seen.key_id:
        return "MissingAuthenticationToken"
    place = urlsplit(seen.target)
    query = parse_qs(place.query, keep_blank_values=True)
    iam_evaluator.pin_request_origin("127.0.0.1", True)
    iam_evaluator.pin_signed_request(seen.method, place.path, query, seen.raw_headers)
    iam_evaluator.pin_signed_body(seen.body)
    denied = iam_evaluator.enforce(seen.key_id, action, service, REGION, resource_arn=resource)
    if denied is None:
        return None
    return str(getattr(denied, "code", "") or "AccessDenied")


def entitled_request(seen: Seen, action: str, resource: str, *, again: bool = False) -> str | None:
    """As `refusal` for SageMaker; `again`: the signature was checked, another resource is asked for."""
    if again:
        role = caller(seen.key_id)[1]
        return entitled(role, action, resource) if ":role/" in role else None
    return refusal(seen, action, resource, service="sagemaker")


def entitled(role: str, action: str, resource: str, context: Mapping[str, str] | None = None) -> str | None:
    """Why the policies of `role` don't allow it, or None: for what a service does in the name of a role."""
    return copy_context().run(_entitled, role, action, resource, dict(context or {}))


def _entitled(role: str, action: str, resource: str, context: dict[str, str]) -> str | None:
    set_request_account_id(ACCOUNT)
    set_request_region(REGION)
    key_id = as_role(role, "service")["aws_access_key_id"]
    service = action.partition(":")[0]
    denied = iam_evaluator.enforce(
        key_id, action, service, REGION, resource_arn=resource, service_context=context
    )
    if denied is None:
        return None
    return str(getattr(denied, "code", "") or "AccessDenied")
