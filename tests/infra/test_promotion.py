"""What promotions may do, held against their templates, and against templates that break it."""

import json
from typing import Any

import pytest

from ragtune.promotion import Served
from tests.infra.claims import Claim, add, claim, of
from tests.infra.models import allowing, held, listed, rule, statements
from tests.infra.synthesis import Template

CLAIMS: list[Claim] = []


@claim(CLAIMS, breaks=lambda t: add(t, "AWS::IAM::Role", name="model/x"))
def an_update_of_the_endpoint_changes_no_permission(template: Template) -> list[str]:
    return [
        name
        for name, each in template["Resources"].items()
        if not name.startswith("promotion/") and each["Type"].startswith("AWS::IAM::")
    ]


@claim(CLAIMS, breaks=lambda t: allowing(t, "MachineRole", "cloudformation:UpdateStack").pop("Condition"))
def it_updates_that_stack_by_that_role_alone(template: Template) -> list[str]:
    allowed = allowing(template, "MachineRole", "cloudformation:UpdateStack")
    by = str(allowed.get("Condition", {}).get("StringEquals", {}).get("cloudformation:RoleArn"))
    one = json.dumps(allowed["Resource"])
    return [] if "ChangeRole" in by and "stack/ragtune-prod-model/*" in one else [str(allowed)]


@claim(CLAIMS, breaks=lambda t: allowing(t, "ChangeRole", "iam:PassRole").update(Resource="*"))
def roles_are_passed_to_one_service_each(template: Template) -> list[str]:
    wanted = {"MachineRole": ("ChangeRole", "cloudformation"), "ChangeRole": ("ModelRole", "sagemaker")}
    wrong = []
    for role, (passed, service) in wanted.items():
        allowed = allowing(template, role, "iam:PassRole")
        to = allowed["Condition"]["StringEquals"]["iam:PassedToService"]
        if to != f"{service}.amazonaws.com" or passed not in str(allowed["Resource"]):
            wrong.append(str(allowed))
    return wrong


@claim(
    CLAIMS, breaks=lambda t: statements(t, "ChangeRole")[0].update(Action=["ec2:*", "sagemaker:CreateModel"])
)
def the_change_touches_the_model_and_nothing_else(template: Template) -> list[str]:
    read = ("ssm:GetParameter", "cloudformation:DescribeStacks", "cloudwatch:DescribeAlarms")
    linked = ("iam:PassRole", "iam:CreateServiceLinkedRole")
    scales = ("application-autoscaling:", "cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms")
    tags = ("cloudwatch:TagResource", "cloudwatch:UntagResource", "cloudwatch:ListTagsForResource")
    may = ("sagemaker:", *scales, *tags, *read, *linked)
    actions = [action for each in statements(template, "ChangeRole") for action in listed(each["Action"])]
    return [action for action in actions if not action.startswith(may) or "*" in action]


@claim(CLAIMS, breaks=lambda t: statements(t, "ModelRole")[0].update(Action=["s3:GetObject", "s3:PutObject"]))
def the_models_role_reads_weights_and_writes_nothing(template: Template) -> list[str]:
    of_s3 = [
        (action, json.dumps(each["Resource"]))
        for each in statements(template, "ModelRole")
        for action in listed(each["Action"])
        if action.startswith("s3:")
    ]
    return [
        str(each)
        for each in of_s3
        if each[0] not in ("s3:GetObject", "s3:ListBucket") or "models" not in each[1]
    ]


@claim(
    CLAIMS, breaks=lambda t: rule(t, "Approved")["EventPattern"]["detail"].pop("UpdatedModelPackageFields")
)
def an_approval_starts_it_and_no_other_change_of_a_package(template: Template) -> list[str]:
    detail = rule(template, "Approved")["EventPattern"]["detail"]
    wanted = {
        "ModelPackageGroupName": ["ragtune-prod"],
        "ModelApprovalStatus": ["Approved"],
        "UpdatedModelPackageFields": ["ModelApprovalStatus"],
    }
    return [] if detail == wanted else [str(detail)]


