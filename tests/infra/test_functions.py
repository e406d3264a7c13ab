"""What every function claims: its place, interpreter, role and what it is told."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from infra.functions import Functions, Inside, settings_variable
from ragtune.errors import BadInput
from tests.infra.claims import Claim, add, claim, contradictions, of
from tests.infra.synthesis import Template, profile, whole

CLAIMS: list[Claim] = []
ENI = "ec2:CreateNetworkInterface"


def ours(template: Template) -> dict[str, dict[str, Any]]:
    """Our own functions in the VPC, by what they are called."""
    found = {
        each["FunctionName"]: each
        for _, each in of(template, "AWS::Lambda::Function")
        if "FunctionName" in each
    }
    assert {name.split("-", 2)[2] for name in found} == {"answer", "ingest", "search-setup"}
    return found


def one(template: Template, use: str) -> dict[str, Any]:
    """The function for that use."""
    return next(each for name, each in ours(template).items() if name.endswith(f"-{use}"))


def role_of(name: str, function: dict[str, Any]) -> str:
    """The role's place, stack/logical id, of a function at `name`."""
    return f"{name.split('/', maxsplit=1)[0]}/{function['Role']['Fn::GetAtt'][0]}"


def policies(template: Template) -> dict[str, list[list[dict[str, Any]]]]:
    """The statements of every policy of a role, by the role's place."""
    found: dict[str, list[list[dict[str, Any]]]] = {}
    for name, policy in of(template, "AWS::IAM::Policy"):
        for role in policy["Roles"]:
            place = f"{name.split('/')[0]}/{role.get('Ref')}"
            found.setdefault(place, []).append(policy["PolicyDocument"]["Statement"])
    return found


def may(template: Template, use: str) -> list[dict[str, Any]]:
    """What the role of the function for that use may do."""
    ((name, function),) = [
        (name, each)
        for name, each in of(template, "AWS::Lambda::Function")
        if str(each.get("FunctionName", "")).endswith(f"-{use}")
    ]
    return [statement for each in policies(template)[role_of(name, function)] for statement in each]


def allow(template: Template, use: str, action: str, resource: str = "x") -> None:
    """One more statement for the function of that use."""
    for name, each in of(template, "AWS::Lambda::Function"):
        if str(each.get("FunctionName", "")).endswith(f"-{use}"):
            statement = {"Effect": "Allow", "Action": action, "Resource": resource}
            policies(template)[role_of(name, each)][0].append(statement)


@claim(CLAIMS, breaks=lambda t: one(t, "answer").pop("VpcConfig"))
def who_sees_documents_or_questions_is_in_the_vpc(template: Template) -> list[str]:
    return [
        name
        for name, each in ours(template).items()
        if not (
            each.get("VpcConfig", {}).get("SubnetIds") and len(each["VpcConfig"]["SecurityGroupIds"]) == 1
        )
    ]


@claim(
    CLAIMS, breaks=lambda t: add(t, "AWS::Lambda::Function", Handler="x", Role={"Fn::GetAtt": ["y", "Arn"]})
)
def who_stands_outside_is_known(template: Template) -> list[str]:
    known = {
        "__entrypoint__.handler",  # CDK's: takes the rules out of the VPC's default group
        "framework.onEvent",  # CDK's: calls our custom resources
        "framework.isComplete",
        "framework.onTimeout",
        "handler.begin",  # associates the plug-in
        "handler.is_complete",
    }
    outside = [each for _, each in of(template, "AWS::Lambda::Function") if "VpcConfig" not in each]
    return [str(each["Handler"]) for each in outside if each["Handler"] not in known]


@claim(CLAIMS, breaks=lambda t: outside(t)[0].append({"Action": "s3:GetObject", "Effect": "Allow"}))
def who_stands_outside_may_touch_no_data(template: Template) -> list[str]:
    data = ("*", "s3:", "sqs:", "es:ESHttp", "sagemaker:", "execute-api:", "kms:Decrypt")
    return [
        action
        for statements in outside(template)
        for statement in statements
        for action in listed(statement["Action"])
        if action.startswith(data)
    ]


