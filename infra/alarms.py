"""Alarms as every part of the deployment makes them: one metric, one bound, one sentence on what it means."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.storage import TELLERS
from ragtune.deployment import AwsSettings

_GREATER = cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
_LESS = cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """`periods` in a row, `minutes` each, at `threshold` or beyond. Silence is none, unless `expected`."""

    namespace: str
    metric: str
    threshold: float
    means: str
    periods: int = 1
    minutes: int = 1
    below: bool = False
    statistic: str = ""  # by default the extreme one
    dimensions: Mapping[str, str] = field(default_factory=dict)
    expected: bool = False


class AlarmTopic(Construct):
    """Who is told: `topic`, by the file's addresses; others may subscribe."""

    def __init__(self, scope: Construct, *, aws: AwsSettings, key: kms.IKey) -> None:
        super().__init__(scope, "Alarms")
        self._aws = aws
        self.topic = sns.Topic(
            self, "Topic", topic_name=f"{aws.name}-alarms", master_key=key, enforce_ssl=True
        )
        account = cdk.Stack.of(self).account
        self.topic.add_to_resource_policy(
            iam.PolicyStatement(
                sid="AlarmsAndBudgetOfThisAccount",
                principals=[iam.ServicePrincipal(each) for each in TELLERS],
                actions=["sns:Publish"],
                resources=[self.topic.topic_arn],
                conditions={"StringEquals": {"aws:SourceAccount": account}},
            )
        )
        for email in aws.alarms.emails:
            self.topic.add_subscription(subscriptions.EmailSubscription(email))

    def watch(self, scope: Construct, watch: Watch) -> cloudwatch.Alarm:
        """An alarm in `scope` that tells this topic, when it begins and when it ends."""
        metric = cloudwatch.Metric(
            namespace=watch.namespace,
            metric_name=watch.metric,
            dimensions_map=dict(watch.dimensions),
            statistic=watch.statistic or ("Minimum" if watch.below else "Maximum"),
            period=cdk.Duration.minutes(watch.minutes),
        )
        missing = cloudwatch.TreatMissingData
        alarm = cloudwatch.Alarm(
            scope,
            f"Alarm{watch.metric.replace('.', '')}",
            metric=metric,
            threshold=watch.threshold,
            evaluation_periods=watch.periods,
            comparison_operator=_LESS if watch.below else _GREATER,
            alarm_description=f"{self._aws.name}: {watch.means}",
            treat_missing_data=missing.MISSING if watch.expected else missing.NOT_BREACHING,
        )
        told = actions.SnsAction(self.topic)
        alarm.add_alarm_action(told)
        alarm.add_ok_action(told)
        return alarm
