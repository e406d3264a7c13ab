"""Custom resource: roles, who has them, analyser and index of the search domain. In the VPC, as its master.

    {"RequestType": "Create", "ResourceProperties": {"Manifest": "{\"parser\": \"2\", …}",
     "Readers": ["arn:aws:iam::123456789012:role/ragtune-dev-answer"], "Writers": […], "Operators": [],
     "Snapshots": {"bucket": "…", "region": "…", "role_arn": "…"}}}
      → {"PhysicalResourceId": "search-setup",
         "Data": {"Index": "ragtune-0001", "Differs": "", "NoSnapshots": ""}}

Calling it again changes nothing that is as it should be. Deleting the resource leaves everything: it goes
with the domain. An index that was made by other settings stays and is told: `ragtune index rebuild` follows.
"""

import json
from typing import Any

from environment import settings

from ragtune.errors import RagtuneError
from ragtune.manifest import Manifest
from ragtune.records import decode
from ragtune.wiring import set_up_search

PLACE = "search-setup"


class AnalyserMissing(RagtuneError):
    """The domain can't analyse Korean as the settings ask."""


def handler(event: dict[str, Any], _: object) -> dict[str, Any]:
    """One call of CDK's provider. Raises what is wrong: CloudFormation then rolls back."""
    if event["RequestType"] == "Delete":
        return {"PhysicalResourceId": event["PhysicalResourceId"]}
    asked, place = event["ResourceProperties"], settings()
    callers = {"reader": asked["Readers"], "writer": asked["Writers"], "operator": asked["Operators"]}
    manifest = decode(Manifest, json.loads(asked["Manifest"]))
    done = set_up_search(place, callers, manifest, snapshots=asked["Snapshots"])
    if "nori" in place.index.views and not done["nori"]:
        raise AnalyserMissing("the domain has no nori analyser; look at the plug-in's association")
    return {
        "PhysicalResourceId": PLACE,
        "Data": {
            "Index": str(done["index"]),
            "Differs": str(done["differs"]),
            "NoSnapshots": str(done["no_snapshots"]),
        },
    }
