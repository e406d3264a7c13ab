"""Deployments with a model of either way, and what the claims about them look things up with."""

from dataclasses import replace
from typing import Any

from ragtune.deployment import Deployment
from ragtune.endpoint_settings import EndpointSettings
from tests.infra.claims import Claim, contradictions, of
from tests.infra.synthesis import Template, profile, whole


def merged() -> Deployment:
    return profile("prod-model")


def components() -> Deployment:
    """A preset whose server loads adapters, asleep while nobody asks."""
    aws = merged().aws
    assert aws.training
    model = EndpointSettings(least=0, most=3, base="staged/models/qwen3/4f0c", callers=("billing",))
    return replace(merged(), aws=replace(aws, training=replace(aws.training, preset="qwen3"), model=model))


def both(templates: dict[str, Template]) -> Template:
    return whole({name: templates[name] for name in ("model", "promotion")})


def statements(template: Template, role: str) -> list[dict[str, Any]]:
    """Of the policy that belongs to the role of that name."""
    return [
        each
        for name, policy in of(template, "AWS::IAM::Policy")
        if name.partition("/")[2].startswith(role)
        for each in policy["PolicyDocument"]["Statement"]
    ]


def allowing(template: Template, role: str, action: str) -> dict[str, Any]:
    """The one statement of `role` that allows `action`."""
    (found,) = [each for each in statements(template, role) if action in listed(each["Action"])]
    return found


def listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def rule(template: Template, word: str) -> dict[str, Any]:
    return next(each for name, each in of(template, "AWS::Events::Rule") if word in name)


def alarm(template: Template, metric: str) -> dict[str, Any]:
    alarms = (each for _, each in of(template, "AWS::CloudWatch::Alarm"))
    return next(each for each in alarms if each["MetricName"] == metric)


def with_outlines(templates: dict[str, Template]) -> Template:
    """Resources, parameters and outputs of both stacks."""
    found = both(templates)
    for part in ("Parameters", "Outputs"):
        found[part] = {
            f"{stack}/{name}": each
            for stack in ("model", "promotion")
            for name, each in templates[stack].get(part, {}).items()
        }
    return found


def held(told: Claim, templates: dict[str, Template]) -> None:
    right, wrong = contradictions(told, with_outlines(templates))
    assert right == []
    assert wrong
