"""What the pipelines' stack claims, held against its template, and against templates that break it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest

from infra.landing_zone import LandingZone
from infra.safeguards import apply_rules
from infra.stack import acknowledge_providers
from infra.training_pipeline import TrainingPipeline
from ragtune.deployment import Deployment, load_deployment
from ragtune.errors import SettingsError
from ragtune.pipeline_definition import Compute
from ragtune.training_settings import TrainingSettings
from tests.infra.claims import Claim, claim, contradictions, first, of
from tests.infra.synthesis import Template, profile, synthesise

CLAIMS: list[Claim] = []
ECR = "123456789012.dkr.ecr.ap-northeast-2.amazonaws.com"
SETTINGS = TrainingSettings(
    preset="kullm",
    licence="Kim, 2026-11-20, note 41",
    image=f"{ECR}/huggingface-pytorch-training@sha256:{'0' * 64}",
    serving_image=f"{ECR}/djl-inference@sha256:{'1' * 64}",
)


def composed(
    app: cdk.App, deployment: Deployment, _bundles: Path, settings: TrainingSettings = SETTINGS
) -> None:
    apply_rules(app)
    zone = LandingZone(app, deployment=deployment)
    TrainingPipeline(app, deployment=deployment, landing_zone=zone, settings=settings)
    acknowledge_providers(app)


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesise(profile("dev"), composed)["training"]


def body(template: Template, kind: str) -> dict[str, Any]:
    """A pipeline's definition, references as <name>."""
    found = next(
        each
        for _, each in of(template, "AWS::SageMaker::Pipeline")
        if each["PipelineName"].endswith(f"-{kind}")
    )
    parts = found["PipelineDefinition"]["PipelineDefinitionBody"]
    joined = parts["Fn::Join"][1] if isinstance(parts, dict) else [parts]
    text = "".join(one if isinstance(one, str) else f"<{next(iter(one))}>" for one in joined)
    made: dict[str, Any] = json.loads(text)
    return made


def statements(template: Template, word: str) -> list[dict[str, Any]]:
    """Of the policy whose name holds `word`."""
    return [
        each
        for name, policy in of(template, "AWS::IAM::Policy")
        if word in name
        for each in policy["PolicyDocument"]["Statement"]
    ]


def rewritten(pattern: str, by: str) -> Callable[[Template], object]:
    """Change the text of every definition."""

    def change(template: Template) -> None:
        done = 0
        for _, each in of(template, "AWS::SageMaker::Pipeline"):
            text, count = re.subn(pattern, by, json.dumps(each["PipelineDefinition"]))
            each["PipelineDefinition"] = json.loads(text)
            done += count
        assert done

    return change


@claim(CLAIMS, breaks=rewritten(r'EnableNetworkIsolation\\":true', r'EnableNetworkIsolation\\":false'))
def every_job_is_isolated(template: Template) -> list[str]:
    steps = [step for kind in ("data", "model") for step in body(template, kind)["Steps"]]
    jobs = [step for step in steps if step["Type"] == "Training"]
    assert len(jobs) == 9
    return [step["Name"] for step in jobs if step["Arguments"]["EnableNetworkIsolation"] is not True]


@claim(CLAIMS, breaks=rewritten("PendingManualApproval", "Approved"))
def nothing_serves_without_a_word(template: Template) -> list[str]:
    last = body(template, "model")["Steps"][-1]
    return [] if last["Arguments"]["ModelApprovalStatus"] == "PendingManualApproval" else [last["Name"]]


@claim(
    CLAIMS,
    breaks=lambda t: first(t, "AWS::EC2::SecurityGroup")["SecurityGroupEgress"].append(
        {"CidrIp": "10.0.0.0/8", "IpProtocol": "-1"}
    ),
)
def jobs_reach_s3_alone(template: Template) -> list[str]:
    group = first(template, "AWS::EC2::SecurityGroup")
    odd = [each for each in group["SecurityGroupEgress"] if "DestinationPrefixListId" not in each]
    return [str(each) for each in [*odd, *group.get("SecurityGroupIngress", [])]]


@claim(
    CLAIMS,
    breaks=lambda t: statements(t, "JobRole")[1].update(Resource="arn:aws:s3:::ragtune-dev-models/staged/*"),
)
def jobs_write_below_runs_alone(template: Template) -> list[str]:
    written = [each for each in statements(template, "JobRole") if "s3:PutObject" in str(each["Action"])]
    assert written
    return [
        str(each["Resource"]) for each in written if not json.dumps(each["Resource"]).endswith('/runs/*"]]}')
    ]


