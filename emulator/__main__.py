"""`make deploy-local`: a deployment rehearsed on this machine, from bootstrap to what its teardown leaves.

    python -m emulator                             config/rehearsal.toml: deploy, use, attack, destroy
    python -m emulator --config config/prod.toml   an own file, the same way
    python -m emulator --keep                      stays up after the flow, until Ctrl+C

Needs `make .venv-emulator/.ready`, a JDK 17, Maven and openssl. Everything lies in .ragtune/local-cloud.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from emulator.cloud import CloudMissing, LocalCloud
from emulator.deployment import Cdk, DeploymentFailed
from emulator.flow import documents, questions
from emulator.opensearch import NodeMissing
from emulator.rehearsal import Rehearsal, bring_up, how_to_ask, tell, tell_left
from emulator.stage import Stage, Unexpected
from emulator.teardown import leave
from ragtune.deployment import load_deployment
from ragtune.errors import RagtuneError

_FOLDER = Path(".ragtune/local-cloud")


def main() -> int:
    """0 when every step saw what it has to."""
    parser = argparse.ArgumentParser(prog="python -m emulator", description="Rehearse a deployment.")
    parser.add_argument("--config", type=Path, default=Path("config/rehearsal.toml"))
    parser.add_argument("--keep", action="store_true", help="leave it up after the flow")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process of ours is ended
    try:
        return _rehearse(given.config, keep=given.keep)
    except (CloudMissing, NodeMissing, DeploymentFailed, Unexpected, RagtuneError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _rehearse(config: Path, *, keep: bool) -> int:
    start, deployment = time.monotonic(), load_deployment(config)
    with LocalCloud(_FOLDER, region=deployment.aws.region, engine=deployment.aws.search.engine) as cloud:
        tell(f"local cloud up in {time.monotonic() - start:.0f} s")
        cdk, stage = Cdk(cloud, config.absolute()), Stage(cloud, deployment)
        bring_up(cloud, cdk)
        rehearsal = Rehearsal(stage, cloud.folder)
        rehearsal.run((*documents.STEPS, *questions.STEPS))
        if keep:
            tell(how_to_ask(cloud, stage))
            signal.sigwait({signal.SIGINT, signal.SIGTERM})
        tell_left(leave(stage, cdk))
    held = rehearsal.done - rehearsal.failed
    tell(f"{held} of {rehearsal.done} steps held, {time.monotonic() - start:.0f} s in all")
    return int(rehearsal.failed > 0)


if __name__ == "__main__":
    sys.exit(main())
