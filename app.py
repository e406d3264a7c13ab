"""The cloud of one deployment: `python app.py`, or `cdk deploy --all -c config=config/prod.toml`.

Writes CloudFormation templates to cdk.out. Calls nobody: the same files give the same templates anywhere.
"""

import json
import sys
from pathlib import Path

from infra.stacks import compose  # first: it finds Node for aws_cdk

import aws_cdk as cdk  # isort: skip

from ragtune.deployment import load_deployment
from ragtune.errors import SettingsError

ROOT = Path(__file__).parent


def main() -> None:
    """Synthesise the deployment that the context names; by default dev."""
    flags = json.loads((ROOT / "cdk.json").read_text(encoding="utf-8"))["context"]
    app = cdk.App(context=flags, analytics_reporting=False, stack_traces=False)
    config = app.node.try_get_context("config")
    try:
        compose(app, load_deployment(ROOT / config))
        app.synth()
    except (SettingsError, RuntimeError) as error:  # RuntimeError: what the rules found
        sys.exit(str(error))


if __name__ == "__main__":
    main()