@claim(
    CLAIMS,
    breaks=lambda t: statements(t, "JobRole")[0].update(
        Action=["s3:GetObject", "sagemaker:CreateTrainingJob"]
    ),
)
def jobs_start_no_jobs_and_pass_no_role(template: Template) -> list[str]:
    return [
        str(each["Action"])
        for each in statements(template, "JobRole")
        if re.search(r"sagemaker:|iam:|lambda:|es:|sts:|secretsmanager:", str(each["Action"]))
    ]


@claim(CLAIMS, breaks=lambda t: statements(t, "PipelineRole")[-1].pop("Condition"))
def the_role_is_passed_to_sagemaker_alone(template: Template) -> list[str]:
    passed = [each for each in statements(template, "PipelineRole") if "iam:PassRole" in str(each["Action"])]
    assert len(passed) == 1
    wanted = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    return [str(each) for each in passed if each.get("Condition") != wanted or each["Resource"] == "*"]


@claim(
    CLAIMS,
    breaks=lambda t: first(t, "AWS::IAM::Role")["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition"),
)
def sagemaker_acts_for_this_account_alone(template: Template) -> list[str]:
    return [
        name
        for name, role in of(template, "AWS::IAM::Role")
        for each in role["AssumeRolePolicyDocument"]["Statement"]
        if "aws:SourceAccount" not in str(each.get("Condition"))
    ]


@claim(CLAIMS, breaks=rewritten(r"@sha256:0+", ":latest"))
def images_are_pinned(template: Template) -> list[str]:
    steps = [step for kind in ("data", "model") for step in body(template, kind)["Steps"]]
    images = [
        step["Arguments"]["AlgorithmSpecification"]["TrainingImage"]
        for step in steps
        if step["Type"] == "Training"
    ]
    return [image for image in images if "@sha256:" not in image]


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_a_claim_holds_and_can_be_broken(told: Claim, template: Template) -> None:
    right, wrong = contradictions(told, template)
    assert right == []
    assert wrong


def test_hosts_of_one_job_may_talk_to_each_other_alone() -> None:
    large = replace(SETTINGS, gpu=Compute(instance="ml.p4d.24xlarge", hosts=2))
    template = synthesise(profile("dev"), partial(composed, settings=large))["training"]
    for kind, peer in (("Ingress", "SourceSecurityGroupId"), ("Egress", "DestinationSecurityGroupId")):
        rule = first(template, f"AWS::EC2::SecurityGroup{kind}")
        assert rule[peer] == rule["GroupId"]
        assert not {"CidrIp", "CidrIpv6"} & rule.keys()
    train = next(step for step in body(template, "model")["Steps"] if step["Name"] == "train")["Arguments"]
    assert train["ResourceConfig"]["InstanceCount"] == 2
    assert train["EnableInterContainerTrafficEncryption"] is True


def test_a_model_nobody_decided_on_and_a_moving_image_are_refused() -> None:
    with pytest.raises(SettingsError, match="has not been decided on"):
        TrainingSettings(preset="kullm", image=SETTINGS.image, serving_image=SETTINGS.serving_image)
    with pytest.raises(SettingsError, match="has not been decided on"):
        replace(SETTINGS, teacher="qwen3")
    with pytest.raises(ValueError, match="image: 'training:latest' is not of the form"):
        TrainingSettings(preset="midm2", image="training:latest", serving_image=SETTINGS.serving_image)
    assert SETTINGS.merged
    assert SETTINGS.tuning.instance == "ml.g5.2xlarge"


def test_the_table_of_a_deployment_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "dev.toml"
    table = f"""
[aws.training]
preset = "kullm"
licence = "Kim, 2026-11-20"
image = "{SETTINGS.image}"
serving_image = "{SETTINGS.serving_image}"
gpu = {{ instance = "ml.g6.2xlarge", hours = 8 }}
"""
    path.write_text(Path("config/dev.toml").read_text(encoding="utf-8") + table, encoding="utf-8")
    found = load_deployment(path).aws.training
    assert found
    assert (found.tuning.instance, found.spot) == ("ml.g6.2xlarge", True)
    path.write_text(
        path.read_text(encoding="utf-8").replace('licence = "Kim, 2026-11-20"', ""), encoding="utf-8"
    )
    with pytest.raises(SettingsError, match="has not been decided on"):
        load_deployment(path)
