"""The samples' pages, then their updates: nothing of the older versions is left."""

import shutil
from contextlib import closing
from pathlib import Path

from tests.ragtune.revisions import findable, opened, read, words_of

MANUALS, UPDATES = Path("samples/manuals"), Path("samples/updates")


def test_nothing_that_only_older_versions_said_can_be_found(tmp_path: Path) -> None:
    root = tmp_path / "manuals"
    names = [str(path.relative_to(UPDATES)) for path in UPDATES.rglob("*.html")]
    removed = (UPDATES / "removed.txt").read_text(encoding="utf-8").split()
    assert len(names) > 20
    assert removed
    for name in (*names, *removed):
        if (MANUALS / name).exists():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(MANUALS / name, root / name)
    with closing(opened(tmp_path / "index")) as index:
        read(root, index)
        uris = {name: f"file:///manuals/{name}" for name in (*names, *removed)}
        older = {name: words_of(index, uri) for name, uri in uris.items()}
        some = next(iter(removed))
        assert set(findable(index, uris[some], older[some])) == older[some] != set()
        shutil.copytree(UPDATES, root, dirs_exist_ok=True)
        for name in removed:
            (root / name).unlink()
        read(root, index)
        gone = {name: older[name] - words_of(index, uri) for name, uri in uris.items()}
        assert sum(map(len, gone.values())) > 50
        assert {name: list(findable(index, uris[name], words)) for name, words in gone.items() if words} == {
            name: [] for name, words in gone.items() if words
        }
