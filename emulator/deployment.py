"""The real CDK command line on a local cloud: bootstrap, deploy, destroy, each with a hard time limit."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from emulator.cloud import ACCOUNT, ROOT, LocalCloud, _node_folder

_CLI = ROOT / "node_modules" / "aws-cdk" / "bin" / "cdk"
_LIMIT_S = 420


class DeploymentFailed(Exception):
    """What CDK said in its last lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """`resources` are those of all stacks, `seconds` what the command took."""

    seconds: float
    resources: int


class Cdk:
    """Works on the stacks of `config` in `cloud`."""

    def __init__(self, cloud: LocalCloud, config: Path) -> None:
        self._cloud, self._config = cloud, config
        self._bundles = cloud.folder / "bundles"

    def bundles(self) -> None:
        """Those of the deployment, for the emulator's interpreter."""
        here = {"RAGTUNE_BUNDLES_HERE": str(self._bundles)}
        self._run([sys.executable, "-m", "infra.assets", str(self._config)], here)

    def bootstrap(self) -> float:
        """CDK's own bucket and roles. Seconds."""
        return self._cdk("bootstrap", f"aws://{ACCOUNT}/{self._cloud.region}")

    def deploy(self, *stacks: str) -> Deployed:
        """All stacks, or those. Raises DeploymentFailed."""
        wanted = [*stacks, "--exclusively"] if stacks else ["--all"]
        seconds = self._cdk("deploy", *wanted, "--require-approval", "never", "--concurrency", "2")
        return Deployed(seconds=seconds, resources=len(self.resources()))

    def destroy(self) -> float:
        """All stacks. Seconds."""
        return self._cdk("destroy", "--all", "--force")

    def resources(self) -> list[dict[str, str]]:
        """Of all stacks but CDK's own."""
        api = self._cloud.client("cloudformation")
        names = [one["StackName"] for one in api.describe_stacks()["Stacks"]]
        found = []
        for name in names:
            if name != "CDKToolkit":
                found += api.describe_stack_resources(StackName=name)["StackResources"]
        return found

    def _cdk(self, *arguments: str) -> float:
        start = time.monotonic()
        output = ["--output", str(self._cloud.folder / "cdk.out"), "--ci", "true"]
        given = [*arguments, "-c", f"config={self._config}", "--app", f"{sys.executable} app.py", *output]
        node = _node_folder()
        self._run([str(node / "bin" / "node"), str(_CLI), *given], {})
        return time.monotonic() - start

    def _run(self, command: list[str], more: dict[str, str]) -> None:
        log = self._cloud.folder / "deployment.log"
        environment = os.environ | self._cloud.environment | self._own() | more
        with log.open("ab") as file:
            try:
                done = subprocess.run(  # noqa: S603  our own tools
                    command,
                    env=environment,
                    cwd=ROOT,
                    stdout=file,
                    stderr=file,
                    timeout=_LIMIT_S,
                    check=False,
                )
            except subprocess.TimeoutExpired:
                raise DeploymentFailed(f"{command[-1]}: not done after {_LIMIT_S} s; see {log}") from None
        if done.returncode:
            said = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-15:]
            raise DeploymentFailed("\n".join(said))

    def _own(self) -> dict[str, str]:
        return {
            "RAGTUNE_BUNDLES": str(self._bundles),
            "CDK_VALIDATION": "false",  # `make synth` validates these templates
            "CDK_HOME": str(self._cloud.folder / "cdk-home"),
            "CDK_DISABLE_CLI_TELEMETRY": "true",
            "CDK_DEFAULT_ACCOUNT": ACCOUNT,
            "CDK_DEFAULT_REGION": self._cloud.region,
            "PYTHONPATH": str(ROOT),
        }
