"""What every stack of a deployment has: name, region, zones and tags, all from its file.

Nothing is looked up: the zones come from the file, the account is the one that the credentials belong to.
"""

import aws_cdk as cdk
from constructs import Construct

from infra.safeguards import NAME, acknowledge
from ragtune.deployment import Deployment

# CDK's own functions. They stand outside the VPC, see no document, question or answer, and may touch no data.
PROVIDERS = {
    "Custom::VpcRestrictDefaultSGCustomResourceProvider": (
        "Takes the rules out of the VPC's default security group; may do that to this one group, no more."
    ),
}


class DeploymentStack(cdk.Stack):
    """A stack of `deployment`, named after it and the part it holds: ragtune-dev-landing-zone."""

    def __init__(self, scope: Construct, part: str, *, deployment: Deployment, description: str) -> None:
        self._zones = list(deployment.zones)
        name = f"{deployment.aws.name}-{part}"
        super().__init__(
            scope,
            name,
            env=cdk.Environment(region=deployment.aws.region),
            description=description,
            tags={"deployment": deployment.aws.name, "part": part},
            termination_protection=deployment.aws.retention.keep,
        )

    @property
    def availability_zones(self) -> list[str]:
        """The zones of the file: CDK would ask the account."""
        return self._zones


def acknowledge_providers(app: cdk.App) -> None:
    """Give the reasons for those of PROVIDERS that the stacks of `app` have."""
    for stack in app.node.children:
        for name, reason in PROVIDERS.items():
            provider = stack.node.try_find_child(name)
            if provider is not None:
                acknowledge(provider, f"{NAME}::outside-vpc", reason)
