"""What every job finds in its environment, on SageMaker and on this machine alike.

SM_CHANNEL_INDEX=/opt/ml/input/data/index    an input folder; never written to
SM_MODEL_DIR=/opt/ml/model                   what the next step reads
SM_OUTPUT_DATA_DIR=/opt/ml/output/data       logs and figures
SM_HP_PRESET=sample                          a value of the run
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from ragtune.errors import BadInput, RagtuneError
from ragtune.settings import Settings, load_settings
from ragtune.wiring import SQLITE, Search, open_search

SETTINGS = "settings.toml"  # of the channel `config`
_EMBEDDED = {"nori": "kiwi", "cjk": "bigram"}  # a domain's views -> the embedded index's nearest ones
_VARIABLES = {
    "output": "SM_MODEL_DIR",
    "metrics": "SM_OUTPUT_DATA_DIR",
    "checkpoints": "SM_CHECKPOINT_DIR",  # goes with a job that is stopped and started again
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A process with its folders and values."""

    environment: Mapping[str, str]

    def channel(self, name: str) -> Path:
        """An input folder. Raises BadInput when it is not there."""
        found = self.optional(name)
        if found is None:
            raise BadInput(f"channel {name!r}: missing; set {_variable(name)} to its folder")
        return found

    def optional(self, name: str) -> Path | None:
        """An input folder, None when the job has none of that name. Raises BadInput for a wrong one."""
        value = self.environment.get(_variable(name))
        if not value:
            return None
        if not Path(value).is_dir():
            raise BadInput(f"channel {name!r}: {value} is no folder; name one that exists")
        return Path(value)

    def folder(self, name: str) -> Path:
        """`output`, `metrics` or `checkpoints`, made if need be."""
        variable = _VARIABLES[name]
        if not self.environment.get(variable):
            raise BadInput(f"{name}: missing; set {variable} to a folder")
        found = Path(self.environment[variable])
        found.mkdir(parents=True, exist_ok=True)
        return found

    def value(self, name: str, default: str | None = None) -> str:
        """A value of the run. Raises BadInput when it is not set and there is no default."""
        found = self.environment.get(f"SM_HP_{name.upper()}") or default
        if found is None:
            raise BadInput(f"{name}: missing; set SM_HP_{name.upper()}")
        return found

    def number(self, name: str, default: float) -> float:
        """A value that is a number. Raises BadInput when it is none."""
        text = self.value(name, str(default))
        try:
            return float(text)
        except ValueError:
            raise BadInput(f"{name}: {text!r} is no number (SM_HP_{name.upper()})") from None

    def settings(self, index: Path, state: Path) -> Settings:
        """The deployment's settings, over an embedded index at `index`, with no models yet."""
        found = load_settings(self.channel("config") / SETTINGS)
        views = tuple(_EMBEDDED.get(view, view) for view in found.index.views)
        weights = {_embedded(leg): weight for leg, weight in found.retrieval.weights.items()}
        return replace(
            found,
            state=state,
            index=replace(found.index, url=f"{SQLITE}{index}", views=views),
            retrieval=replace(found.retrieval, weights=weights),
            models={},
            answering=replace(found.answering, generator="extractive"),
            tables=replace(found.tables, verbalizer=""),
        )

    @contextmanager
    def search(self) -> Iterator[tuple[Settings, Search]]:
        """The index of the channel `index`, opened as a copy: opening one may write to it."""
        with tempfile.TemporaryDirectory(prefix="ragtune-") as scratch:
            index = Path(scratch) / "index"
            shutil.copytree(self.channel("index"), index)
            settings = self.settings(index, Path(scratch))
            with open_search(settings) as search:
                yield settings, search


def _embedded(leg: str) -> str:
    """The embedded index's leg for a domain's: `nori_head` -> `kiwi_head`."""
    view, _, part = leg.partition("_")
    return "_".join(filter(None, (_EMBEDDED.get(view, view), part)))


def _variable(channel: str) -> str:
    return f"SM_CHANNEL_{channel.upper()}"


def run(work: Callable[[Job], object]) -> int:
    """The exit code of a job: what it refuses is one sentence on stderr."""
    try:
        work(Job(environment=os.environ))
    except RagtuneError as error:
        sys.stderr.write(f"ragtune: {error}\n")
        return error.exit_code
    return 0
