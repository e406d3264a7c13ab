"""What answering claims, held against its templates, and against templates that break it."""

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.infra.claims import Break, Claim, claim, contradictions, first, logical, of
from tests.infra.synthesis import Template, profile, synthesise, whole
from tests.infra.test_functions import allow, listed, may, one
from tests.infra.test_ingestion import bucket

CLAIMS: list[Claim] = []
ROOT = {"AWS": {"Fn::Join": ["", ["arn:aws:iam::", {"Ref": "AWS::AccountId"}, ":root"]]}}


def statements(template: Template, effect: str) -> list[dict[str, Any]]:
    """Of the API's own policy."""
    policy = first(template, "AWS::ApiGateway::RestApi")["Policy"]["Statement"]
    return [each for each in policy if each["Effect"] == effect]


def stage(template: Template) -> dict[str, Any]:
    return first(template, "AWS::ApiGateway::Stage")


def every_route(template: Template) -> dict[str, Any]:
    """Settings for all methods of the stage."""
    found: dict[str, Any] = next(
        each for each in stage(template)["MethodSettings"] if each["HttpMethod"] == "*"
    )
    return found


def sending(template: Template) -> dict[str, dict[str, Any]]:
    """The methods that take a body, by the name of its form."""
    methods = [each for _, each in of(template, "AWS::ApiGateway::Method") if each["HttpMethod"] == "POST"]
    forms = {name.rpartition("/")[2]: each["Name"] for name, each in of(template, "AWS::ApiGateway::Model")}
    named = [each.get("RequestModels", {}).get("application/json") for each in methods]
    return {forms.get(logical(name), ""): each for name, each in zip(named, methods, strict=True)}


def asking(template: Template) -> dict[str, Any]:
    """The method that takes questions."""
    return sending(template)["Question"]


def form(template: Template, name: str) -> dict[str, Any]:
    """The schema of a body."""
    schemas = (each["Schema"] for _, each in of(template, "AWS::ApiGateway::Model") if each["Name"] == name)
    found: dict[str, Any] = next(schemas)
    return found


def objects(resource: Any) -> str:
    """What of which bucket a statement names: documents/*."""
    text = "".join(str(part) for part in resource["Fn::Join"][1]) if isinstance(resource, dict) else resource
    purpose = next((one for one in ("documents", "state") if f"-{one}-" in text), "")
    return f"{purpose}{text[text.index('/') :]}" if purpose else text.rpartition("}/")[2] or text


def refusals(template: Template) -> dict[str, dict[str, Any]]:
    """Gateway responses by type."""
    return {each["ResponseType"]: each for _, each in of(template, "AWS::ApiGateway::GatewayResponse")}


@claim(
    CLAIMS,
    breaks=lambda t: first(t, "AWS::ApiGateway::RestApi").update(
        EndpointConfiguration={"Types": ["REGIONAL"]}
    ),
)
def the_api_is_private(template: Template) -> list[str]:
    endpoint = first(template, "AWS::ApiGateway::RestApi")["EndpointConfiguration"]
    return (
        [] if endpoint["Types"] == ["PRIVATE"] and len(endpoint["VpcEndpointIds"]) == 1 else [str(endpoint)]
    )


@claim(CLAIMS, breaks=lambda t: statements(t, "Deny")[0].pop("Condition"))
def nothing_but_its_endpoint_leads_to_it(template: Template) -> list[str]:
    (denied,) = statements(template, "Deny")
    return (
        [] if "aws:SourceVpce" in str(denied.get("Condition", {}).get("StringNotEquals")) else [str(denied)]
    )


@claim(CLAIMS, breaks=lambda t: statements(t, "Allow")[0].update(Principal="*"))
def it_lets_this_account_in_so_that_its_policies_decide(template: Template) -> list[str]:
    return [str(each) for each in statements(template, "Allow") if each["Principal"] != ROOT]


@claim(CLAIMS, breaks=lambda t: asking(t).update(AuthorizationType="NONE"))
def every_route_asks_who_calls(template: Template) -> list[str]:
    methods = of(template, "AWS::ApiGateway::Method")
    return [name for name, each in methods if each["AuthorizationType"] != "AWS_IAM"]


