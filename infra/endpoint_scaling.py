"""How many instances, or copies of the base, serve: as many as people ask at once, between least and most."""

import aws_cdk as cdk
from aws_cdk import aws_applicationautoscaling as scaling
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker

from ragtune.endpoint_settings import EndpointSettings
from ragtune.promotion import VARIANT, Names

_OUT_S, _IN_S = 60, 600  # a new instance takes minutes to load: leave early, come back soon would cost both
_SLEEP_S = 900


def scale_instances(
    stack: cdk.Stack, endpoint: sagemaker.CfnEndpoint, names: Names, settings: EndpointSettings
) -> None:
    """Of a merged model."""
    target = _target(stack, f"endpoint/{names.endpoint}/variant/{VARIANT}", "variant:DesiredInstanceCount",
                     settings)  # fmt: skip
    metric = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    policy = _tracking(stack, target, metric, settings.concurrent, _IN_S)
    _after(endpoint, target, policy)


def scale_components(
    stack: cdk.Stack,
    base: sagemaker.CfnInferenceComponent,
    names: Names,
    settings: EndpointSettings,
) -> None:
    """Of the base; with none left, the first question that finds nobody wakes one."""
    target = _target(stack, f"inference-component/{names.base}", "inference-component:DesiredCopyCount",
                     settings)  # fmt: skip
    metric = "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution"
    policy = _tracking(stack, target, metric, settings.concurrent, _SLEEP_S)
    made = [target, policy]
    if settings.least == 0:
        made += _waking(stack, target, names)
    _after(base, *made)


def _target(
    stack: cdk.Stack, resource: str, dimension: str, settings: EndpointSettings
) -> scaling.CfnScalableTarget:
    return scaling.CfnScalableTarget(
        stack,
        "Target",
        service_namespace="sagemaker",
        resource_id=resource,
        scalable_dimension=f"sagemaker:{dimension}",
        min_capacity=settings.least,
        max_capacity=settings.most,
    )


def _tracking(
    stack: cdk.Stack, target: scaling.CfnScalableTarget, metric: str, value: int, in_s: int
) -> scaling.CfnScalingPolicy:
    made = scaling.CfnScalingPolicy
    return made(
        stack,
        "Concurrent",
        policy_name=f"{stack.stack_name}-concurrent",
        policy_type="TargetTrackingScaling",
        scaling_target_id=target.ref,
        target_tracking_scaling_policy_configuration=made.TargetTrackingScalingPolicyConfigurationProperty(
            target_value=value,
            scale_in_cooldown=in_s,
            scale_out_cooldown=_OUT_S,
            predefined_metric_specification=made.PredefinedMetricSpecificationProperty(
                predefined_metric_type=metric
            ),
        ),
    )


def _waking(stack: cdk.Stack, target: scaling.CfnScalableTarget, names: Names) -> list[cdk.CfnResource]:
    made = scaling.CfnScalingPolicy
    policy = made(
        stack,
        "Wake",
        policy_name=f"{stack.stack_name}-wake",
        policy_type="StepScaling",
        scaling_target_id=target.ref,
        step_scaling_policy_configuration=made.StepScalingPolicyConfigurationProperty(
            adjustment_type="ChangeInCapacity",
            metric_aggregation_type="Maximum",
            cooldown=_OUT_S,
            step_adjustments=[
                made.StepAdjustmentProperty(metric_interval_lower_bound=0, scaling_adjustment=1)
            ],
        ),
    )
    # Whoever asks names the adapter; SageMaker's documentation leaves open which of the two it counts for.
    alarms = [
        cloudwatch.CfnAlarm(
            stack,
            f"NobodyServes{label}",
            alarm_description=f"{names.name}: a question came while the model slept; it wakes",
            namespace="AWS/SageMaker",
            metric_name="NoCapacityInvocationFailures",
            dimensions=[
                cloudwatch.CfnAlarm.DimensionProperty(name="InferenceComponentName", value=component)
            ],
            statistic="Maximum",
            period=60,
            evaluation_periods=1,
            threshold=1,
            comparison_operator="GreaterThanOrEqualToThreshold",
            treat_missing_data="notBreaching",
            alarm_actions=[policy.ref],
        )
        for label, component in (("Base", names.base), ("Adapter", names.component))
    ]
    return [policy, *alarms]


def _after(what: cdk.CfnResource, *made: cdk.CfnResource) -> None:
    """They scale `what`, so they come after it and go with it."""
    for each in made:
        each.cfn_options.condition = what.cfn_options.condition
        each.add_resource_dependency(what)
