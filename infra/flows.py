"""Who in the VPC calls what, and why: ONE table that makes endpoints, their policies and the groups' rules.

    caller        service            why
    ingest     →  s3                 reads pages and their files, remembers what was set aside

What is not in the table has no way. An endpoint costs money by zone and hour, so a service that does
not pass the VPC has no row: Lambda's logs, its polls of a queue, SageMaker's image pull, encryption at rest.
"""

import re
from dataclasses import dataclass
from typing import Literal

from ragtune.network_settings import CALLERS, SERVICES
from ragtune.settings import Settings

HTTPS = 443


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What can be reached. `names` resolve inside the VPC, `actions` on `resources` pass its endpoint.

    {name}, {region}, {account} and {partition} are filled in; `why_any` says why a resource ends in a star.
    """

    name: str
    kind: Literal["gateway", "interface", "inside"]
    names: tuple[str, ...]
    actions: tuple[str, ...] = ()
    resources: tuple[str, ...] = ()
    why_any: str = ""
    named: bool = False  # passes roles of this deployment alone, and those that its file names

    def __post_init__(self) -> None:
        if self.name not in SERVICES:
            raise ValueError(f"name: {self.name!r} is none of {', '.join(SERVICES)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One row. `why` becomes the rule's description, for which EC2 allows few characters."""

    caller: str
    service: str
    why: str

    def __post_init__(self) -> None:
        if self.caller not in CALLERS:
            raise ValueError(f"caller: {self.caller!r} is none of {', '.join(CALLERS)}")
        if not re.fullmatch(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{10,200}", self.why):
            raise ValueError(
                f"why: {self.why!r} is not 10 to 200 characters that a rule's description may hold"
            )


TABLE = tuple(
    Flow(caller=caller, service=service, why=why)
    for caller, service, why in (
        ("ingest", "s3", "reads pages and their files, remembers what was set aside"),
        ("ingest", "search", "writes documents and their chunks"),
        ("answer", "search", "finds passages"),
        ("answer", "s3", "hands out attachments and keeps the record of each answer"),
        ("answer", "sagemaker.runtime", "asks the model, when one is deployed"),
        ("search_setup", "search", "maps roles, probes the analyser and puts the index template"),
        ("users", "execute-api", "internal apps and the office ask questions"),
        ("users", "sagemaker.runtime", "named roles of internal apps ask the model directly"),
    )
)

EMBEDS = Flow(caller="ingest", service="sagemaker.runtime", why="has vectors made of chunks")


def table(product: Settings) -> tuple[Flow, ...]:
    """The rows of a deployment with these settings."""
    return (*TABLE, EMBEDS) if product.embedder.url else TABLE


CATALOGUE = {
    service.name: service
    for service in (
        Service(
            name="s3",
            kind="gateway",
            names=("s3.{region}.amazonaws.com", "*.s3.{region}.amazonaws.com"),
            actions=(
                "s3:GetObject",
                "s3:GetObjectVersion",
                "s3:PutObject",
                "s3:DeleteObject",
                "s3:ListBucket",
                "s3:ListBucketVersions",
            ),
            resources=("arn:{partition}:s3:::{name}-*", "arn:{partition}:s3:::{name}-*/*"),
            why_any="later stacks create this deployment's own buckets",
        ),
        Service(
            name="execute-api",
            kind="interface",
            names=("*.execute-api.{region}.amazonaws.com",),
            actions=("execute-api:Invoke",),
            resources=("arn:{partition}:execute-api:{region}:{account}:*/*",),
            why_any="the API is created after its endpoint, which its own policy names",
        ),
        Service(
            name="sagemaker.runtime",
            kind="interface",
            names=("runtime.sagemaker.{region}.amazonaws.com",),
            actions=("sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"),
            resources=(
                "arn:{partition}:sagemaker:{region}:{account}:endpoint/{name}-*",
                "arn:{partition}:sagemaker:{region}:{account}:inference-component/{name}-*",
            ),
            why_any="later stacks create this deployment's own model endpoints and what stands on them",
            named=True,
        ),
        Service(name="search", kind="inside", names=("*.{region}.es.amazonaws.com",)),
    )
}


def needed(kind: str) -> tuple[Service, ...]:
    """The services of that kind that someone in the table calls, in the catalogue's order."""
    called = {flow.service for flow in TABLE}
    return tuple(each for each in CATALOGUE.values() if each.kind == kind and each.name in called)


def dns_names(region: str) -> tuple[str, ...]:
    """Every name that resolves in the VPC: the table's services and the VPC's own hosts."""
    called = {flow.service for flow in TABLE}
    services = [name for each in CATALOGUE.values() if each.name in called for name in each.names]
    own = ["{region}.compute.internal", "*.{region}.compute.internal"]
    return tuple(name.format(region=region) for name in [*services, *own])
