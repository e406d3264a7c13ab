"""Templates of a deployment, made in this process: the kernel starts once, each synth then takes a second."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("CDK_VALIDATION", "false")  # the built-in rules: 8 s; test_app runs them once

from infra.assets import LAMBDAS, digest, stage
from infra.stacks import compose

import aws_cdk as cdk  # isort: skip

from ragtune.deployment import Deployment, FunctionSettings, load_deployment

Template = dict[str, Any]
Compose = Callable[[cdk.App, Deployment, Path], object]
FLAGS = json.loads(Path("cdk.json").read_text(encoding="utf-8"))["context"]


def synthesise(deployment: Deployment, composed: Compose = compose) -> dict[str, Template]:
    """Templates by stack, without the deployment's name: {"landing-zone": {"Resources": …}}."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as bundles:
        own_modules(Path(bundles), deployment.aws.functions)
        app = cdk.App(context=FLAGS, analytics_reporting=False, outdir=folder)
        composed(app, deployment, Path(bundles))
        app.synth()
        found = {
            path.name.removeprefix(f"{deployment.aws.name}-").removesuffix(".template.json"): json.loads(
                path.read_text(encoding="utf-8")
            )
            for path in Path(folder).glob("*.template.json")
        }
    assert found
    return found


def own_modules(bundles: Path, functions: FunctionSettings) -> None:
    """Every function's bundle but for its wheels, which need a network and which no template shows."""
    for handler in LAMBDAS.glob("*/handler.py"):
        stage(handler.parent, bundles / f"{handler.parent.name}-{digest(handler.parent, functions)}")


def profile(name: str) -> Deployment:
    """A shipped deployment."""
    return load_deployment(Path(f"config/{name}.toml"))


def whole(templates: dict[str, Template]) -> Template:
    """Every resource of every stack in one template, by stack/logical id; references keep their own."""
    resources = {
        f"{stack}/{name}": resource
        for stack, template in templates.items()
        for name, resource in template["Resources"].items()
    }
    return {"Resources": resources}
