"""The jobs of a pipeline as processes on this machine, with the folders and variables of a container.

    .ragtune/pipelines/model/3f9c21d0a4b7e865/
    ├── execution.json              {"kind": "model", "name": "tuned", "steps": {"train": {"state": "done"}}}
    └── train/{input/data/…,model/,output/data/,checkpoints/,job.log}

An execution is named by what goes into it, so the same command again goes on where it was: steps that are
done are not done again.
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from ragtune import __version__
from ragtune.cli.processes import events
from ragtune.cli.screen import out
from ragtune.cli.stages import reuse
from ragtune.errors import BadInput, RagtuneError
from ragtune.locking import held, is_held
from ragtune.pipelines import REGISTER, Pipeline, Step
from ragtune.records import digest, encode, from_json, to_json
from ragtune.seal import SEAL, file_digests

State = Literal["waiting", "running", "done", "failed"]
CODE = ("training", "inference")
COMPARED_WITH = "reference"  # the model in service: another one makes a new comparison, no new model


@dataclass(frozen=True, slots=True, kw_only=True)
class StepState:
    state: State = "waiting"
    seconds: float = 0.0
    reason: str = ""


@dataclass(slots=True, kw_only=True)
class Execution:
    """One run of a pipeline, as `execution.json` keeps it."""

    kind: str
    name: str
    given: dict[str, Path]  # channel -> folder
    values: dict[str, str]
    started: str
    steps: dict[str, StepState] = field(default_factory=dict)


class LocalRun:
    """Runs the jobs of a pipeline below `root`, one after the other."""

    def __init__(self, pipeline: Pipeline, root: Path, execution: Execution) -> None:
        _require_given(pipeline, execution)
        self.pipeline = pipeline
        self.execution = execution
        self._digests = {name: content(folder) for name, folder in execution.given.items()}
        made_from = {name: one for name, one in self._digests.items() if name != COMPARED_WITH}
        identity = digest([pipeline.kind, execution.name, made_from, execution.values])
        self.folder = root / pipeline.kind / identity
        execution.steps = {step.name: StepState() for step in pipeline.steps}

    def run(self) -> None:
        """Every job. Raises what the first one that fails refuses with; the rest then waits."""
        with held(self.folder, f"{self.folder}"):
            self._run()

    def _run(self) -> None:
        code = code_digest()
        for step in self.pipeline.steps:
            if step.name == REGISTER:
                continue
            start = time.monotonic()
            self._mark(step.name, StepState(state="running"))
            try:
                again = self._step(step, code)
            except (RagtuneError, KeyboardInterrupt) as error:
                spent = round(time.monotonic() - start, 1)
                self._mark(step.name, StepState(state="failed", seconds=spent, reason=str(error)))
                raise
            spent = round(time.monotonic() - start, 1)
            self._mark(step.name, StepState(state="done", seconds=spent))
            out.print(f"  {step.name}: {'unchanged' if again else f'{spent:.1f} s'}", markup=False)

    def output(self, step: str) -> Path:
        """What a step left for others."""
        return self.folder / step / "model"

    def digests(self) -> dict[str, str]:
        """Of everything the run was started with."""
        return dict(self._digests)

    def mark_registered(self) -> None:
        """The registry took the model."""
        self._mark(REGISTER, StepState(state="done"))

    def _step(self, step: Step, code: str) -> bool:
        work = self.folder / step.name
        channels = {name: self._channel(name, made_by) for name, made_by in step.reads.items()}
        values = {name: self._value(name) for name in step.values if self._value(name)}
        inputs = {name: content(folder) for name, folder in channels.items()} | {
            "values": values,
            "code": code,
        }
        return reuse(work, inputs, lambda: self._job(step, work, channels, values))

    def _job(self, step: Step, work: Path, channels: Mapping[str, Path], values: Mapping[str, str]) -> None:
        for said in events(
            "training.start", [step.module], work / "job.log", lay_out(work, channels, values)
        ):
            if said["event"] in ("compared", "done", "merged"):
                out.print(f"    {_short(said)}", markup=False)

    def _channel(self, name: str, made_by: str) -> Path:
        return self.output(made_by) if made_by else self.execution.given[name]

    def _value(self, name: str) -> str:
        return self.execution.values.get(name, self.pipeline.defaults.get(name, ""))

    def _mark(self, step: str, state: StepState) -> None:
        self.execution.steps[step] = state
        path = self.folder / "execution.json"
        new = path.with_suffix(".new")
        new.write_text(to_json(encode(self.execution)) + "\n", encoding="utf-8")
        new.replace(path)


def lay_out(work: Path, channels: Mapping[str, Path], values: Mapping[str, str]) -> dict[str, str]:
    """A container's folders below `work`, and the variables that name them."""
    data = work / "input" / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, folder in channels.items():
        link = data / name
        link.unlink(missing_ok=True)
        link.symlink_to(folder.resolve())
    places = {
        "SM_MODEL_DIR": work / "model",
        "SM_OUTPUT_DATA_DIR": work / "output" / "data",
        "SM_OUTPUT_DIR": work / "output",
        "SM_CHECKPOINT_DIR": work / "checkpoints",
    }
    for folder in places.values():
        folder.mkdir(parents=True, exist_ok=True)
    variables = {name: str(folder) for name, folder in places.items()}
    variables |= {f"SM_CHANNEL_{name.upper()}": str(data / name) for name in channels}
    return variables | {f"SM_HP_{name.upper()}": value for name, value in values.items()}


def content(folder: Path) -> str:
    """The digest of what a folder holds, seal and hidden files left out."""
    if not folder.is_dir():
        raise BadInput(f"{folder}: is no folder; name one that exists")
    if (folder / SEAL).exists():
        return digest(json.loads((folder / SEAL).read_text(encoding="utf-8")))
    return digest(file_digests(folder))


def code_digest() -> str:
    """Of this version and the code of the jobs: what other code made is made anew."""
    root = Path(__file__).parents[2]
    paths = [path for name in CODE for path in sorted((root / name).glob("*.py"))]
    return digest([__version__, *(path.read_text(encoding="utf-8") for path in paths)])


def executions(root: Path) -> list[tuple[Path, Execution]]:
    """Those there are, the newest first."""
    found = [
        (
            path.parent,
            _as_it_is(path.parent, from_json(Execution, path.read_text(encoding="utf-8"), str(path))),
        )
        for path in root.glob("*/*/execution.json")
    ]
    return sorted(found, key=lambda one: one[1].started, reverse=True)


def _as_it_is(folder: Path, one: Execution) -> Execution:
    """A step that was running when its process was killed says so."""
    if not is_held(folder):
        for name, step in one.steps.items():
            if step.state == "running":
                one.steps[name] = replace(
                    step, state="failed", reason="broke off; the same command continues"
                )
    return one


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _require_given(pipeline: Pipeline, execution: Execution) -> None:
    missing = [name for name in pipeline.given if name not in execution.given]
    if missing:
        raise BadInput(
            f"{', '.join(missing)}: missing; the {pipeline.kind} pipeline reads {', '.join(pipeline.given)}"
        )


def _short(said: Mapping[str, object]) -> str:
    shown = (f"{key} {value}" for key, value in said.items() if key not in ("event", "at", "seconds"))
    return f"{said['event']}: {', '.join(shown)}"
