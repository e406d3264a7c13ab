from pathlib import Path

import pytest

from ragtune.errors import SettingsError
from ragtune.instructions.retrieval_aware import load_mix
from training.recipe import load_recipe

RECIPES = Path(__file__).parents[2] / "training" / "recipes"
SHIPPED = sorted(RECIPES.rglob("*.toml"))


def test_recipes_are_shipped() -> None:
    assert {path.stem for path in SHIPPED} >= {"sample", "sample-plain", "sample-raft"}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_recipe_loads(path: Path) -> None:
    recipe = load_recipe(path)
    assert recipe.mix == load_mix(path)
    assert recipe.mix.closed_book > 0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed = -1\n[mix]", "seed: -1 is not between 0"),
        ('learning_rate = "fast"\n[mix]', "learning_rate: expected float, found 'fast'"),
        ("[mix]\n[lora]\nrank = 0", "lora.rank: 0 is not between 1"),
        ("[mix]\nnoise = 2", "mix.noise: 2.0 is not between 0 and 1"),
        ("[mix]\nkinds = {}", "mix.kinds: {}; name at least one kind"),
        ("[mix]\nrows = 3", "mix.rows: no such key; known are closed_book"),
        ("seed = 1", "mix: missing"),
        ("seed = ", "not TOML"),
    ],
)
def test_a_wrong_value_is_quoted_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_recipe(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
