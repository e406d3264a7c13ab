"""The models that help finding, embedder and reranker: endpoints that the file names, and who asks them.

    [embedder]
    url = "sagemaker://ragtune-prod-embedder"      → ingestion and answering may invoke that one endpoint

Without a URL nobody may, and ingestion has no way there: see `flows.table`.
"""

import re
from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_iam as iam

from ragtune.deployment import Deployment
from ragtune.errors import BadInput


def let_ask(deployment: Deployment, *, ingests: iam.Role, answers: iam.Role) -> None:
    """Grant each role its models. Raises BadInput for a URL that the VPC has no way to."""
    product = deployment.product
    models: Mapping[str, tuple[str, tuple[iam.Role, ...]]] = {
        "embedder": (product.embedder.url, (ingests, answers)),
        "reranker": (product.reranker.url, (answers,)),
    }
    for key, (url, roles) in models.items():
        if url:
            endpoint = _endpoint(deployment, key, url)
            for role in roles:
                arn = cdk.Stack.of(role).format_arn(
                    service="sagemaker", resource="endpoint", resource_name=endpoint
                )
                role.add_to_policy(iam.PolicyStatement(actions=["sagemaker:InvokeEndpoint"], resources=[arn]))


def _endpoint(deployment: Deployment, key: str, url: str) -> str:
    """The endpoint's name. The VPC's way to SageMaker lets this deployment's own names through alone."""
    own = deployment.aws.name
    found = re.fullmatch(rf"sagemaker://({re.escape(own)}-[A-Za-z0-9-]{{1,40}})", url)
    if not found:
        raise BadInput(
            f"{deployment.path}: {key}.url {url!r} is not sagemaker://{own}-…, an endpoint of its own"
        )
    return found[1]
