"""An adapter in one file: whole, nothing else in it, and the same bytes each time."""

import tarfile
import time
from pathlib import Path

import pytest

from training.packing import pack


def written(folder: Path) -> Path:
    folder.mkdir()
    for name, text in (("adapter_config.json", "{}"), ("adapter_model.safetensors", "weights")):
        (folder / name).write_text(text)
    for other in ("tokenizer.json", "manifest.json"):
        (folder / other).write_text("not of the adapter")
    return folder


def test_the_adapter_and_nothing_else(tmp_path: Path) -> None:
    place = pack(written(tmp_path / "adapter"))
    assert place.name == "adapter.tar.gz"
    with tarfile.open(place) as archive:
        names = archive.getnames()
        assert names == ["adapter_config.json", "adapter_model.safetensors"]
        found = archive.extractfile(names[1])
        assert found
        assert found.read() == b"weights"


def test_the_same_adapter_is_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = pack(written(tmp_path / "one")).read_bytes()
    monkeypatch.setattr(time, "time", lambda: 0.0)  # another day: headers may hold it
    assert pack(written(tmp_path / "two")).read_bytes() == first
    assert pack(tmp_path / "one").read_bytes() == first
