"""Alarms on the endpoint: those that take a switch back, and the one that says that nobody asks."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch

from infra.alarms import AlarmTopic, Watch
from ragtune.endpoint_settings import Endpoint
from ragtune.promotion import VARIANT, Names

_MICRO = 1_000_000  # SageMaker counts latency in microseconds
_STEP_MINUTES = 5


def watch(stack: cdk.Stack, alarms: AlarmTopic, names: Names, endpoint: Endpoint) -> list[str]:
    """Errors and latency; returns the alarms' names."""
    settings = endpoint.settings
    own = _variant(names) if endpoint.merged else {"InferenceComponentName": names.component}
    errors, slow = settings.errors, settings.latency_s * _MICRO
    return [
        alarms.watch(
            stack,
            Watch(
                namespace="AWS/SageMaker",
                metric=metric,
                statistic=statistic,
                dimensions=own,
                threshold=threshold,
                minutes=_STEP_MINUTES,
                means=means,
            ),
        ).alarm_name
        for metric, statistic, threshold, means in (
            ("Invocation5XXErrors", "Sum", errors, "the model's container fails"),
            # The container answers 424 when the model fails or takes no more.
            ("Invocation4XXErrors", "Sum", errors, "the model fails, or refuses what it is asked"),
            ("ModelLatency", "p95", slow, f"the model takes more than {settings.latency_s:g} s to answer"),
        )
    ]


def idle(stack: cdk.Stack, names: Names, minutes: int) -> None:
    """No card has worked for so long: nobody asked. Where nothing runs there is no figure, and so no alarm.

    Invocations would not do: there is no figure of them, either, while nobody asks.
    """
    cards = cloudwatch.Metric(
        namespace="/aws/sagemaker/Endpoints",
        metric_name="GPUUtilization",
        dimensions_map=_variant(names),
        statistic="Maximum",
        period=cdk.Duration.minutes(_STEP_MINUTES),
    )
    cloudwatch.Alarm(
        stack,
        "Idle",
        alarm_name=names.idle,
        alarm_description=f"{names.name}: nobody asked the model for {minutes} minutes; it stops",
        metric=cards,
        threshold=0,
        evaluation_periods=minutes // _STEP_MINUTES,
        comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_OR_EQUAL_TO_THRESHOLD,
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
    )


def _variant(names: Names) -> dict[str, str]:
    return {"EndpointName": names.endpoint, "VariantName": VARIANT}
