"""The embedded implementation of ports.Generations: a folder for each index, a file that says which serves.

    .ragtune/index/generations.json      {"serving": "20261122-211000-5f1c09"}
    .ragtune/index/20261122-211000-5f1c09/truth.sqlite …
    .ragtune/index/writer.lock           held by whoever writes to the serving one, or switches
    .ragtune/index/rebuilding.lock       held by whoever rebuilds, switches or rolls back

The file is replaced as a whole, so that a process which is killed leaves one state or the other. It names a
folder before there is one; what it does not name was left by a killed process, and the next step removes it.
"""

import json
import re
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from secrets import token_hex

from ragtune.adapters.embedded.disk import full_disk, make_folder, replace_file, writer_lock
from ragtune.adapters.embedded.index import EmbeddedIndex
from ragtune.adapters.embedded.truth import Truth
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.manifest import Manifest
from ragtune.ports import Analyzer, CatchUp, Embedder, Generation, Role

_NAME = re.compile(r"\d{8}-\d{6}-[0-9a-f]{6}")


class EmbeddedGenerations:
    """The indexes of one folder, opened with one kind of settings. Raises BadInput when it can't hold any."""

    def __init__(
        self,
        folder: Path,
        analyzers: Sequence[Analyzer],
        manifest: Manifest,
        *,
        embedder: Embedder | None = None,
        wait_s: float = 2.0,
    ) -> None:
        self._folder = folder
        self._pointer = folder / "generations.json"
        self._settings = (analyzers, manifest, embedder)
        self._wait_s = wait_s
        with full_disk(folder):
            make_folder(folder)
            if not self._pointer.exists():
                self._begin()

    def _begin(self) -> None:
        with self.writing():
            if (self._folder / "truth.sqlite").exists():
                reason = "was made by an earlier version of ragtune; remove it and ingest again"
                raise BadInput(f"{self._folder}: {reason}")
            if not self._pointer.exists():
                self._point({"serving": _fresh_name()})

    def writing(self) -> AbstractContextManager[None]:
        """No one else writes to the serving one, or switches, while this is held. Raises Busy."""
        return writer_lock(self._folder, wait_s=self._wait_s)

    def stamp(self) -> tuple[int, int]:
        """Another one after each switch."""
        found = self._pointer.stat()
        return found.st_ino, found.st_mtime_ns

    def open_serving(self) -> EmbeddedIndex:
        """The one that serves. Raises ManifestMismatch when other settings made it."""
        return self._open(self._names()["serving"])

    def kept(self) -> Mapping[Role, Generation]:
        """See ports.Generations."""
        return {role: self._generation(role, name) for role, name in self._names().items()}

    def rebuild(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with self._alone() as names:
            if "next" in names and not self._fits(names["next"]):
                del names["next"]
            if "next" not in names:
                names["next"] = _fresh_name()
                self._point(names)
            self._remove_others(names)
            with closing(self._open(names["next"])) as index:
                self._bring(names["serving"], index, catch_up)
            return self._generation("next", names["next"])

    def switch(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with self._alone() as names:
            if "next" not in names:
                reason = "there is no rebuilt index to switch to; call `ragtune index rebuild`"
                raise BadInput(f"{self._folder}: {reason}")
            return self._turn({"serving": names["next"], "before": names["serving"]}, names, catch_up)

    def rollback(self, catch_up: CatchUp) -> Generation:
        """See ports.Generations."""
        with self._alone() as names:
            if "before" not in names:
                reason = "no index that served before is kept; there is nothing to roll back to"
                raise BadInput(f"{self._folder}: {reason}")
            return self._turn({"serving": names["before"], "next": names["serving"]}, names, catch_up)

    def discard(self) -> list[str]:
        """See ports.Generations."""
        with self._alone() as names:
            self._point({"serving": names["serving"]})
            self._remove_others({"serving": names["serving"]})
            return [name for role, name in names.items() if role != "serving"]

    def snapshot(self, place: str) -> str:
        """See ports.Generations. The folder is an index of its own: its search index is derived when it is
        opened."""
        target, serving = Path(place), self._names()["serving"]
        if target.exists():
            raise BadInput(f"{target}: already there; name a folder that is not")
        new = target.with_name(f".{target.name}.{token_hex(3)}")
        try:
            with full_disk(target.parent):
                make_folder(new / serving, "name another place for the snapshot")
                with closing(Truth(self._folder / serving / "truth.sqlite")) as truth:
                    truth.copy_to(new / serving / "truth.sqlite")
                replace_file(new / self._pointer.name, json.dumps({"serving": serving}))
                new.rename(target)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return str(target.absolute())

    def _turn(self, turned: dict[Role, str], names: dict[Role, str], catch_up: CatchUp) -> Generation:
        with closing(self._open(turned["serving"])) as index:
            self._bring(names["serving"], index, catch_up)  # the most of it while writers go on
            with self.writing():
                self._bring(names["serving"], index, catch_up)
                self._point(turned)
        self._remove_others(turned)
        return self._generation("serving", turned["serving"])

    @contextmanager
    def _alone(self) -> Iterator[dict[Role, str]]:
        with full_disk(self._folder), writer_lock(self._folder, wait_s=self._wait_s, doing="rebuilding"):
            yield self._names()

    def _names(self) -> dict[Role, str]:
        text = self._pointer.read_text(encoding="utf-8")
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        names: dict[Role, str] = found if isinstance(found, dict) else {}
        if "serving" not in names or not all(_NAME.fullmatch(str(name)) for name in names.values()):
            reason = f"does not say which index serves ({text[:80]!r})"
            raise BadInput(f"{self._pointer}: {reason}; remove {self._folder} and ingest again")
        return names

    def _point(self, names: Mapping[Role, str]) -> None:
        replace_file(self._pointer, json.dumps(names))

    def _open(self, name: str) -> EmbeddedIndex:
        analyzers, manifest, embedder = self._settings
        return EmbeddedIndex(self._folder / name, analyzers, manifest, embedder=embedder, wait_s=self._wait_s)

    def _fits(self, name: str) -> bool:
        try:
            self._open(name).close()
        except (BadInput, ManifestMismatch):
            return False
        return True

    def _bring(self, name: str, index: EmbeddedIndex, catch_up: CatchUp) -> None:
        make_folder(self._folder / name)
        with closing(Truth(self._folder / name / "truth.sqlite")) as stored:
            catch_up(stored, index)

    def _generation(self, role: Role, name: str) -> Generation:
        folder = self._folder / name
        make_folder(folder)
        with closing(Truth(folder / "truth.sqlite")) as truth:
            return Generation(name=name, role=role, info=truth.info())

    def _remove_others(self, names: Mapping[Role, str]) -> None:
        for path in self._folder.iterdir():
            if _NAME.fullmatch(path.name) and path.name not in names.values():
                shutil.rmtree(path, ignore_errors=True)


def _fresh_name() -> str:
    return f"{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{token_hex(3)}"
