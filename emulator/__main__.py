"""`make deploy-local`: a deployment rehearsed on this machine, from bootstrap to what its teardown leaves.

    python -m emulator                             config/rehearsal.toml: deploy, use, attack, destroy
    python -m emulator --config config/prod.toml   an own file, the same way
    python -m emulator --keep                      stays up after the flow, until Ctrl+C
    python -m emulator --short                     what CI runs

Needs `make .venv-emulator/.ready`, a JDK 17, Maven and openssl. Everything lies in .ragtune/local-cloud.
"""

import argparse
import signal
import sys
import time
from pathlib import Path

from emulator.cloud import CloudMissing, LocalCloud
from emulator.deployment import Cdk, DeploymentFailed
from emulator.ending import until_ended
from emulator.flow import Step, attacks, controls, documents, faults, models, questions
from emulator.grants import FILE, take_away
from emulator.load import under_load
from emulator.opensearch import NodeMissing
from emulator.rehearsal import Rehearsal, bring_up, how_to_ask, tell, tell_left
from emulator.stage import Stage, Unexpected, require
from emulator.teardown import leave
from ragtune.deployment import load_deployment
from ragtune.errors import RagtuneError

_FOLDER = Path(".ragtune/local-cloud")


def main() -> int:
    """0 when every step saw what it has to."""
    parser = argparse.ArgumentParser(prog="python -m emulator", description="Rehearse a deployment.")
    parser.add_argument("--config", type=Path, default=Path("config/rehearsal.toml"))
    parser.add_argument("--keep", action="store_true", help="leave it up after the flow")
    parser.add_argument("--short", action="store_true", help="no faults but three, few grants, a short load")
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that every process of ours is ended
    try:
        return _rehearse(given.config, keep=given.keep, short=given.short)
    except (CloudMissing, NodeMissing, DeploymentFailed, Unexpected, RagtuneError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _rehearse(config: Path, *, keep: bool, short: bool) -> int:
    start, deployment = time.monotonic(), load_deployment(config)
    with LocalCloud(_FOLDER, region=deployment.aws.region, engine=deployment.aws.search.engine) as cloud:
        tell(f"local cloud up in {time.monotonic() - start:.0f} s")
        cdk = Cdk(cloud, config.absolute())
        stage = Stage(cloud, deployment, cdk)
        bring_up(cloud, cdk)
        rehearsal = Rehearsal(stage, cloud.folder)
        rehearsal.run(_steps(stage, short=short))
        _measure(stage, rehearsal, short=short)
        if keep:
            tell(how_to_ask(cloud, stage))
            until_ended()
        tell_left(leave(stage, cdk))
    held = rehearsal.done - rehearsal.failed
    tell(f"{held} of {rehearsal.done} steps held, {time.monotonic() - start:.0f} s in all")
    return int(rehearsal.failed > 0)


def _steps(stage: Stage, *, short: bool) -> list[Step]:
    """Documents, questions, models; then what goes wrong."""
    served = stage.deployment.aws.model is not None
    way = models.SHORT if short else models.STEPS
    steps = [*documents.STEPS, *questions.STEPS, *attacks.STEPS, *(way if served else ())]
    steps += faults.SHORT if short else (*faults.STEPS, *(faults.OF_MODELS if served else ()))
    return [*steps, *controls.STEPS]


def _measure(stage: Stage, rehearsal: Rehearsal, *, short: bool) -> None:
    """Grants taken away, then the load: both leave a file in .ragtune."""

    def grants(_: Stage) -> str:
        rows = take_away(stage, most=6 if short else None, tell=tell)
        tried = [row for row in rows if row.evaluated_here]
        missed = [row.grant for row in tried if not row.caught]
        require(not missed, "every grant that is evaluated is missed when it is gone", seen=missed)
        return f"{len(tried)} taken away and missed, {len(rows) - len(tried)} held by assertions: {FILE}"

    def load(_: Stage) -> str:
        figures = under_load(stage, seconds=15) if short else under_load(stage)
        return ", ".join(f"{name} {value:g}" for name, value in figures.items())

    rehearsal.run(
        (
            Step(what="grants are taken away in turn", run=grants),
            Step(what="fifty callers at once, a model of fixed latency behind", run=load),
        )
    )


if __name__ == "__main__":
    sys.exit(main())