@claim(CLAIMS, breaks=lambda t: asking(t).pop("RequestModels"))
def a_question_is_checked_before_it_costs(template: Template) -> list[str]:
    schema = form(template, "Question")
    checks = first(template, "AWS::ApiGateway::RequestValidator")
    good = checks["ValidateRequestBody"] and checks["ValidateRequestParameters"]
    bound = schema["additionalProperties"] is False and schema["properties"]["question"]["maxLength"]
    every = all("RequestValidatorId" in each for _, each in of(template, "AWS::ApiGateway::Method"))
    return [] if good and bound and every and "Question" in sending(template) else ["unchecked"]


@claim(CLAIMS, breaks=lambda t: sending(t)["Feedback"].pop("RequestModels"))
@claim(CLAIMS, breaks=lambda t: form(t, "Feedback")["properties"]["verdict"]["enum"].append("deleted"))
@claim(CLAIMS, breaks=lambda t: form(t, "Feedback").update(additionalProperties=True))
@claim(CLAIMS, breaks=lambda t: form(t, "Feedback")["properties"]["citations"].pop("maxItems"))
def feedback_is_checked_as_a_question_is(template: Template) -> list[str]:
    schema = form(template, "Feedback")
    told = schema["properties"]
    bound = schema["additionalProperties"] is False and told["citations"].get("maxItems") == 10
    texts = all(told[name]["maxLength"] for name in ("question", "answer", "correction"))
    good = bound and texts and told["verdict"]["enum"] == ["useful", "wrong", "corrected"]
    return [] if good and set(sending(template)) == {"Question", "Feedback"} else [str(schema)]


@claim(CLAIMS, breaks=lambda t: stage(t)["AccessLogSetting"].update(Format="$context.requestBody"))
def its_log_names_callers_and_holds_no_body(template: Template) -> list[str]:
    told = stage(template)["AccessLogSetting"]
    body = "body" in told["Format"].lower() or every_route(template)["DataTraceEnabled"]
    return [told["Format"]] if body or "$context.identity.userArn" not in told["Format"] else []


@claim(CLAIMS, breaks=lambda t: every_route(t).update(ThrottlingBurstLimit=10_000))
def it_lets_in_fewer_than_the_function_takes(template: Template) -> list[str]:
    limits, most = every_route(template), one(template, "answer")["ReservedConcurrentExecutions"]
    good = limits["ThrottlingBurstLimit"] < most and limits["ThrottlingRateLimit"] <= most
    return [] if good else [f"{limits} for {most}"]


@claim(CLAIMS, breaks=lambda t: refusals(t)["INTEGRATION_FAILURE"].update(StatusCode="500"))
def whoever_is_too_many_hears_when_to_come_back(template: Template) -> list[str]:
    by_the_api_or_the_function = [refusals(template)[kind] for kind in ("THROTTLED", "INTEGRATION_FAILURE")]
    wait = "gatewayresponse.header.Retry-After"
    return [
        str(told)
        for told in by_the_api_or_the_function
        if wait not in told["ResponseParameters"] or told["StatusCode"] != "429"
    ]


@claim(CLAIMS, breaks=lambda t: one(t, "answer").update(Timeout=120))
def the_function_ends_before_the_api_gives_up(template: Template) -> list[str]:
    seconds = one(template, "answer")["Timeout"]
    waits = [each["Integration"]["TimeoutInMillis"] for _, each in of(template, "AWS::ApiGateway::Method")]
    return [] if 25 < seconds < min(waits) / 1000 else [f"{seconds} s, {waits}"]


@claim(CLAIMS, breaks=lambda t: bucket(t, "audit").pop("ObjectLockConfiguration"))
def records_can_t_be_changed(template: Template) -> list[str]:
    found = bucket(template, "audit")
    rule = found.get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
    kept = found["LifecycleConfiguration"]["Rules"][0]["ExpirationInDays"]
    return [] if found.get("ObjectLockEnabled") and rule.get("Days", 0) < kept and rule else [str(rule)]


