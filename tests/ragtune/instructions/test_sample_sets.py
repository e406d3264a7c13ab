from pathlib import Path

import pytest

from ragtune.errors import BadInput
from ragtune.instructions.records import Sample
from ragtune.instructions.rehearsal import write_rehearsal
from ragtune.instructions.retrieval_aware import Mix
from ragtune.instructions.sample_sets import VALIDATION_ROWS, write_samples
from ragtune.presets import load_preset
from ragtune.records import from_json

PRESET = load_preset("kullm")


@pytest.fixture
def instructions(tmp_path: Path) -> Path:
    """A set without any: what is written then is rehearsed."""
    folder = tmp_path / "instructions"
    folder.mkdir()
    for part in ("train", "paraphrases"):
        (folder / f"{part}.jsonl").touch()
    return folder


def own(number: int) -> Sample:
    prompt = PRESET.template.without_passages.format(question=f"질문 {number}")
    return Sample(prompt=prompt, completion="답", value="답", origin="rehearsal", instruction_id="")


def read(path: Path) -> list[Sample]:
    return [from_json(Sample, line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_what_is_rehearsed_is_not_validated_on(tmp_path: Path, instructions: Path) -> None:
    rows = [own(number) for number in range(VALIDATION_ROWS + 10)]
    write_rehearsal(tmp_path, rows)
    mix = Mix(rehearsal=VALIDATION_ROWS + 10)
    counts = write_samples(tmp_path / "out", instructions, PRESET, mix, lambda _: (), tmp_path)
    assert counts == {"train": 10, "validation": VALIDATION_ROWS}
    assert read(tmp_path / "out" / "train.jsonl") == rows[:10]
    assert read(tmp_path / "out" / "validation.jsonl") == rows[10:]


def test_a_mix_without_rehearsal_asks_for_no_file(tmp_path: Path, instructions: Path) -> None:
    counts = write_samples(tmp_path / "out", instructions, PRESET, Mix(), lambda _: (), tmp_path)
    assert counts == {"train": 0, "validation": 0}


def test_rehearsal_needs_the_folder_of_the_base(tmp_path: Path, instructions: Path) -> None:
    with pytest.raises(BadInput, match=r"mix\.rehearsal: needs the base's folder"):
        write_samples(tmp_path / "out", instructions, PRESET, Mix(rehearsal=1), lambda _: (), None)
