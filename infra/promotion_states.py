"""The state machine that changes which model serves, as data; promotion, rollback, stop, start are one way.

    {"package": "arn:…:model-package/ragtune-prod/3"}     serve that version
    {"serving": "no"}                                     stop what serves; "yes" starts it again

    Current → Describe → Approved? → Put → Update → (Wait → Look)… → Keep → Served? → Remember → Done
                                                                             └→ Tell → Failed

The parameter is set before CloudFormation reads it, and afterwards to what the stack says it serves: whether
the update failed, was refused because another one runs, or never began, the parameter ends as the truth.
"""

from dataclasses import dataclass
from typing import Any

from ragtune.promotion import NONE, RECORD, Names

WAIT_S = 15
State = dict[str, Any]
_SDK = "arn:{partition}:states:::aws-sdk:{call}"
_AGAIN = [{"ErrorEquals": ["States.TaskFailed"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2}]
_CAUGHT = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.trouble", "Next": "Tell"}]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where the machine works: `role` is CloudFormation's for the change."""

    names: Names
    partition: str
    role: str  # ARN
    topic: str  # ARN
    bucket: str  # of the models

    @property
    def weights(self) -> str:
        """Where the weights of packages lie."""
        return f"s3://{self.bucket}/runs/"

    def call(self, call: str, parameters: State, following: str, **more: Any) -> State:
        """A state that calls AWS: {"Resource": "arn:aws:states:::aws-sdk:ssm:getParameter", …}."""
        resource = _SDK.format(partition=self.partition, call=call)
        return {"Type": "Task", "Resource": resource, "Parameters": parameters, "Retry": _AGAIN,
                "Catch": _CAUGHT, "Next": following, **more}  # fmt: skip


def machine(place: Place) -> State:
    """The definition in Amazon States Language."""
    return {"StartAt": "Current", "States": {**_wanted(place), **_changed(place), **_ended(place)}}


def _wanted(place: Place) -> dict[str, State]:
    """From what is asked to the parameter's new value, `$.wanted`."""
    value = "$.Parameter.Value"
    return {
        "Current": place.call(
            "ssm:getParameter",
            {"Name": place.names.current},
            "Asked",
            ResultSelector={"value.$": value, "parts.$": f"States.StringSplit({value}, ',')"},
            ResultPath="$.was",
        ),
        "Asked": _choice({"Variable": "$.package", "IsPresent": True}, "Describe", "Same"),
        "Same": _format("States.Format('{},{},{}', $.was.parts[0], $.was.parts[1], $.serving)", "Changed"),
        "Describe": place.call(
            "sagemaker:describeModelPackage",
            {"ModelPackageName.$": "$.package"},
            "Approved",
            ResultSelector={
                "approval.$": "$.ModelApprovalStatus",
                "weights.$": "$.InferenceSpecification.Containers[0].ModelDataSource.S3DataSource.S3Uri",
            },
            ResultPath="$.found",
        ),
        "Approved": _choice(
            {
                "And": [
                    {"Variable": "$.found.approval", "StringEquals": "Approved"},
                    {"Variable": "$.found.weights", "StringMatches": f"{place.weights}*"},
                ]
            },
            "Closed",
            "Refused",
        ),
        "Refused": _reason("it is not approved, or its weights are not of this deployment"),
        "Closed": _choice({"Variable": "$.found.weights", "StringMatches": "*/"}, "New", "Close"),
        "Close": {
            "Type": "Pass",
            "Parameters": {"weights.$": "States.Format('{}/', $.found.weights)"},
            "ResultPath": "$.found",
            "Next": "New",
        },
        "New": _format("States.Format('{},{},yes', $.package, $.found.weights)", "Changed"),
        "Changed": _choice({"Variable": "$.wanted.value", "StringEqualsPath": "$.was.value"}, "Done", "Put"),
    }


def _changed(place: Place) -> dict[str, State]:
    """CloudFormation's update of the one stack, until it stands still."""
    stack = {"StackName": place.names.endpoint}
    update = {**stack, "UsePreviousTemplate": True, "RoleARN": place.role}
    # A refused update is looked at as well: who runs at the same time may be bringing the same model.
    looked_at = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.trouble", "Next": "Wait"}]
    return {
        "Put": _put(place, place.names.current, "$.wanted.value", "Update"),
        "Update": place.call("cloudformation:updateStack", update, "Wait", Catch=looked_at, Retry=[],
                             ResultPath="$.update"),
        "Wait": {"Type": "Wait", "Seconds": WAIT_S, "Next": "Look"},
        "Look": place.call(
            "cloudformation:describeStacks",
            stack,
            "Still",
            ResultSelector={
                "status.$": "$.Stacks[0].StackStatus",
                "serves.$": "$.Stacks[0].Outputs[0].OutputValue",
            },
            ResultPath="$.look",
        ),
        "Still": _choice({"Variable": "$.look.status", "StringMatches": "*_IN_PROGRESS"}, "Wait", "Keep"),
        "Keep": _put(place, place.names.current, "$.look.serves", "Record"),
        # For those who answer: no way leads from them to the parameter store. A want of it stops nothing.
        "Record": place.call(
            "s3:putObject",
            {"Bucket": place.bucket, "Key": RECORD, "Body.$": "$.look.serves"},
            "Served",
            Catch=[{"ErrorEquals": ["States.ALL"], "ResultPath": "$.unrecorded", "Next": "Served"}],
            ResultPath="$.recorded",
        ),
    }  # fmt: skip


def _ended(place: Place) -> dict[str, State]:
    """What is remembered, and who is told."""
    same = {"Variable": "$.look.serves", "StringEqualsPath": "$.wanted.value"}
    another = {
        "And": [
            {"Variable": "$.package", "IsPresent": True},
            {"Not": {"Variable": "$.package", "StringEqualsPath": "$.was.parts[0]"}},
            {"Not": {"Variable": "$.was.parts[0]", "StringEquals": NONE}},
        ]
    }
    told = "States.Format('What was asked for does not serve; what served before does. Reason: {} Asked: {}'"
    return {
        "Served": _choice(same, "Another", "Why"),
        "Another": _choice(another, "Remember", "Done"),
        "Remember": _put(place, place.names.previous, "$.was.value", "Done"),
        "Done": {"Type": "Succeed"},
        "Why": _choice({"Variable": "$.trouble", "IsPresent": True}, "Tell", "RolledBack"),
        "RolledBack": _reason("the update failed and was rolled back; the stack's events say where"),
        "Tell": {
            "Type": "Task",
            "Resource": f"arn:{place.partition}:states:::sns:publish",
            "Parameters": {
                "TopicArn": place.topic,
                "Subject": f"{place.names.name}: a model does not serve",
                "Message.$": f"{told}, $.trouble.Cause, States.JsonToString($$.Execution.Input))",
            },
            "Retry": _AGAIN,
            "Next": "Failed",
        },
        "Failed": {"Type": "Fail", "Error": "NotServed", "Cause": "see the message to the topic of alarms"},
    }


def _choice(condition: State, then: str, otherwise: str) -> State:
    return {"Type": "Choice", "Choices": [{**condition, "Next": then}], "Default": otherwise}


def _format(expression: str, following: str) -> State:
    return {
        "Type": "Pass",
        "Parameters": {"value.$": expression},
        "ResultPath": "$.wanted",
        "Next": following,
    }


def _reason(sentence: str) -> State:
    return {"Type": "Pass", "Result": {"Cause": sentence}, "ResultPath": "$.trouble", "Next": "Tell"}


def _put(place: Place, name: str, value: str, following: str) -> State:
    parameters = {"Name": name, "Value.$": value, "Type": "String", "Overwrite": True}
    return place.call("ssm:putParameter", parameters, following, ResultPath="$.put")
