"""What the cost estimate counts is what the templates make."""

from ragtune import model_cost
from ragtune.cost import ALARMS, DASHBOARDS, ENDPOINTS, KEYS, METRICS, NAMES
from tests.infra.claims import of
from tests.infra.models import components, merged
from tests.infra.synthesis import Template, whole


def count(template: Template, kind: str) -> int:
    return len(list(of(template, kind)))


def test_what_stands_there_is_counted(templates: dict[str, Template]) -> None:
    made = whole(templates)
    assert count(made, "AWS::KMS::Key") == KEYS
    assert count(made, "AWS::CloudWatch::Alarm") == ALARMS
    assert count(made, "AWS::CloudWatch::Dashboard") == DASHBOARDS
    interfaces = [
        each for _, each in of(made, "AWS::EC2::VPCEndpoint") if each["VpcEndpointType"] == "Interface"
    ]
    assert len(interfaces) == ENDPOINTS
    names = [
        name for _, each in of(made, "AWS::Route53Resolver::FirewallDomainList") for name in each["Domains"]
    ]
    assert len(names) == NAMES
    shown = str(dict(of(made, "AWS::CloudWatch::Dashboard")))
    own = ("Answers", "Abstained", "FellBack", "PagesRead", "PagesDeleted", "PagesSetAside", "IngestionLag")
    stages = ("retrieval", "support", "prompt", "generation", "fallback", "citations")
    assert len(own) + len(stages) == METRICS
    assert [name for name in own if name not in shown] == []


def test_the_alarms_of_a_model_are_counted(
    merged_model: dict[str, Template], adapter_model: dict[str, Template]
) -> None:
    for templates, deployment in ((merged_model, merged()), (adapter_model, components())):
        assert deployment.aws.endpoint
        made = count(whole(templates), "AWS::CloudWatch::Alarm")
        assert made == ALARMS + model_cost.alarms(deployment.aws.endpoint)
