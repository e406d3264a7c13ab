"""What the function that answers is told of the deployment's model: where it is, how it is prompted."""

from dataclasses import replace

import aws_cdk as cdk

from infra.storage import bucket_name
from ragtune.deployment import AwsSettings, Deployment
from ragtune.promotion import Names
from ragtune.settings import ModelSettings

MODEL = "tuned"  # its name among the generators


def with_model(deployment: Deployment, stack: cdk.Stack) -> Deployment:
    """`deployment` with its endpoint as the generator; as it is where there is none."""
    endpoint = deployment.aws.endpoint
    if endpoint is None:
        return deployment
    product = deployment.product
    model = ModelSettings(
        url=_url(deployment.aws, stack, merged=endpoint.merged),
        preset=endpoint.training.preset,
        licence=endpoint.training.licence,
    )
    answering = replace(product.answering, generator=MODEL)
    return replace(
        deployment, product=replace(product, models={**product.models, MODEL: model}, answering=answering)
    )


def _url(aws: AwsSettings, stack: cdk.Stack, *, merged: bool) -> str:
    names = Names(name=aws.name)
    component = "" if merged else f"&component={names.component}"
    record = f"&record=s3://{bucket_name(aws, 'models', stack)}"
    return f"sagemaker://{names.endpoint}?region={aws.region}{component}{record}"
