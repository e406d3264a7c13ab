"""Model packages: versions of a group, waiting until somebody approves one; each change is an event."""

import json
import time
from collections.abc import Mapping
from contextvars import copy_context
from typing import Any

from ministack.core.responses import set_request_account_id, set_request_region
from ministack.services import eventbridge

from emulator.aws.sessions import ACCOUNT, REGION


class Packages:
    """`groups`: name → versions, as DescribeModelPackage tells them."""

    def __init__(self) -> None:
        self.groups: dict[str, list[dict[str, Any]]] = {}

    def create(self, asked: Mapping[str, Any]) -> dict[str, Any]:
        """The next version of the group that is asked for."""
        group = self.groups.setdefault(asked["ModelPackageGroupName"], [])
        version = len(group) + 1
        arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:model-package/{asked['ModelPackageGroupName']}/{version}"
        made = {**asked, "ModelPackageArn": arn, "ModelPackageVersion": version, "CreationTime": time.time(),
                "ModelPackageStatus": "Completed", "ModelPackageStatusDetails": {"ValidationStatuses": []},
                "ModelPackageName": arn.rpartition("/")[0].rpartition("/")[2]}  # fmt: skip
        group.append(made)
        _tell(made, [])
        return made

    def get(self, arn: str) -> dict[str, Any] | None:
        """The package of that ARN."""
        return next(
            (one for each in self.groups.values() for one in each if one["ModelPackageArn"] == arn), None
        )

    def update(self, asked: Mapping[str, Any]) -> dict[str, Any] | None:
        """Approve, reject or describe anew."""
        found = self.get(asked["ModelPackageArn"])
        if found is None:
            return None
        changed = {name: value for name, value in asked.items() if name != "ModelPackageArn"}
        found.update(changed)
        _tell(found, sorted(changed))
        return found


def _tell(package: Mapping[str, Any], changed: list[str]) -> None:
    """SageMaker's own event, which nobody but the service may send."""
    named = ("ModelPackageGroupName", "ModelPackageVersion", "ModelPackageArn", "ModelApprovalStatus")
    detail = {name: package.get(name) for name in named} | {"UpdatedModelPackageFields": changed}
    entry = {
        "Source": "aws.sagemaker",
        "DetailType": "SageMaker Model Package State Change",
        "Detail": json.dumps(detail),
        "Resources": [package["ModelPackageArn"]],
    }
    copy_context().run(_put, entry)


def _put(entry: Mapping[str, Any]) -> None:
    set_request_account_id(ACCOUNT)
    set_request_region(REGION)
    eventbridge._put_events({"Entries": [dict(entry)]}, allow_aws_source=True)
