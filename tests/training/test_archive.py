"""An adapter's archive holds what a server needs, and is the same bytes wherever it was made."""

import os
import tarfile
from pathlib import Path

from training.archive import FILES, pack


def folder(place: Path, at: int) -> Path:
    place.mkdir()
    for name in FILES:
        (place / name).write_text(f"of {name}", encoding="utf-8")
        os.utime(place / name, (at, at))
    return place


def test_it_holds_the_adapter_and_nothing_of_where_it_was_made(tmp_path: Path) -> None:
    one, other = (pack(folder(tmp_path / name, at)) for name, at in (("a", 1_000), ("b", 2_000)))
    assert one.read_bytes() == other.read_bytes()
    with tarfile.open(one) as packed:
        assert tuple(packed.getnames()) == FILES
        assert {(member.uid, member.mtime, member.mode) for member in packed} == {(0, 0, 0o644)}
