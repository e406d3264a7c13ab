"""SageMaker's types in CloudFormation, made by the stand-in, on worker threads: they wait for servers."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from ministack.services.cloudformation import provisioners, stacks

from emulator.aws.models.endpoints import NotServing
from emulator.aws.models.service import Models
from emulator.aws.sessions import ACCOUNT, REGION

_Properties = Mapping[str, Any]
_Made = tuple[str, dict[str, str]]
PREFIX = "AWS::SageMaker::"


def lacks() -> bool:
    """Whether the emulator has none of them."""
    return not any(name.startswith(PREFIX) for name in provisioners._RESOURCE_HANDLERS)


def add(models: Models) -> None:
    """Let CloudFormation make them by `models`."""
    made = models.endpoints
    for name, put, remove in (
        ("ModelPackageGroup", lambda p: models.packages.groups.setdefault(p["ModelPackageGroupName"], []),
         lambda name: models.packages.groups.pop(name, None)),
        ("Pipeline", lambda p: _put_pipeline(models, p), lambda name: models.pipelines.known.pop(name, None)),
        ("Model", lambda p: made.models.update({p["ModelName"]: p}), lambda n: made.remove("models", n)),
        ("EndpointConfig", lambda p: made.configurations.update({p["EndpointConfigName"]: p}),
         lambda n: made.remove("configurations", n)),
        ("Endpoint", made.put_endpoint, lambda n: made.remove("endpoints", n)),
        ("InferenceComponent", made.put_component, lambda n: made.remove("components", n)),
    ):  # fmt: skip
        provisioners._RESOURCE_HANDLERS[PREFIX + name] = _handlers(name, put, remove)
    own = stacks._runs_on_worker_thread
    stacks._runs_on_worker_thread = lambda kind: kind.startswith(PREFIX) or own(kind)


def _handlers(
    kind: str, put: Callable[[_Properties], object], remove: Callable[[str], object]
) -> dict[str, Callable[..., Any]]:
    key = {"ModelPackageGroup": "ModelPackageGroupName"}.get(kind, f"{kind}Name")

    def create(logical_id: str, properties: _Properties, stack: str) -> _Made:
        named = {**properties, key: properties.get(key) or f"{stack}-{logical_id}"}
        try:
            put(named)
        except NotServing as error:
            raise ValueError(str(error)) from None
        return _made(kind, key, str(named[key]))

    def update(physical_id: str, old: _Properties, new: _Properties, stack: str, *_: Any) -> _Made:
        if new.get(key) and new[key] != old.get(key):
            return create("", new, stack)  # another name: a new one, the old one goes when all stands
        return create("", {**new, key: _named(physical_id)}, stack)

    def delete(physical_id: str, _: _Properties) -> None:
        remove(_named(physical_id))

    return {"create": create, "update": update, "delete": delete}


def _made(kind: str, key: str, name: str) -> _Made:
    """Ref gives an ARN for all but pipelines; every attribute that the templates ask for."""
    service = {"ModelPackageGroup": "model-package-group", "EndpointConfig": "endpoint-config",
               "InferenceComponent": "inference-component"}.get(kind, kind.lower())  # fmt: skip
    arn = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{service}/{name}"
    attributes = {key: name, f"{kind}Arn": arn, "Arn": arn}
    return (name if kind == "Pipeline" else arn), attributes


def _named(physical_id: str) -> str:
    return physical_id.rpartition("/")[2]


def _put_pipeline(models: Models, properties: _Properties) -> None:
    told = properties["PipelineDefinition"]["PipelineDefinitionBody"]
    text = told if isinstance(told, str) else json.dumps(told)
    known = {"definition": text, "role": properties["RoleArn"]}
    models.pipelines.known[properties["PipelineName"]] = known
