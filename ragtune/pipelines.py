"""The two pipelines as data: their steps, what each reads and who made it. Local runs and SageMaker's
definition are made from this one list.

    data    prepare → derive → screen → review     and stops: people decide what may be trained on
    model   render → train (→ merge) → evaluate → gate → register
    sweep   render → train (→ merge) → evaluate                a cell of a grid: measured, not judged

>>> [step.name for step in model_steps(merged=False)]
['render', 'train', 'evaluate', 'gate', 'register']
>>> data_steps()[1].reads
{'index': 'prepare', 'config': ''}
"""

from dataclasses import dataclass, field
from typing import Literal

Taught = Literal["", "weights", "server"]  # by nobody; a model in the job; a server on this machine
GIVEN = ""  # not made by a step: an input of the whole run
Compute = Literal["cpu", "gpu", "none"]
REGISTER = "register"
MEASURED = ("render", "train", "merge", "evaluate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One job: `python -m training.start MODULE`. `reads` says for each channel which step made it.

    `values` are those of the run that it is given; `compute` where it runs; `spot`: it continues exactly when
    it is interrupted. Without a module it is no job: the registry takes what the steps before made.
    """

    name: str
    module: str
    reads: dict[str, str]
    values: tuple[str, ...] = ()
    compute: Compute = "cpu"
    spot: bool = False
    together: bool = False  # cards and hosts share its work; every other step runs on one host


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStep:
    """A step of an execution, as SageMaker tells it; `job` is a training job's name, "" where it is none."""

    name: str
    state: str  # Starting, Executing, Succeeded, Failed, Stopped
    seconds: float
    reason: str
    job: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """`given` are the channels that the whole run is started with."""

    kind: Literal["data", "model", "sweep"]
    steps: tuple[Step, ...]
    defaults: dict[str, str] = field(default_factory=dict)  # of values that need not be given

    @property
    def given(self) -> tuple[str, ...]:
        """Sorted."""
        return tuple(
            sorted({c for step in self.steps for c, made_by in step.reads.items() if made_by == GIVEN})
        )

    @property
    def values(self) -> tuple[str, ...]:
        """Every value that a step is given, sorted."""
        return tuple(sorted({name for step in self.steps for name in step.values}))


def data_steps(taught: Taught = "") -> tuple[Step, ...]:
    """Pages to a queue for people. Rules derive the instructions; a teacher writes others beside them."""
    taught_by = {"teacher": GIVEN} if taught == "weights" else {}
    told = {
        "": (),
        "weights": ("teacher_preset", "teacher_bits", "teaching_limit"),
        "server": ("teacher_preset", "teacher_url", "teaching_limit"),
    }[taught]
    return (
        Step(
            name="prepare",
            module="training.prepare",
            reads={"documents": GIVEN, "config": GIVEN},
            values=("source_name",),
        ),
        Step(
            name="derive",
            module="training.derive",
            reads={"index": "prepare", "config": GIVEN, **taught_by},
            values=("seed", *told),
            compute="gpu" if taught_by else "cpu",
            spot=bool(taught_by),
        ),
        Step(
            name="screen",
            module="training.screen",
            reads={"derived": "derive", "index": "prepare", "config": GIVEN, "questions": GIVEN},
            values=("seed", "validation_share"),
        ),
        Step(name="review", module="training.review", reads={"instructions": "screen"}),
    )


def model_steps(*, merged: bool) -> tuple[Step, ...]:
    """Reviewed instructions to a registered model; `merged` for servers without run-time adapters."""
    weights = {"merged": "merge"} if merged else {"adapter": "train"}
    made = {"index": GIVEN, "config": GIVEN, "model": GIVEN}
    merge = Step(
        name="merge", module="inference.merge", reads={"model": GIVEN, "adapter": "train"}, compute="gpu"
    )
    return (
        Step(
            name="render",
            module="training.render",
            reads={"instructions": GIVEN, "recipe": GIVEN, **made},
            values=("preset", "share", "digest_instructions"),
        ),
        Step(
            name="train",
            module="training.train",
            reads={"train": "render", "model": GIVEN},
            compute="gpu",
            spot=True,
            together=True,
        ),
        *((merge,) if merged else ()),
        Step(
            name="evaluate",
            module="training.evaluate",
            reads={**made, **weights, "reference": GIVEN, "questions": GIVEN},
            values=("preset", "limit"),
            compute="gpu",
        ),
        Step(
            name="gate",
            module="training.gate",
            reads={"evaluation": "evaluate"},
            values=("overall_loss", "category_loss"),
        ),
        Step(
            name=REGISTER,
            module="",
            reads={"model": "merge" if merged else "train", "evaluation": "gate"},
            compute="none",
        ),
    )


def data_pipeline(taught: Taught = "") -> Pipeline:
    """See the module. A teacher's preset has no default: whose words are trained on, somebody decides."""
    defaults = {"source_name": "manuals", "seed": "1", "validation_share": "0.1"}
    if taught:
        defaults |= {"teaching_limit": "2000"} | ({"teacher_bits": "16"} if taught == "weights" else {})
    return Pipeline(kind="data", steps=data_steps(taught), defaults=defaults)


def model_pipeline(*, merged: bool) -> Pipeline:
    """See the module. `preset` and `digest_instructions` have no default: both are somebody's decision."""
    return Pipeline(
        kind="model",
        steps=model_steps(merged=merged),
        defaults={"share": "1", "limit": "0", "overall_loss": "0.03", "category_loss": "0.10"},
    )


def sweep_pipeline(*, merged: bool) -> Pipeline:
    """The model pipeline without judgement and registry."""
    whole = model_pipeline(merged=merged)
    steps = tuple(step for step in whole.steps if step.name in MEASURED)
    named = {name for step in steps for name in step.values}
    defaults = {name: value for name, value in whole.defaults.items() if name in named}
    return Pipeline(kind="sweep", steps=steps, defaults=defaults)
