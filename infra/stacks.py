"""Every stack of one deployment, composed and granted here and nowhere else."""

from pathlib import Path

import aws_cdk as cdk

from infra.answering import Answering
from infra.assets import BUNDLES
from infra.finding_models import let_ask
from infra.functions import Functions
from infra.ingestion import Ingestion
from infra.landing_zone import LandingZone
from infra.model_endpoint import ModelEndpoint
from infra.observability import Observability
from infra.organisation import Organisation
from infra.promotion import Promotion
from infra.safeguards import apply_rules
from infra.search_domain import SearchDomain
from infra.stack import acknowledge_providers
from infra.training_pipeline import TrainingPipeline
from ragtune.deployment import Deployment


def compose(app: cdk.App, deployment: Deployment, bundles: Path = BUNDLES) -> None:
    """Put the stacks of `deployment` into `app`, with the rules that its synth has to pass.

    Raises BadInput when a function's bundle is not in `bundles`.
    """
    apply_rules(app)
    zone = LandingZone(app, deployment=deployment)
    functions = Functions(
        aws=deployment.aws, bundles=bundles, network=zone.network, log_key=zone.keys["logs"]
    )
    search = SearchDomain(app, deployment=deployment, landing_zone=zone, functions=functions)
    ingestion = Ingestion(app, deployment=deployment, landing_zone=zone, search=search, functions=functions)
    search.grant_write(ingestion.role)
    answering = Answering(app, deployment=deployment, landing_zone=zone, search=search, functions=functions)
    search.grant_read(answering.role)
    ingestion.grant_files(answering.role)
    ingestion.grant_words(answering.role)
    ingestion.grant_feedback(answering.role)
    let_ask(deployment, ingests=ingestion.role, answers=answering.role)
    Observability(app, deployment=deployment, landing_zone=zone)
    if deployment.aws.training:
        TrainingPipeline(app, deployment=deployment, landing_zone=zone, settings=deployment.aws.training)
    if endpoint := deployment.aws.endpoint:
        promotion = Promotion(app, deployment=deployment, landing_zone=zone, endpoint=endpoint)
        promotion.grant_invoke(answering.role)
        model = ModelEndpoint(app, deployment=deployment, landing_zone=zone, endpoint=endpoint)
        model.add_stack_dependency(promotion, "the parameter of what serves")
    if deployment.aws.organisation:
        Organisation(app, deployment=deployment, settings=deployment.aws.organisation)
    acknowledge_providers(app)
