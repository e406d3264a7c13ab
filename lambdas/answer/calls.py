"""API Gateway's event as a Call of the routes, by whom IAM says it is.

    {"httpMethod": "POST", "path": "/ask", "body": "{…}", "isBase64Encoded": false,
     "headers": {"x-ragtune-labels": "public", "x-ragtune-user": "kim"},
     "requestContext": {"accountId": "123456789012",
      "identity": {"userArn": "arn:aws:sts::123456789012:assumed-role/ragtune-prod-counsellor/session"}}}

The role decides what is seen, by the deployment's table. A header may narrow that, and names the person whom
an app asks for; neither widens anything.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from ragtune.api import Call, Identity

_ROLE = re.compile(r"arn:aws[a-z-]*:sts::(\d{12}):assumed-role/([\w+=,.@-]{1,64})/(.{1,64})")
_USER_CHARS = 128


class Refused(Exception):
    """Nobody whom the table knows, or nothing that they may see."""


def call(event: dict[str, Any], callers: Mapping[str, frozenset[str]]) -> Call:
    """The call. Raises Refused."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body = (event.get("body") or "").encode("utf-8", "replace")
    return Call(
        method=event["httpMethod"],
        path=event["path"],
        identity=identity(event["requestContext"], headers, callers),
        headers=headers,
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body,
    )


def identity(
    context: dict[str, Any], headers: Mapping[str, str], callers: Mapping[str, frozenset[str]]
) -> Identity:
    """Who calls, as API Gateway verified the signature. Raises Refused."""
    arn = (context.get("identity") or {}).get("userArn") or ""
    found = _ROLE.fullmatch(arn)
    if not found or found[1] != context["accountId"] or found[2] not in callers:
        raise Refused(f"{arn[:200]!r} is no role of aws.callers")
    labels = callers[found[2]]
    if "x-ragtune-labels" in headers:
        labels &= {label.strip() for label in headers["x-ragtune-labels"].split(",")}
    if not labels:
        raise Refused("x-ragtune-labels leaves nothing of what this role may see")
    user = headers.get("x-ragtune-user", "")[:_USER_CHARS]
    return Identity(name=f"{found[2]}/{found[3]}", labels=labels, user=user)
