import tomllib
from pathlib import Path

import pytest

from ragtune.errors import SettingsError
from ragtune.instructions.retrieval_aware import load_mix
from ragtune.planning import Run, fitting, training_memory
from ragtune.presets import load_preset, preset_names
from ragtune.records import encode
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


@pytest.mark.parametrize("name", preset_names())
def test_every_preset_has_a_recipe_that_its_instance_holds(name: str) -> None:
    """With every token labelled: no plan is tighter."""
    preset, recipe = load_preset(name, accept_non_commercial=True), load_recipe(RECIPES / f"{name}.toml")
    assert recipe.batch.max_tokens <= preset.context_tokens
    if preset.shape is None:  # the sample base, on this machine
        return
    run = Run(
        method=recipe.method,
        tokens=recipe.batch.tokens,
        labelled=recipe.batch.tokens,
        rank=recipe.lora.rank,
        targets=recipe.lora.targets,
        checkpointing=recipe.gradient_checkpointing,
    )
    held = {one.name: one.cards for one in fitting(training_memory(preset.shape, run))}
    assert preset.instances.training in held
    assert recipe.shard == (held[preset.instances.training] > 1)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_recipe_for_an_account_states_every_value(path: Path) -> None:
    if path.stem.startswith("sample"):  # its defaults are this machine's
        return
    stated = tomllib.loads(path.read_text(encoding="utf-8"))
    recipe = encode(load_recipe(path))
    assert stated.keys() == recipe.keys()
    for name, values in recipe.items():
        if isinstance(values, dict):
            assert stated[name].keys() == values.keys(), name


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
        ('method = "qlora"\nshard = true\n[mix]', "shard: a 4-bit base is whole on each card"),
        ('method = "full"\n[mix]', "method: "),
    ],
)
def test_a_wrong_value_is_quoted_with_its_file(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as error:
        load_recipe(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)
