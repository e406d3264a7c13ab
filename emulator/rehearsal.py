"""One rehearsal: a deployment brought up in a local cloud, used and attacked step by step, taken down.

    ✓ 1 a signed question is answered with citations and recorded for good   0.4 s
      결합 회선 수에 따른 월 할인 … [온가족 결합]

Every step goes to transcript.jsonl in the cloud's folder, too: {"step", "what", "seen", "seconds", "held"}.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from emulator.cloud import LocalCloud
from emulator.deployment import Cdk, Deployed
from emulator.flow import Step
from emulator.stage import Stage, Unexpected
from emulator.teardown import Left


class Rehearsal:
    """Runs steps on `stage` and tells. `failed` counts those that saw something unexpected."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self._stage, self._file = stage, folder / "transcript.jsonl"
        self.done = self.failed = 0

    def run(self, steps: Iterable[Step]) -> None:
        """In their order; a step that fails does not hold up the others."""
        for step in steps:
            self.done += 1
            start = time.monotonic()
            try:
                seen, held = step.run(self._stage), True
            except Unexpected as error:
                seen, held = str(error), False
                self.failed += 1
            seconds = time.monotonic() - start
            tell(f"{'✓' if held else '✗'} {self.done:2} {step.what}   {seconds:.1f} s\n     {seen}")
            line = {"step": self.done, "what": step.what, "seen": seen, "seconds": round(seconds, 2)}
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(line | {"held": held}, ensure_ascii=False) + "\n")


def tell(line: str) -> None:
    """To the screen, at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def bring_up(cloud: LocalCloud, cdk: Cdk) -> Deployed:
    """Bundles, bootstrap, every stack; tells what was not emulated, by name."""
    cdk.bundles()
    tell(f"bootstrap {cdk.bootstrap():.0f} s")
    deployed = cdk.deploy()
    tell(f"deployed {deployed.resources} resources in {deployed.seconds:.0f} s")
    missing = cloud.not_emulated()
    kinds = Counter(one["type"] for one in missing)
    tell(f"not emulated: {len(missing)} of them, recorded and nothing more")
    for kind in sorted(kinds):
        names = sorted(one["name"] for one in missing if one["type"] == kind)
        tell(f"  {kind}: {', '.join(names)}")
    return deployed


def tell_left(left: Left) -> None:
    """What a teardown left."""
    found = ", ".join(sorted(left.found)) or "nothing"
    tell(f"destroyed in {left.seconds:.0f} s; left, as the file says: {found}")


def how_to_ask(cloud: LocalCloud, stage: Stage) -> str:
    """For whoever goes on by hand."""
    variables = "\n".join(f"  export {name}={value}" for name, value in cloud.environment.items())
    by = stage.desk
    return f"""
The local cloud is up; Ctrl+C takes it down. In another shell, as the account's root:

{variables}
  .venv/bin/ragtune bulk status --config {stage.deployment.path}
  .venv/bin/ragtune deadletters --config {stage.deployment.path}

and a question, as the role that sees most:

  curl --aws-sigv4 "aws:amz:{cloud.region}:execute-api" \\
    --user '{by["aws_access_key_id"]}:{by["aws_secret_access_key"]}' \\
    -H 'x-amz-security-token: {by["aws_session_token"]}' -H 'content-type: application/json' \\
    -d '{{"question":"온가족 결합의 2회선 월 할인은 얼마인가요?","stream":false}}' {stage.url("/ask")}
"""