@claim(CLAIMS, breaks=lambda t: allowing(t, "ChangeRole", "cloudwatch:DeleteAlarms").update(Resource="*"))
def the_change_deletes_no_alarm_but_the_models(template: Template) -> list[str]:
    allowed = allowing(template, "ChangeRole", "cloudwatch:DeleteAlarms")
    names = [json.dumps(each).rpartition(":alarm:")[2] for each in listed(allowed["Resource"])]
    own = ("ragtune-prod-model-", "TargetTracking-endpoint/ragtune-prod-model/",
           "TargetTracking-inference-component/ragtune-prod-base-")  # fmt: skip
    return [name or "any" for name in names if not name.startswith(own)]


def written(template: Template) -> list[dict[str, Any]]:
    """The parameters of what serves, and did before."""
    found = [each for _, each in of(template, "AWS::SSM::Parameter")]
    assert len(found) == 2
    return found


@claim(CLAIMS, breaks=lambda t: written(t)[0].update(Value="arn:…/3,s3://m/runs/3/,yes"))
def a_deployment_says_nothing_of_versions_so_what_was_promoted_stays(template: Template) -> list[str]:
    """CloudFormation leaves a value alone that its template does not change: this one never does."""
    return [each["Name"] for each in written(template) if each["Value"] != Served().text]


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
@pytest.mark.parametrize("way", ["merged_model", "adapter_model"])
def test_a_claim_holds_and_can_fail(told: Claim, way: str, request: pytest.FixtureRequest) -> None:
    held(told, request.getfixturevalue(way))


def test_the_function_that_answers_asks_this_model_and_no_other(merged_model: dict[str, Template]) -> None:
    answering = merged_model["answering"]
    settings = told(answering)
    assert settings["answering"]["generator"] == "tuned"
    assert settings["models"]["tuned"]["preset"] == "kullm"
    assert settings["models"]["tuned"]["licence"]
    url = settings["models"]["tuned"]["url"]
    assert url == (
        "sagemaker://ragtune-prod-model?region=ap-northeast-2&record=s3://ragtune-prod-models-ID-ap-northeast-2"
    )
    granted = {
        (action, json.dumps(each["Resource"]))
        for _, policy in of(answering, "AWS::IAM::Policy")
        for each in policy["PolicyDocument"]["Statement"]
        for action in listed(each["Action"])
        if action.startswith("sagemaker:")
    }
    assert {action for action, _ in granted} == INVOKING
    assert all(where.endswith(':endpoint/ragtune-prod-model"]]}') for _, where in granted)


INVOKING = {"sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"}


def told(answering: Template) -> dict[str, Any]:
    """The settings of the function, references as ID."""
    function = next(
        each
        for _, each in of(answering, "AWS::Lambda::Function")
        if "SETTINGS" in str(each.get("Environment"))
    )
    parts = function["Environment"]["Variables"]["SETTINGS"]["Fn::Join"][1]
    found: dict[str, Any] = json.loads("".join(part if isinstance(part, str) else "ID" for part in parts))
    return found


def test_an_adapter_is_asked_by_its_component(adapter_model: dict[str, Template]) -> None:
    settings = told(adapter_model["answering"])
    assert "&component=ragtune-prod-tuned&" in settings["models"]["tuned"]["url"]


def test_without_a_model_nothing_may_be_invoked(prod: dict[str, Template]) -> None:
    assert told(prod["answering"])["answering"]["generator"] == "extractive"
    assert "sagemaker:Invoke" not in json.dumps(prod["answering"])


def test_named_roles_ask_the_model_itself_and_pass_the_way_to_it(
    adapter_model: dict[str, Template], merged_model: dict[str, Template]
) -> None:
    ((_, policy),) = of(adapter_model["promotion"], "AWS::IAM::ManagedPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["ManagedPolicyName"] == "ragtune-prod-invoke"
    assert set(statement["Action"]) == INVOKING
    names = [json.dumps(each).rpartition(":")[2].split('"')[0] for each in statement["Resource"]]
    assert names == ["endpoint/ragtune-prod-model", "inference-component/ragtune-prod-tuned"]
    assert "role/billing" in json.dumps(adapter_model["landing-zone"])
    kinds = [each["Type"] for each in merged_model["promotion"]["Resources"].values()]
    assert "AWS::IAM::ManagedPolicy" not in kinds  # nobody is named
