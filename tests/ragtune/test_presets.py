"""Every shipped preset loads; licences are enforced; the token bound holds."""

import re
from pathlib import Path

import pytest
from tokenizers import Tokenizer

from ragtune.chunking import chunks
from ragtune.errors import BadInput, SettingsError
from ragtune.manuals import read_page
from ragtune.presets import FOLDER, common_syllables, load_preset, preset_names
from tests.training.tiny import write_model

SAMPLES = Path(__file__).parents[2] / "samples"
TOKENIZER = SAMPLES / "model" / "tokenizer.json"
SHIPPED = sorted(FOLDER.rglob("*.toml"), key=lambda path: path.stem)


def test_some_presets_are_shipped() -> None:
    assert {"kullm", "koalpaca", "sample", "qwen3"} <= {path.stem for path in SHIPPED}
    assert preset_names() == [path.stem for path in SHIPPED]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_preset_loads_and_says_where_its_facts_come_from(path: Path) -> None:
    preset = load_preset(path.stem, accept_non_commercial=True)
    assert preset.name == path.stem
    assert len(preset.licence_note) > 20
    assert len(preset.tokens_per_char_basis) > 20
    template = preset.template.with_passages + preset.template.without_passages
    # A model that starts a new block of the template must be stopped there.
    assert any(mark in template for mark in preset.stop)


def variant(tmp_path: Path, **changes: str) -> str:
    text = (FOLDER / "kullm.toml").read_text(encoding="utf-8")
    for key, value in changes.items():
        text, count = re.subn(rf"(?m)^{key} = .*$", f"{key} = {value}", text)
        assert count >= 1
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_preset_of_ones_own_is_read_from_its_path(tmp_path: Path) -> None:
    assert load_preset(variant(tmp_path, model='"own/model"')).name == "own"


def test_a_non_commercial_licence_is_refused_unless_accepted(tmp_path: Path) -> None:
    path = variant(tmp_path, commercial='"no"', licence='"CC-BY-NC-4.0"')
    with pytest.raises(SettingsError, match=r"CC-BY-NC-4\.0, not for commercial use"):
        load_preset(path)
    assert load_preset(path, accept_non_commercial=True).commercial == "no"


def test_what_a_licence_leaves_open_takes_somebodys_word() -> None:
    assert load_preset("midm2").licensed() == ""
    with pytest.raises(SettingsError, match="has not been decided on"):
        load_preset("kullm").licensed("  ")
    assert load_preset("kullm").licensed(" legal, 2026-11-20 ") == "legal, 2026-11-20"
    exaone = load_preset("exaone4", accept_non_commercial=True)
    with pytest.raises(SettingsError, match="forbids commercial use"):
        exaone.licensed()


def test_a_preset_without_a_licence_decision_is_no_preset(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    text = (FOLDER / "kullm.toml").read_text(encoding="utf-8")
    path.write_text(re.sub(r"(?m)^commercial = .*$", "", text), encoding="utf-8")
    with pytest.raises(SettingsError, match="commercial: missing"):
        load_preset(str(path))


# As published: 12.8 B, 8.2 B, 11.5 B, 8 B, 72 B, 7 B, 32 B.
@pytest.mark.parametrize(
    ("name", "billions"),
    [("kullm", 12.89), ("koalpaca", 12.89), ("qwen3", 8.19), ("midm2", 11.54), ("kanana", 8.03),
     ("ax4", 71.9), ("ax4-light", 7.26), ("exaone4", 32.0)],
)  # fmt: skip
def test_a_shape_gives_the_published_number_of_parameters(name: str, billions: float) -> None:
    shape = load_preset(name, accept_non_commercial=True).shape_of()
    assert shape.parameters / 1e9 == pytest.approx(billions, rel=0.005)


def test_a_folder_with_another_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"layers 2 \(the preset: 40\)"):
        load_preset("kullm").shape_of(write_model(tmp_path))
    shape = load_preset("sample").shape_of(tmp_path)
    assert (shape.layers, shape.width, shape.ffn) == (2, 32, 64)
    with pytest.raises(BadInput, match="states no"):
        load_preset("sample").shape_of()


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("commercial", '"perhaps"', "commercial: expected 'yes' or 'no' or 'check', found 'perhaps'"),
        ("context_tokens", "10", "context_tokens: 10 is not between"),
        ("max_new_tokens", "2000", "max_new_tokens: 2000 is not between"),
        ("tokens_per_char", "0", "tokens_per_char: 0.0 is not between"),
        ("with_passages", '"{question}"', "needs {passages} exactly once, found it 0 times"),
        ("stop", '["###", ""]', "holds an empty string"),
        ("targets", "[]", "targets: empty"),
    ],
)
def test_a_wrong_value_is_quoted_with_file_and_key(
    tmp_path: Path, key: str, value: str, message: str
) -> None:
    path = variant(tmp_path, **{key: value})
    with pytest.raises(SettingsError, match=re.escape(message)) as caught:
        load_preset(path)
    assert path in str(caught.value)


@pytest.mark.parametrize("name", ["gpt", "../settings", "/etc/passwd", ""])
def test_an_unknown_name_is_answered_with_those_there_are(name: str) -> None:
    with pytest.raises(SettingsError, match="koalpaca, kullm"):
        load_preset(name)


def test_a_missing_file_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.toml: can't be read"):
        load_preset(str(tmp_path / "none.toml"))


def test_only_common_syllables_are_counted_below_their_bytes() -> None:
    preset = load_preset("kullm")
    assert len(common_syllables()) == 2350
    assert preset.tokens("가") == 1
    assert preset.tokens("뷁") == 3  # not among them: its three bytes
    assert preset.tokens("漢a1 😀") == 3 + 1 + 1 + 1 + 4


@pytest.mark.skipif(not TOKENIZER.exists(), reason="the sample base has not been made yet")
def test_the_sample_models_tokenizer_keeps_within_the_bound() -> None:
    tokenizer = Tokenizer.from_file(str(TOKENIZER))
    preset = load_preset("sample")
    texts = []
    for path in sorted((SAMPLES / "manuals").rglob("*.html")):
        page = read_page(path.read_bytes(), source=path.as_uri(), version=1)
        texts += [chunk.searchable for chunk in chunks(page, max_chars=500)]
    assert len(texts) > 100
    over = [text for text in texts if len(tokenizer.encode(text).ids) > preset.tokens(text)]
    assert over == []


def test_the_digest_follows_what_changes_a_prompt(tmp_path: Path) -> None:
    base = load_preset("kullm")
    assert load_preset(variant(tmp_path, licence='"other"')).digest == base.digest
    assert load_preset(variant(tmp_path, max_new_tokens="128")).digest != base.digest
