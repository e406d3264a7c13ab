"""What is watched: alarms that tell somebody, a dashboard of metrics that exist, a budget."""

import json
from dataclasses import replace
from typing import Any

import pytest

from ragtune.deployment import AlarmSettings
from tests.infra.claims import Claim, claim, contradictions, first, of
from tests.infra.synthesis import Template, profile, synthesise, whole

CLAIMS: list[Claim] = []


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::CloudWatch::Alarm").pop("AlarmActions"))
def every_alarm_tells_somebody(template: Template) -> list[str]:
    alarms = of(template, "AWS::CloudWatch::Alarm")
    return [name for name, each in alarms if not (each.get("AlarmActions") and each["OKActions"])]


@claim(CLAIMS, breaks=lambda t: alarm(t, "ApproximateNumberOfMessagesVisible").update(MetricName="x"))
def what_needs_a_person_raises_an_alarm(template: Template) -> list[str]:
    needed = {
        "ApproximateNumberOfMessagesVisible",  # dead letters
        "ApproximateAgeOfOldestMessage",
        "PagesSetAside",
        "5XXError",
        "Latency",
        "Throttles",
        "FellBack",
        "ClusterStatus.red",
    }
    return sorted(needed - {each["MetricName"] for _, each in of(template, "AWS::CloudWatch::Alarm")})


def alarm(template: Template, metric: str) -> dict[str, Any]:
    """On that metric."""
    return next(each for _, each in of(template, "AWS::CloudWatch::Alarm") if each["MetricName"] == metric)


@claim(CLAIMS, breaks=lambda t: publishing(t).pop("Condition"))
def only_this_accounts_alarms_are_told(template: Template) -> list[str]:
    return [] if "aws:SourceAccount" in str(publishing(template).get("Condition")) else ["anybody's"]


def publishing(template: Template) -> dict[str, Any]:
    """The statement of the topic's policy that lets services publish."""
    policy = first(template, "AWS::SNS::TopicPolicy")["PolicyDocument"]["Statement"]
    found: dict[str, Any] = next(each for each in policy if each["Effect"] == "Allow")
    return found


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::Budgets::Budget").update(NotificationsWithSubscribers=[]))
def a_month_that_costs_too_much_is_told_before_it_ends(template: Template) -> list[str]:
    told = first(template, "AWS::Budgets::Budget")["NotificationsWithSubscribers"]
    kinds = {each["Notification"]["NotificationType"] for each in told if each["Subscribers"]}
    return sorted({"ACTUAL", "FORECASTED"} - kinds)


@claim(CLAIMS, breaks=lambda t: first(t, "AWS::CloudWatch::Dashboard").update(DashboardBody="{}"))
def the_dashboard_shows_what_people_ask_about(template: Template) -> list[str]:
    shown = json.dumps(first(template, "AWS::CloudWatch::Dashboard")["DashboardBody"])
    wanted = ("Answers", "Abstained", "Stage.retrieval", "IngestionLag", "dead-letters", "EstimatedCharges")
    return [each for each in wanted if each not in shown]


@pytest.mark.parametrize("told", CLAIMS, ids=lambda told: told.name)
def test_claim_holds_and_can_fail(told: Claim, templates: dict[str, Template]) -> None:
    holds, broken = contradictions(told, whole(templates))
    assert holds == []
    assert broken != []


def test_addresses_of_the_file_are_told() -> None:
    dev = profile("dev")
    alarms = AlarmSettings(emails=("ops@example.com",), monthly_usd=77)
    template = whole(synthesise(replace(dev, aws=replace(dev.aws, alarms=alarms))))
    ((_, subscription),) = of(template, "AWS::SNS::Subscription")
    assert (subscription["Protocol"], subscription["Endpoint"]) == ("email", "ops@example.com")
    assert first(template, "AWS::Budgets::Budget")["Budget"]["BudgetLimit"]["Amount"] == 77
