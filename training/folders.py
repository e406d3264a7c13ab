"""Where a job reads and writes: SageMaker's variables when they are set, else what the caller names.

SM_CHANNEL_TRAIN=/opt/ml/input/data/train  SM_CHANNEL_MODEL=/opt/ml/input/data/model
SM_MODEL_DIR=/opt/ml/model  SM_OUTPUT_DATA_DIR=/opt/ml/output/data  checkpoints: /opt/ml/checkpoints
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ragtune.errors import BadInput

VARIABLES = {
    "train": "SM_CHANNEL_TRAIN",
    "model": "SM_CHANNEL_MODEL",
    "output": "SM_MODEL_DIR",
    "metrics": "SM_OUTPUT_DATA_DIR",
    "checkpoints": "SM_CHECKPOINT_DIR",
}
SAGEMAKER_CHECKPOINTS = "/opt/ml/checkpoints"  # SageMaker syncs it to S3 and sets no variable for it


@dataclass(frozen=True, slots=True, kw_only=True)
class Folders:
    """`train` holds train.jsonl and validation.jsonl; `output` gets the adapter, `metrics` log.jsonl."""

    train: Path
    model: Path
    output: Path
    metrics: Path
    checkpoints: Path


def find_folders(given: Mapping[str, Path | None], environment: Mapping[str, str]) -> Folders:
    """Each folder from `given`, else from the environment. Raises BadInput for one that is in neither."""
    found: dict[str, Path] = {}
    for name, variable in VARIABLES.items():
        value = given.get(name) or environment.get(variable)
        if not value and name == "checkpoints" and environment.get("SM_MODEL_DIR"):
            value = SAGEMAKER_CHECKPOINTS
        if not value:
            raise BadInput(f"--{name}: missing; name a folder, or set {variable}")
        found[name] = Path(value)
    for name in ("train", "model"):
        if not found[name].is_dir():
            raise BadInput(f"--{name}: {found[name]} is no folder; name one that exists")
    return Folders(**found)
