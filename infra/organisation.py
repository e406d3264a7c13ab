"""For the organisation's management account, once: AI services keep no content, data stay in a perimeter."""

from typing import Any

from aws_cdk import aws_organizations as organizations
from constructs import Construct

from infra.perimeter import resource_policy, service_policy
from infra.stack import DeploymentStack
from ragtune.deployment import Deployment
from ragtune.organisation_settings import OrganisationSettings, PerimeterSettings

_NOBODY_ELSE = {"@@operators_allowed_for_child_policies": ["@@none"]}
_OPT_OUT = {
    "services": {
        **_NOBODY_ELSE,
        "default": {**_NOBODY_ELSE, "opt_out_policy": {**_NOBODY_ELSE, "@@assign": "optOut"}},
    }
}


class Organisation(DeploymentStack):
    """The opt-out policy on the file's targets, which no account below can undo; a perimeter if asked for."""

    def __init__(self, scope: Construct, *, deployment: Deployment, settings: OrganisationSettings) -> None:
        super().__init__(
            scope, "organisation", deployment=deployment, description="AI services keep no content of ours"
        )
        self._name, self._targets = deployment.aws.name, list(settings.targets)
        self._policy("AiOptOut", "ai-opt-out", "AISERVICES_OPT_OUT_POLICY", _OPT_OUT)
        if settings.perimeter:
            self._bound(deployment, settings.perimeter)

    def _bound(self, deployment: Deployment, perimeter: PerimeterSettings) -> None:
        who = resource_policy(perimeter)
        self._policy("OwnIdentities", "own-identities", "RESOURCE_CONTROL_POLICY", who)
        where = service_policy(deployment.aws, perimeter)
        self._policy("OwnResources", "own-resources", "SERVICE_CONTROL_POLICY", where)

    def _policy(self, label: str, name: str, kind: str, content: dict[str, Any]) -> None:
        organizations.CfnPolicy(
            self,
            label,
            name=f"{self._name}-{name}",
            type=kind,
            target_ids=self._targets,
            content=content,
        )