@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "s3:GetObject", "Audit/*"))
@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "s3:GetObject", "arn:aws:s3:::x-state-y/feedback/*"))
def the_function_writes_records_and_reads_documents_alone(template: Template) -> list[str]:
    wanted = {
        ("s3:PutObject", "answers/*"),
        ("s3:GetObject", "documents/*"),
        ("s3:GetObject", "state/words/lexicon.json.z"),
        ("s3:PutObject", "state/feedback/*"),
    }
    found = {
        (action, objects(resource))
        for statement in may(template, "answer")
        for action in listed(statement["Action"])
        for resource in listed(statement["Resource"])
        if action.startswith("s3:")
    }
    return sorted(map(str, found ^ wanted))


@claim(CLAIMS, breaks=lambda t: allow(t, "answer", "es:ESHttpDelete"))
def who_answers_changes_no_index(template: Template) -> list[str]:
    allowed = {action for each in may(template, "answer") for action in listed(each["Action"])}
    return sorted(allowed & {"es:ESHttpPut", "es:ESHttpDelete", "es:ESHttpPatch"})


@claim(CLAIMS, breaks=lambda t: asking(t)["Integration"].update(ResponseTransferMode="STREAM"))
def whole_answers_come_from_lambdas_own_client(template: Template) -> list[str]:
    return modes(template, streamed=False)


def modes(template: Template, *, streamed: bool) -> list[str]:
    """Where route, its call and the function's start do not agree."""
    wrapped = one(template, "answer")["Environment"]["Variables"].get("AWS_LAMBDA_EXEC_WRAPPER")
    wrong = [] if wrapped == ("/var/task/stream.sh" if streamed else None) else [str(wrapped)]
    for _, method in of(template, "AWS::ApiGateway::Method"):
        told = method["Integration"]
        call = str(told["Uri"]).rpartition("/")[2].rstrip("']}")
        found = told.get("ResponseTransferMode", "BUFFERED"), call
        fits = ("STREAM", "response-streaming-invocations") if streamed else ("BUFFERED", "invocations")
        wrong += [] if found == fits else [str(found)]
    return wrong


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds_and_can_fail(told: Claim, templates: dict[str, Template]) -> None:
    holds, broken = contradictions(told, whole(templates))
    assert holds == []
    assert broken != []


@pytest.fixture(scope="module")
def streaming() -> Template:
    """A deployment that streams."""
    dev = profile("dev")
    functions = replace(dev.aws.functions, answer_streaming=True)
    return whole(synthesise(replace(dev, aws=replace(dev.aws, functions=functions))))


def test_a_switch_streams_every_route(streaming: Template) -> None:
    assert modes(streaming, streamed=True) == []


@pytest.mark.parametrize(
    "broken",
    [
        lambda t: one(t, "answer")["Environment"]["Variables"].pop("AWS_LAMBDA_EXEC_WRAPPER"),
        lambda t: asking(t)["Integration"].pop("ResponseTransferMode"),
        lambda t: asking(t)["Integration"].update(Uri="arn:aws:lambda:path/functions/x/invocations"),
    ],
    ids=["client", "mode", "call"],
)
def test_a_route_that_does_not_stream_is_found(streaming: Template, broken: Break) -> None:
    template = copy.deepcopy(streaming)
    broken(template)
    assert len(modes(template, streamed=True)) == 1


def test_callers_get_a_policy_for_the_routes_and_no_more(dev: dict[str, Template]) -> None:
    ((_, policy),) = of(whole(dev), "AWS::IAM::ManagedPolicy")
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert policy["ManagedPolicyName"] == "ragtune-dev-ask"
    assert statement["Action"] == "execute-api:Invoke"
    routes = [json.dumps(each).rsplit("/v1/", 1)[1].split('"')[0] for each in statement["Resource"]]
    assert sorted(routes) == [
        "GET/documents/*", "GET/health", "GET/options", "GET/version", "POST/ask", "POST/feedback",
    ]  # fmt: skip


def test_prods_records_are_firm_and_devs_can_be_removed(
    dev: dict[str, Template], prod: dict[str, Template]
) -> None:
    modes = [
        bucket(whole(each), "audit")["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Mode"]
        for each in (dev, prod)
    ]
    assert modes == ["GOVERNANCE", "COMPLIANCE"]
