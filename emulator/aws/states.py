"""Step Functions' calls by the machine's own role: the emulator makes them as the account's root.

arn:aws:states:::aws-sdk:ssm:putParameter   →   ssm.put_parameter(…), signed by the role
"""

import json
from collections.abc import Mapping
from contextvars import ContextVar
from datetime import datetime
from typing import Any

from botocore import xform_name
from botocore.exceptions import ClientError, ParamValidationError
from ministack.services import stepfunctions

from emulator.aws.sessions import ACCOUNT, REGION, client, entitled

_ROLE: ContextVar[str] = ContextVar("role", default="")
_SERVICES = {"sfn": "stepfunctions", "cloudwatchlogs": "logs", "eventbridge": "events"}


def apply() -> None:
    """Every task knows whose it is; calls of AWS and of functions are that role's."""
    own_task, own_lambda = stepfunctions._execute_task, stepfunctions._call_lambda

    def task(state: Any, raw: Any, execution: Mapping[str, Any], ctx: Any) -> Any:
        before = _ROLE.set(role_of(execution))
        try:
            return own_task(state, raw, execution, ctx)
        finally:
            _ROLE.reset(before)

    def call_lambda(function: str, event: Any) -> Any:
        name = function.rpartition(":function:")[2] or function
        arn = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
        if _ROLE.get() and entitled(_ROLE.get(), "lambda:InvokeFunction", arn):
            told = f"{_ROLE.get()} is not authorized to perform: lambda:InvokeFunction on resource: {arn}"
            raise stepfunctions._ExecutionError("Lambda.AWSLambdaException", told)
        return own_lambda(function, event)

    stepfunctions._execute_task = task
    stepfunctions._call_lambda = call_lambda
    stepfunctions._invoke_aws_sdk_integration = _call
    stepfunctions._SERVICE_DISPATCH["arn:aws:states:::sns:publish"] = _call


def role_of(execution: Mapping[str, Any]) -> str:
    """The role of the machine that an execution, or a child of its map, belongs to."""
    arn = execution["stateMachineArn"].partition("/")[0]
    return str((stepfunctions._state_machines.get(arn) or {}).get("roleArn", ""))


def _call(resource: str, asked: Mapping[str, Any]) -> Any:
    service, action = resource.split(":")[-2:]
    api = client(_SERVICES.get(service, service), _ROLE.get(), "states")
    try:
        told = getattr(api, xform_name(action[0].upper() + action[1:]))(**asked)
    except ClientError as error:
        said = error.response["Error"]
        raise stepfunctions._ExecutionError(
            f"{service.capitalize()}.{said.get('Code', 'Unknown')}", said.get("Message", "")
        ) from None
    except ParamValidationError as error:
        raise stepfunctions._ExecutionError("States.Runtime", str(error)) from None
    told.pop("ResponseMetadata", None)
    return json.loads(json.dumps(told, default=_plain))


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
