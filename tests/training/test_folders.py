from pathlib import Path

import pytest

from ragtune.errors import BadInput
from training.folders import VARIABLES, find_folders


def test_what_is_given_wins_over_the_environment(tmp_path: Path) -> None:
    environment = {variable: str(tmp_path) for variable in VARIABLES.values()}
    found = find_folders({"output": tmp_path / "mine"}, environment)
    assert found.output == tmp_path / "mine"
    assert found.metrics == tmp_path


def test_sagemaker_names_no_folder_for_checkpoints(tmp_path: Path) -> None:
    environment = {variable: str(tmp_path) for variable in VARIABLES.values()}
    del environment["SM_CHECKPOINT_DIR"]
    assert find_folders({}, environment).checkpoints == Path("/opt/ml/checkpoints")


def test_a_missing_folder_is_named_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--metrics: missing; name a folder, or set SM_OUTPUT_DATA_DIR"):
        find_folders(dict.fromkeys(("train", "model", "output"), tmp_path), {})
