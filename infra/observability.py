"""What people look at: one dashboard, a query for the records of slow questions, and the month's budget."""

import aws_cdk as cdk
from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from infra.landing_zone import LandingZone
from infra.stack import DeploymentStack
from ragtune.deployment import Deployment
from ragtune.promotion import VARIANT, Names

_STAGES = ("retrieval", "support", "prompt", "generation", "fallback", "citations")


class Observability(DeploymentStack):
    """Reads metrics by name alone: no other stack depends on this one, and it on none but the topic."""

    def __init__(self, scope: Construct, *, deployment: Deployment, landing_zone: LandingZone) -> None:
        super().__init__(scope, "observability", deployment=deployment, description="Dashboard and budget")
        self._aws = deployment.aws
        self._dashboard()
        self._budget(landing_zone.alarms.topic.topic_arn)

    def _dashboard(self) -> None:
        name = self._aws.name
        api, queues = {"ApiName": name, "Stage": "v1"}, ("documents", "dead-letters")
        answers = [self._metric(name, each, "Sum") for each in ("Answers", "Abstained", "FellBack")]
        stages = [self._metric(name, f"Stage.{each}", "p95", label=each) for each in _STAGES]
        refused = [
            self._metric("AWS/ApiGateway", each, "Sum", api) for each in ("Count", "4XXError", "5XXError")
        ]
        pages = [self._metric(name, each, "Sum") for each in ("PagesRead", "PagesDeleted", "PagesSetAside")]
        lag = [self._metric(name, "IngestionLag", statistic) for statistic in ("p50", "Maximum")]
        visible, age = "ApproximateNumberOfMessagesVisible", "ApproximateAgeOfOldestMessage"
        depth = [
            self._metric(
                "AWS/SQS", metric, "Maximum", {"QueueName": f"{name}-{queue}"}, label=f"{queue} {metric}"
            )
            for queue in queues
            for metric in (visible, age)
        ]
        domain = {"DomainName": name, "ClientId": self.account}
        nodes = [
            self._metric("AWS/ES", each, "Maximum", domain)
            for each in ("CPUUtilization", "JVMMemoryPressure")
        ]
        cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=name,
            default_interval=cdk.Duration.days(1),
            widgets=[
                [
                    _graph("questions: answered, abstained, fell back", answers),
                    _graph("API: calls, refused, failed", refused),
                ],
                [_graph("latency by stage, p95 (ms)", stages), _graph("ingestion lag (s)", lag)],
                [_graph("pages read, deleted, set aside", pages), _graph("queue and dead letters", depth)],
                *self._model(),
                [
                    _graph("search nodes (%)", nodes),
                    _graph("cost of the account this month (USD)", [_charges()]),
                ],
            ],
        )

    def _model(self) -> list[list[cloudwatch.IWidget]]:
        """Of the endpoint; an adapter's figures go by its component."""
        if self._aws.endpoint is None:
            return []
        names = Names(name=self._aws.name)
        variant = {"EndpointName": names.endpoint, "VariantName": VARIANT}
        own = variant if self._aws.endpoint.merged else {"InferenceComponentName": names.component}
        asked = [
            self._metric("AWS/SageMaker", each, "Sum", own)
            for each in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors")
        ]
        slow = [self._metric("AWS/SageMaker", "ModelLatency", each, own) for each in ("p50", "p95")]
        cards = self._metric("/aws/sagemaker/Endpoints", "GPUUtilization", "Maximum", variant)
        return [
            [_graph("model: asked, refused, failed", asked), _graph("model: latency (µs)", slow)],
            [_graph("model: cards at work (%)", [cards])],
        ]

    def _metric(
        self,
        namespace: str,
        metric: str,
        statistic: str,
        dimensions: dict[str, str] | None = None,
        *,
        label: str = "",
    ) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=namespace,
            metric_name=metric,
            statistic=statistic,
            dimensions_map=dimensions or {},
            label=label or f"{metric} {statistic}",
            period=cdk.Duration.minutes(5),
        )

    def _budget(self, topic: str) -> None:
        """Of what carries this deployment's tag, which has to be activated for costs once (operations.md)."""
        made = budgets.CfnBudget
        told = made.SubscriberProperty(address=topic, subscription_type="SNS")
        made(
            self,
            "Budget",
            budget=made.BudgetDataProperty(
                budget_name=self._aws.name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=made.SpendProperty(amount=self._aws.alarms.monthly_usd, unit="USD"),
                cost_filters={"TagKeyValue": [f"user:deployment${self._aws.name}"]},
            ),
            notifications_with_subscribers=[
                made.NotificationWithSubscribersProperty(
                    notification=made.NotificationProperty(
                        comparison_operator="GREATER_THAN",
                        notification_type=kind,
                        threshold=threshold,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[told],
                )
                for kind, threshold in (("ACTUAL", 80), ("FORECASTED", 100))
            ],
        )


def _graph(title: str, metrics: list[cloudwatch.Metric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=list(metrics), width=12)


def _charges() -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="AWS/Billing",
        metric_name="EstimatedCharges",
        dimensions_map={"Currency": "USD"},
        statistic="Maximum",
        region="us-east-1",  # the one region that has it
        period=cdk.Duration.hours(6),
        label="so far",
    )
