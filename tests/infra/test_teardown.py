"""What a teardown leaves is what the deployment's file names, and nothing else."""

from dataclasses import replace

import pytest

from ragtune.deployment import LEAVABLE
from tests.infra.synthesis import Template, profile, synthesise, whole

KINDS = {
    "AWS::S3::Bucket": "",
    "AWS::KMS::Key": "keys",
    "AWS::Logs::LogGroup": "log-groups",
    "AWS::OpenSearchService::Domain": "domain",
}


def left(template: Template, name: str) -> set[str]:
    """Of LEAVABLE, what is retained when its stack is deleted."""
    found = set()
    for resource in template["Resources"].values():
        if resource["Type"] in KINDS and resource["DeletionPolicy"] == "Retain":
            bucket = str(resource["Properties"].get("BucketName", {}).get("Fn::Join", ["", [""]])[1][0])
            found.add(KINDS[resource["Type"]] or bucket.removeprefix(f"{name}-").rstrip("-"))
    return found


@pytest.mark.parametrize("wanted", [("audit",), ("documents", "keys"), ("domain", "log-groups", "state")])
def test_the_file_says_what_is_left(wanted: tuple[str, ...]) -> None:
    dev = profile("dev")
    retention = replace(dev.aws.retention, left=wanted)
    templates = synthesise(replace(dev, aws=replace(dev.aws, retention=retention)))
    assert left(whole(templates), dev.aws.name) == set(wanted)


def test_prod_leaves_all_that_can_be_and_dev_nothing(
    dev: dict[str, Template], prod: dict[str, Template]
) -> None:
    assert left(whole(dev), "ragtune-dev") == set()
    assert left(whole(prod), "ragtune-prod") == set(LEAVABLE)
