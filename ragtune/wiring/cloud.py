"""A deployment's account, for people: preflight, bulk load, pipelines, what is staged. Needs boto3."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ragtune.adapters.bulk_load import BulkLoad
    from ragtune.adapters.dead_letters import DeadLetters
    from ragtune.adapters.pipeline_runs import PipelineRuns
    from ragtune.adapters.preflight import Preflight
    from ragtune.deployment import AwsSettings, Deployment
    from ragtune.promotion import Models
    from ragtune.staging import Store


def preflight(deployment: "Deployment") -> "Preflight":
    """What an account lacks for a deployment, and whether a deployed one works."""
    from ragtune.adapters.preflight import Preflight

    return Preflight(deployment)


def dead_letters(aws: "AwsSettings") -> "DeadLetters":
    """The events of a deployment that failed for good, with the credentials at hand."""
    from ragtune.adapters.dead_letters import DeadLetters

    return DeadLetters(aws)


def bulk_load(aws: "AwsSettings") -> "BulkLoad":
    """The bulk load of a deployment in the cloud, with the credentials at hand."""
    from ragtune.adapters.bulk_load import BulkLoad

    return BulkLoad(aws)


def pipeline_runs(aws: "AwsSettings", kind: str) -> "PipelineRuns":
    """The executions of the deployment's data or model pipeline."""
    from ragtune.adapters.pipeline_runs import PipelineRuns

    return PipelineRuns(f"{aws.name}-{kind}", region=aws.region)


def model_packages(aws: "AwsSettings") -> "Models":
    """The tuned models of the deployment's account, and which one serves."""
    from ragtune.adapters.model_packages import ModelPackages

    return ModelPackages(aws)


def open_staging(url: str) -> "Store":
    """Where base models, wheels and code are brought: s3://bucket/folder."""
    from ragtune.adapters.staging import StagingBucket

    return StagingBucket(url)
