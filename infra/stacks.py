"""Every stack of one deployment, composed and granted here and nowhere else."""

import aws_cdk as cdk

from infra.landing_zone import LandingZone
from infra.organisation import Organisation
from infra.safeguards import apply_rules
from infra.stack import acknowledge_providers
from ragtune.deployment import Deployment


def compose(app: cdk.App, deployment: Deployment) -> None:
    """Put the stacks of `deployment` into `app`, with the rules that its synth has to pass."""
    apply_rules(app)
    LandingZone(app, deployment=deployment)
    if deployment.aws.organisation:
        Organisation(app, deployment=deployment, settings=deployment.aws.organisation)
    acknowledge_providers(app)
