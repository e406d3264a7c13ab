"""What the endpoint claims, held against its templates, and against templates that break it."""

import json
from dataclasses import replace
from typing import Any

import pytest

from infra.reachability import reachability
from ragtune.deployment import Deployment
from ragtune.promotion import ADAPTER_FILE
from tests.infra.claims import Claim, claim, first, of
from tests.infra.models import alarm, held, merged, rule
from tests.infra.synthesis import Template, profile, synthesise

EITHER: list[Claim] = []
MERGED: list[Claim] = []
COMPONENTS: list[Claim] = []
SERVES = "Serves"


def sagemaker(template: Template) -> dict[str, dict[str, Any]]:
    """Whole resources of SageMaker and of its scaling, by name."""
    return {
        name: each
        for name, each in template["Resources"].items()
        if each["Type"].startswith(("AWS::SageMaker::", "AWS::ApplicationAutoScaling::"))
    }


def variant(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = first(template, "AWS::SageMaker::EndpointConfig")["ProductionVariants"][0]
    return found


@claim(EITHER, breaks=lambda t: first(t, "AWS::SageMaker::Model").pop("EnableNetworkIsolation"))
def the_container_reaches_nothing(template: Template) -> list[str]:
    return [
        name
        for name, each in of(template, "AWS::SageMaker::Model")
        if each.get("EnableNetworkIsolation") is not True or not each["VpcConfig"]["Subnets"]
    ]


@claim(
    EITHER,
    breaks=lambda t: first(t, "AWS::SageMaker::Model")["PrimaryContainer"]["Environment"].pop(
        "HF_HUB_OFFLINE"
    ),
)
def nothing_is_downloaded_when_it_starts(template: Template) -> list[str]:
    container = first(template, "AWS::SageMaker::Model")["PrimaryContainer"]
    source = container["ModelDataSource"]["S3DataSource"]
    good = source["CompressionType"] == "None" and source["S3DataType"] == "S3Prefix"
    offline = container["Environment"].get("HF_HUB_OFFLINE") == "1"
    return [] if good and offline and "ModelPackageName" not in container else [str(container)]


@claim(
    EITHER,
    breaks=lambda t: first(t, "AWS::SageMaker::Model")["PrimaryContainer"].update(Image="djl:latest"),
)
def the_image_is_pinned(template: Template) -> list[str]:
    image = first(template, "AWS::SageMaker::Model")["PrimaryContainer"]["Image"]
    return [] if "@sha256:" in image else [image]


@claim(
    EITHER,
    breaks=lambda t: first(t, "AWS::EC2::SecurityGroup")["SecurityGroupEgress"].append(
        {"CidrIp": "10.0.0.0/8", "IpProtocol": "-1"}
    ),
)
def weights_come_from_s3_alone(template: Template) -> list[str]:
    group = first(template, "AWS::EC2::SecurityGroup")
    odd = [each for each in group["SecurityGroupEgress"] if "DestinationPrefixListId" not in each]
    return [str(each) for each in [*odd, *group.get("SecurityGroupIngress", [])]]


@claim(EITHER, breaks=lambda t: t["Parameters"]["model/Current"].update(Type="String"))
def which_version_serves_is_asked_of_the_parameter_store(template: Template) -> list[str]:
    kinds = [each["Type"] for name, each in template["Parameters"].items() if name.endswith("/Current")]
    return [kind for kind in kinds if kind != "AWS::SSM::Parameter::Value<String>"]


@claim(EITHER, breaks=lambda t: next(iter(sagemaker(t).values())).pop("Condition"))
def what_is_stopped_costs_nothing(template: Template) -> list[str]:
    return [name for name, each in sagemaker(template).items() if each.get("Condition") != SERVES]


@claim(EITHER, breaks=lambda t: first(t, "AWS::SageMaker::Endpoint").pop("RetainAllVariantProperties"))
def a_change_keeps_what_scaling_made_of_it(template: Template) -> list[str]:
    endpoint = first(template, "AWS::SageMaker::Endpoint")
    return [] if endpoint.get("RetainAllVariantProperties") is True else ["forgotten"]


@claim(EITHER, breaks=lambda t: t["Outputs"].update({"model/Other": {"Value": "x"}}))
def the_stack_says_what_it_serves_and_nothing_else(template: Template) -> list[str]:
    """The state machine reads the first output."""
    told = [name for name in template["Outputs"] if name.startswith("model/")]
    return [] if told == ["model/Served"] else told


@claim(EITHER, breaks=lambda t: alarm(t, "Invocation4XXErrors").pop("AlarmActions"))
def errors_and_slow_answers_tell_somebody(template: Template) -> list[str]:
    needed = ("Invocation5XXErrors", "Invocation4XXErrors", "ModelLatency", "ExecutionsFailed")
    return [name for name in needed if not alarm(template, name).get("AlarmActions")]


@claim(EITHER, breaks=lambda t: first(t, "AWS::Logs::LogGroup").pop("KmsKeyId"))
def what_the_container_says_is_encrypted_and_goes(template: Template) -> list[str]:
    groups = list(of(template, "AWS::Logs::LogGroup"))
    named = any(each["LogGroupName"].startswith("/aws/sagemaker/Endpoints/") for _, each in groups)
    return [name for name, each in groups if "KmsKeyId" not in each or not each["RetentionInDays"]] or (
        [] if named else ["none for the endpoint"]
    )


def switch(template: Template) -> dict[str, Any]:
    found: dict[str, Any] = first(template, "AWS::SageMaker::Endpoint")["DeploymentConfig"]
    return found


@claim(MERGED, breaks=lambda t: switch(t).pop("AutoRollbackConfiguration"))
def alarms_bring_the_old_version_back(template: Template) -> list[str]:
    alarms = switch(template).get("AutoRollbackConfiguration", {}).get("Alarms", [])
    named = {each["AlarmName"]["Ref"] for each in alarms}
    watched = {"Invocation5XXErrors", "Invocation4XXErrors", "ModelLatency"}
    metrics = {
        each["MetricName"]
        for name, each in of(template, "AWS::CloudWatch::Alarm")
        if name.partition("/")[2] in named
    }
    return sorted(watched ^ metrics)


@claim(
    MERGED,
    breaks=lambda t: switch(t)["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"].update(
        Type="ALL_AT_ONCE"
    ),
)
def a_new_version_takes_a_part_of_the_questions_first(template: Template) -> list[str]:
    routing = switch(template)["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    good = routing["Type"] == "CANARY" and routing["CanarySize"]["Value"] <= 50
    return [] if good and routing["WaitIntervalInSeconds"] == 600 else [str(routing)]


@claim(
    MERGED,
    breaks=lambda t: first(t, "AWS::SageMaker::Model").update(ModelName="ragtune-prod-model"),
)
def another_version_has_another_name(template: Template) -> list[str]:
    """A resource with a name of its own can't be replaced under the same one."""
    names = [
        first(template, "AWS::SageMaker::Model")["ModelName"],
        first(template, "AWS::SageMaker::EndpointConfig")["EndpointConfigName"],
    ]
    return [str(name) for name in names if "Current" not in json.dumps(name)]


@claim(MERGED, breaks=lambda t: first(t, "AWS::ApplicationAutoScaling::ScalableTarget").update(MinCapacity=0))
def instances_follow_how_many_ask_at_once(template: Template) -> list[str]:
    target = first(template, "AWS::ApplicationAutoScaling::ScalableTarget")
    policy = first(template, "AWS::ApplicationAutoScaling::ScalingPolicy")
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    good = metric["PredefinedMetricType"] == "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    named = target["ResourceId"] == f"endpoint/ragtune-prod-model/variant/{variant(template)['VariantName']}"
    return (
        [] if good and named and (target["MinCapacity"], target["MaxCapacity"]) == (2, 4) else [str(target)]
    )


@claim(COMPONENTS, breaks=lambda t: variant(t)["ManagedInstanceScaling"].update(MinInstanceCount=1))
def nothing_runs_while_nobody_asks(template: Template) -> list[str]:
    least = variant(template)["ManagedInstanceScaling"]["MinInstanceCount"]
    copies = first(template, "AWS::ApplicationAutoScaling::ScalableTarget")["MinCapacity"]
    return [] if (least, copies) == (0, 0) else [f"{least} instances, {copies} copies"]


@claim(COMPONENTS, breaks=lambda t: alarm(t, "NoCapacityInvocationFailures").update(AlarmActions=[]))
def a_question_that_finds_nobody_wakes_one(template: Template) -> list[str]:
    steps = [
        name
        for name, each in of(template, "AWS::ApplicationAutoScaling::ScalingPolicy")
        if each["PolicyType"] == "StepScaling"
    ]
    alarms = [
        each
        for _, each in of(template, "AWS::CloudWatch::Alarm")
        if each["MetricName"] == "NoCapacityInvocationFailures"
    ]
    assert len(alarms) == 2
    return [str(each) for each in alarms if [{"Ref": steps[0].partition("/")[2]}] != each["AlarmActions"]]


def adapter(template: Template) -> dict[str, Any]:
    found = (each for _, each in of(template, "AWS::SageMaker::InferenceComponent"))
    return next(each for each in found if "BaseInferenceComponentName" in each["Specification"])


@claim(
    COMPONENTS,
    breaks=lambda t: adapter(t)["Specification"]["Container"].update(ArtifactUrl="s3://a/adapter.tar.gz"),
)
def a_promotion_changes_the_adapter_and_not_its_name(template: Template) -> list[str]:
    found = adapter(template)
    url = json.dumps(found["Specification"]["Container"]["ArtifactUrl"])
    good = (
        "Current" in url and ADAPTER_FILE in url and found["InferenceComponentName"] == "ragtune-prod-tuned"
    )
    steady = "Current" not in json.dumps(first(template, "AWS::SageMaker::EndpointConfig"))
    return [] if good and steady else [str(found)]


@pytest.mark.parametrize("told", [*EITHER, *MERGED], ids=lambda told: told.name)
def test_a_merged_models_claim_holds_and_can_fail(told: Claim, merged_model: dict[str, Template]) -> None:
    held(told, merged_model)


@pytest.mark.parametrize("told", [*EITHER, *COMPONENTS], ids=lambda told: told.name)
def test_a_components_claim_holds_and_can_fail(told: Claim, adapter_model: dict[str, Template]) -> None:
    held(told, adapter_model)


def test_the_first_deployment_needs_no_model(dev: dict[str, Template], prod: dict[str, Template]) -> None:
    for templates in (dev, prod):
        assert not {"model", "promotion", "training"} & set(templates)


def test_the_example_is_prod_with_a_model() -> None:
    def without(deployment: Deployment) -> Any:
        alarms = replace(deployment.aws.alarms, monthly_usd=1)
        return replace(deployment.aws, training=None, model=None, alarms=alarms), deployment.product.retrieval

    assert without(merged()) == without(profile("prod"))


def test_another_setting_makes_another_name(merged_model: dict[str, Template]) -> None:
    aws = merged().aws
    assert aws.model
    other = replace(
        merged(), aws=replace(aws, model=replace(aws.model, ami="al2-ami-sagemaker-inference-gpu-3"))
    )
    names = [
        first(templates["model"], "AWS::SageMaker::EndpointConfig")["EndpointConfigName"]
        for templates in (merged_model, synthesise(other))
    ]
    assert names[0] != names[1]


def test_dev_stops_when_nobody_asks() -> None:
    aws = merged().aws
    assert aws.model
    model = replace(aws.model, least=1, idle_minutes=60)
    templates = synthesise(replace(merged(), aws=replace(aws, model=model)))
    found = alarm(templates["model"], "GPUUtilization")
    assert (found["EvaluationPeriods"] * found["Period"], found["TreatMissingData"]) == (3600, "notBreaching")
    idle = rule(templates["promotion"], "Idle")
    assert idle["EventPattern"]["detail"]["alarmName"] == [found["AlarmName"]]
    assert json.loads(idle["Targets"][0]["Input"]) == {"serving": "no"}
    routing = switch(templates["model"])["BlueGreenUpdatePolicy"]["TrafficRoutingConfiguration"]
    assert routing["Type"] == "ALL_AT_ONCE"  # of one instance there is no part


def test_the_only_new_way_leads_to_s3(
    prod: dict[str, Template], merged_model: dict[str, Template], adapter_model: dict[str, Template]
) -> None:
    before = reachability(prod, "pl-78a54011")
    for templates in (merged_model, adapter_model):
        found = reachability(templates, "pl-78a54011")
        new = {(way.caller, way.service) for way in set(found.ways) - set(before.ways)}
        assert new == {("model", "s3"), ("jobs", "s3")}
        assert (found.sinks, found.names, found.half_open) == (before.sinks, before.names, ())


def test_who_asks_the_model_is_seen_and_its_figures_are_shown(
    prod: dict[str, Template], merged_model: dict[str, Template]
) -> None:
    def told(templates: dict[str, Template]) -> tuple[bool, bool]:
        trail = first(templates["landing-zone"], "AWS::CloudTrail::Trail")["AdvancedEventSelectors"]
        board = str(first(templates["observability"], "AWS::CloudWatch::Dashboard"))
        return "AWS::SageMaker::Endpoint" in str(trail), "GPUUtilization" in board

    assert (told(merged_model), told(prod)) == ((True, True), (False, False))
