"""For the organisation's management account, once: AWS's AI services may not keep or learn from content."""

from aws_cdk import aws_organizations as organizations
from constructs import Construct

from infra.stack import DeploymentStack
from ragtune.deployment import Deployment, OrganisationSettings


class Organisation(DeploymentStack):
    """The opt-out policy on the file's targets; accounts below them can't opt in again."""

    def __init__(self, scope: Construct, *, deployment: Deployment, settings: OrganisationSettings) -> None:
        super().__init__(
            scope, "organisation", deployment=deployment, description="AI services keep no content of ours"
        )
        organizations.CfnPolicy(
            self,
            "AiOptOut",
            name=f"{deployment.aws.name}-ai-opt-out",
            type="AISERVICES_OPT_OUT_POLICY",
            target_ids=list(settings.targets),
            content={
                "services": {
                    "@@operators_allowed_for_child_policies": ["@@none"],
                    "default": {
                        "@@operators_allowed_for_child_policies": ["@@none"],
                        "opt_out_policy": {
                            "@@operators_allowed_for_child_policies": ["@@none"],
                            "@@assign": "optOut",
                        },
                    },
                }
            },
        )
