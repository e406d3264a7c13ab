"""A table that does not fit its preset, its instance or the pipeline is refused before anything is made."""

from pathlib import Path

import pytest

from ragtune.deployment import load_deployment
from ragtune.errors import SettingsError

EXAMPLE = Path("config/prod-model.toml")


def test_the_preset_decides_the_way_and_the_container() -> None:
    endpoint = load_deployment(EXAMPLE).aws.endpoint
    assert endpoint
    assert endpoint.merged
    assert endpoint.container["OPTION_MAX_MODEL_LEN"] == "2048"
    assert (endpoint.instance.name, endpoint.instance.cards) == ("ml.g6e.2xlarge", 1)
    assert load_deployment(Path("config/prod.toml")).aws.endpoint is None


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('instance = "ml.g6e.2xlarge"', 'instance = "ml.g5.2xlarge"', "kullm needs .* GB and some to spare"),
        ('instance = "ml.g6e.2xlarge"', 'instance = "ml.m5.large"', "'ml.m5.large' is none of ml.g5"),
        ("least = 2", "least = 0", "a merged model can't sleep"),
        ("least = 2", "least = 5", "most: 4 is not between 5 and 100"),
        ("concurrent = 8", 'base = "staged/x"', "is merged before it serves"),
        ("concurrent = 8", "idle_minutes = 61", "idle_minutes: 61 is no multiple of 5"),
        ("callers = []", 'callers = ["a/b"]', "callers: 'a/b' is not of the form a role's name"),
        ('preset = "kullm"', 'preset = "qwen3"', "base: missing"),
        ("licence = ", "# ", "has not been decided on"),
        ("[aws.training]", "[aws.unknown]", "unknown"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "own.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(SettingsError, match=message) as caught:
        load_deployment(path)
    assert str(path) in str(caught.value)