def outside(template: Template) -> list[list[dict[str, Any]]]:
    """Policies of the roles of functions outside the VPC."""
    known = policies(template)
    places = [
        role_of(name, each) for name, each in of(template, "AWS::Lambda::Function") if "VpcConfig" not in each
    ]
    return [statements for place in places for statements in known.get(place, [])]


@claim(CLAIMS, breaks=lambda t: one(t, "ingest").update(Architectures=["x86_64"]))
def they_run_what_their_bundles_are_compiled_for(template: Template) -> list[str]:
    return [
        name
        for name, each in ours(template).items()
        if (each["Runtime"], each["Architectures"]) != ("python3.11", ["arm64"])
    ]


@claim(CLAIMS, breaks=lambda t: twice(t, "answer"))
def none_shares_its_role(template: Template) -> list[str]:
    used = [role_of(name, each) for name, each in of(template, "AWS::Lambda::Function")]
    return [role for role in used if used.count(role) > 1]


@claim(CLAIMS, breaks=lambda t: one(t, "answer").update(LoggingConfig={}))
def each_log_is_our_own(template: Template) -> list[str]:
    return [name for name, each in ours(template).items() if "LogGroup" not in each.get("LoggingConfig", {})]


@claim(CLAIMS, breaks=lambda t: allow(t, "ingest", "s3:*"))
def no_role_has_a_wildcard_action(template: Template) -> list[str]:
    return [
        f"{role}: {action}"
        for role, each in policies(template).items()
        for statements in each
        for statement in statements
        for action in listed(statement["Action"])
        if "*" in action
    ]


@claim(CLAIMS, breaks=lambda t: one(t, "answer").update(VpcConfig=one(t, "ingest")["VpcConfig"]))
def each_is_its_own_caller_in_the_table_of_flows(template: Template) -> list[str]:
    groups = [str(each["VpcConfig"]["SecurityGroupIds"]) for each in ours(template).values()]
    return [group for group in groups if groups.count(group) > 1]


def twice(template: Template, use: str) -> None:
    """Another function with the role of the one for that use."""
    name = next(name for name, each in of(template, "AWS::Lambda::Function") if each is one(template, use))
    template["Resources"][f"{name}Again"] = template["Resources"][name]


def listed(value: Any) -> list[str]:
    """A policy's one or many."""
    return list(value) if isinstance(value, list) else [value]


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds_and_can_fail(told: Claim, templates: dict[str, Template]) -> None:
    holds, broken = contradictions(told, whole(templates))
    assert holds == []
    assert broken != []


def test_they_are_told_the_deployments_file(dev: dict[str, Template]) -> None:
    told = one(whole(dev), "answer")["Environment"]["Variables"]
    joined = told["SETTINGS"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "host" for part in joined)
    settings = json.loads(text)
    assert settings["index"]["url"] == "opensearch+https://host"
    assert settings["limits"]["question_chars"] == 2_000
    assert "aws" not in settings
    assert json.loads(told["CALLERS"]) == {"ragtune-dev-counsellor": ["public", "internal"]}


def test_a_dictionary_of_this_machine_is_refused_and_words_are_told(tmp_path: Path) -> None:
    dev, words = profile("dev"), tmp_path / "words.txt"
    words.write_text("기가라이트\n", encoding="utf-8")
    index = replace(dev.product.index, words_file=words)
    told = json.loads(settings_variable(replace(dev, product=replace(dev.product, index=index)), "x"))
    assert told["index"]["words"] == ["기가라이트"]
    assert told["index"]["words_file"] is None
    found = replace(dev.product.retrieval, dictionary=Path("our.toml"))
    with pytest.raises(BadInput, match=r"at words/dictionary\.toml of the bucket ragtune-dev"):
        settings_variable(replace(dev, product=replace(dev.product, retrieval=found)), "x")


def test_more_than_lambda_takes_is_refused() -> None:
    work = Inside(source="answer", caller="answer", memory_mib=1, timeout_s=1, variables={"X": "y" * 4_000})
    nowhere: Any = None
    functions = Functions(aws=profile("dev").aws, bundles=nowhere, network=nowhere, log_key=nowhere)
    with pytest.raises(ValueError, match="variables of more than 3800 characters"):
        functions.inside(nowhere, "It", nowhere, work)
