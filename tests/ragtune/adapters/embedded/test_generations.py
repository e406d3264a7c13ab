"""What only embedded generations can suffer: full disks, damaged pointers, folders of an earlier form."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex, Serving
from ragtune.analysis import Bigrams
from ragtune.errors import BadInput, Busy, OutOfSpace
from ragtune.manifest import Manifest
from ragtune.ports import Index, Stored
from ragtune.rebuilding import catch_up
from tests.ragtune.adapters.embedded.killing import CHUNKERS, generations, page

OLD, NEW = CHUNKERS
_REBUILD = """
import resource, sys
from pathlib import Path
from ragtune.errors import OutOfSpace
from tests.ragtune.adapters.embedded.test_generations import NEW, copy, generations
resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
try:
    generations(Path(sys.argv[1]), NEW).rebuild(copy)
except OutOfSpace as error:
    print(error, file=sys.stderr)
    sys.exit(error.exit_code)
"""


def copy(old: Stored, new: Index) -> None:
    catch_up(old, new, lambda document: page(int(document.title.removeprefix("쪽")), document.version))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with closing(Serving(generations(tmp_path, OLD))) as index:
        list(index.put(page(number, 3) for number in range(60)))
    return tmp_path


def count(folder: Path, chunker: str) -> object:
    with closing(Serving(generations(folder, chunker))) as index:
        return index.info()["documents"]


def test_a_full_disk_stops_a_rebuild_and_not_what_serves(folder: Path) -> None:
    command = [sys.executable, "-c", _REBUILD, str(folder)]
    done = subprocess.run(command, capture_output=True, check=False, text=True)  # noqa: S603  our own command
    assert done.returncode == OutOfSpace.exit_code, done.stderr
    assert "the disk is full; free some space and run the same command again" in done.stderr
    assert count(folder, OLD) == 60
    generations(folder, NEW).rebuild(copy)
    generations(folder, NEW).switch(copy)
    assert count(folder, NEW) == 60


def test_two_rebuilds_at_once_are_refused(folder: Path) -> None:
    def again(old: Stored, new: Index) -> None:
        with pytest.raises(Busy, match="is rebuilding this index"):
            generations(folder, NEW).rebuild(copy)

    generations(folder, NEW).rebuild(again)


def test_a_switch_waits_for_no_writer_for_ever(folder: Path) -> None:
    generations(folder, NEW).rebuild(copy)
    with closing(Serving(generations(folder, OLD))) as index:
        heads = index.put(page(number, 4) for number in range(1_000))
        next(heads)
        with pytest.raises(Busy, match="is writing this index"):
            generations(folder, NEW).switch(copy)
        heads.close()  # type: ignore[attr-defined]
    generations(folder, NEW).switch(copy)


def test_what_killed_steps_left_over_is_removed(folder: Path) -> None:
    (folder / "20260101-000000-abcdef").mkdir()
    (folder / "notes").mkdir()
    generations(folder, NEW).rebuild(copy)
    assert not (folder / "20260101-000000-abcdef").exists()
    assert (folder / "notes").exists()


def test_an_index_of_an_earlier_version_is_named(tmp_path: Path) -> None:
    EmbeddedIndex(tmp_path, [Bigrams()], Manifest()).close()
    with pytest.raises(BadInput, match="made by an earlier version of ragtune; remove it and ingest again"):
        generations(tmp_path, OLD)


@pytest.mark.parametrize("text", ["{", "[]", '{"next": "../../etc"}', json.dumps({"serving": "/etc"})])
def test_a_damaged_pointer_is_one_sentence(folder: Path, text: str) -> None:
    (folder / "generations.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=r"generations\.json: "):
        generations(folder, OLD).kept()


def test_a_place_that_can_hold_no_snapshot_is_named_with_what_to_do(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(BadInput, match=r"can't hold an index .*; name another place for the snapshot"):
        generations(folder, OLD).snapshot(str(tmp_path / "file" / "snapshot"))
