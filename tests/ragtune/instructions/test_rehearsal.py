import gzip
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.errors import BadInput
from ragtune.instructions.records import Sample
from ragtune.instructions.rehearsal import NAME, read_rehearsal, write_rehearsal
from ragtune.presets import load_preset

PRESET = load_preset("sample")


def row(number: int) -> Sample:
    prompt = PRESET.template.with_passages.format(question=f"질문 {number}", passages="[1] 문단")
    return Sample(prompt=prompt, completion="답", value="답", origin="rehearsal", instruction_id="")


def test_rows_are_read_as_they_were_written_and_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    rows = [row(number) for number in range(3)]
    write_rehearsal(tmp_path, rows)
    first = (tmp_path / NAME).read_bytes()
    write_rehearsal(tmp_path, rows)
    assert (tmp_path / NAME).read_bytes() == first
    assert read_rehearsal(tmp_path, PRESET) == rows


def test_a_base_without_rows_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="missing; put rows of the base's own there"):
        read_rehearsal(tmp_path, PRESET)


def test_rows_of_another_template_are_refused_with_their_line(tmp_path: Path) -> None:
    write_rehearsal(tmp_path, [row(1), replace(row(2), prompt="### 질문: 요금?\n\n### 답변:")])
    with pytest.raises(BadInput, match=r"rehearsal\.jsonl\.gz:2: its prompt is not of the template"):
        read_rehearsal(tmp_path, PRESET)


@pytest.mark.parametrize("cut", [8, 40])
def test_a_file_cut_short_is_named(tmp_path: Path, cut: int) -> None:
    write_rehearsal(tmp_path, [row(number) for number in range(50)])
    path = tmp_path / NAME
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(BadInput, match=r"can't be read|expected|not JSON"):
        read_rehearsal(tmp_path, PRESET)


def test_a_line_without_end_is_not_read_whole(tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(gzip.compress(b'{"prompt": "' + b"a" * 300_000))
    with pytest.raises(BadInput, match=r"gz:1"):
        read_rehearsal(tmp_path, PRESET)
