"""Resource types that the emulator doesn't know and nothing in a rehearsal needs: recorded, never made.

    AWS::CloudTrail::Trail   Ref: its name   Arn: arn:aws:cloudtrail:…:trail/ragtune-dev

Each that is "made" is written to the file of RAGTUNE_NOT_EMULATED, one JSON a line, and printed by name.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.aws.sessions import ACCOUNT, REGION

Made = tuple[str, dict[str, str]]  # what Ref gives, and the attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Placeholder:
    """`ref` and `attributes` are patterns of {name}, {region}, {account}; `named_by` is the property that
    holds the name, by default the logical id."""

    type: str
    ref: str = "{name}"
    named_by: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)

    def create(self, logical_id: str, properties: Mapping[str, Any], stack: str) -> Made:
        """Remember it and say that it is there."""
        name = str(properties.get(self.named_by) or f"{stack}-{logical_id}")
        values = {"name": name, "region": REGION, "account": ACCOUNT}
        line = json.dumps({"type": self.type, "name": logical_id, "stack": stack})
        with Path(os.environ["RAGTUNE_NOT_EMULATED"]).open("a", encoding="utf-8") as record:
            record.write(line + "\n")
        return self.ref.format(**values), {k: v.format(**values) for k, v in self.attributes.items()}

    def update(self, physical_id: str, *_: object) -> Made:
        """It stays the same."""
        values = {"name": physical_id, "region": REGION, "account": ACCOUNT}
        return physical_id, {k: v.format(**values) for k, v in self.attributes.items()}

    @staticmethod
    def delete(*_: object) -> None:
        """Nothing was made."""


_RESOLVER = "AWS::Route53Resolver::"
_SCALING = "arn:aws:application-autoscaling:{region}:{account}:"
PLACEHOLDERS = (
    Placeholder(
        type="AWS::CloudTrail::Trail",
        named_by="TrailName",
        attributes={"Arn": "arn:aws:cloudtrail:{region}:{account}:trail/{name}"},
    ),
    Placeholder(type="AWS::Budgets::Budget"),
    Placeholder(type="AWS::EC2::FlowLog", attributes={"Id": "{name}"}),
    Placeholder(type="AWS::IAM::ServiceLinkedRole", attributes={"RoleName": "{name}"}),
    Placeholder(type="AWS::Organizations::Policy", attributes={"Id": "{name}"}),
    Placeholder(type=f"{_RESOLVER}FirewallDomainList", attributes={"Id": "{name}"}),
    Placeholder(type=f"{_RESOLVER}FirewallRuleGroup", attributes={"Id": "{name}"}),
    Placeholder(type=f"{_RESOLVER}FirewallRuleGroupAssociation", attributes={"Id": "{name}"}),
    Placeholder(type=f"{_RESOLVER}ResolverQueryLoggingConfig", attributes={"Id": "{name}"}),
    Placeholder(type=f"{_RESOLVER}ResolverQueryLoggingConfigAssociation", attributes={"Id": "{name}"}),
    Placeholder(type="AWS::ApplicationAutoScaling::ScalableTarget", ref=_SCALING + "scalable-target/{name}"),
    Placeholder(
        type="AWS::ApplicationAutoScaling::ScalingPolicy",
        ref=_SCALING + "scalingPolicy:{name}",
        attributes={"Arn": _SCALING + "scalingPolicy:{name}"},
    ),
    Placeholder(
        type="AWS::CloudWatch::CompositeAlarm",
        named_by="AlarmName",
        attributes={"Arn": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}"},
    ),
)
