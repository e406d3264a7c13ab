"""The cloud of one deployment: `python app.py`, or `cdk deploy --all -c config=config/prod.toml`.

Writes CloudFormation templates to cdk.out. Calls nobody: the same files give the same templates anywhere.
"""

import json
import os
import sys
from pathlib import Path

from infra.stacks import compose  # first: it finds Node for aws_cdk

import aws_cdk as cdk  # isort: skip

from infra.assets import BUNDLES
from ragtune.deployment import load_deployment
from ragtune.errors import BadInput

ROOT = Path(__file__).parent


def main() -> None:
    """Synthesise the deployment that the context names; by default dev."""
    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context=flags, analytics_reporting=False, stack_traces=False)
    config = app.node.try_get_context("config")
    try:
        bundles = Path(os.environ.get("RAGTUNE_BUNDLES", BUNDLES))
        compose(app, load_deployment(ROOT / config), bundles)
        app.synth()
    except (BadInput, RuntimeError) as error:  # RuntimeError: what the rules found
        sys.exit(str(error))


if __name__ == "__main__":
    main()
