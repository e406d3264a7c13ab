"""Tuned models in a folder, by version: what they were made from, whether they may serve, which one does.

    registry/tuned/
    ├── models.json            {"states": {"1": "approved", "2": "candidate"}, "history": [1]}
    ├── current -> v0001       what the settings name: adapter = ".ragtune/registry/tuned/current/model"
    └── v0001/{package.json,model/,evaluation/}

A version never changes: its files stand in package.json with their digests, and are read again before it is
promoted. Promotion and rollback move one link, whole or not at all; a served model is never written to.
"""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal

from ragtune.errors import BadInput, ManifestMismatch
from ragtune.evaluation.gate import Verdict
from ragtune.locking import held
from ragtune.records import from_json, to_json
from ragtune.seal import differing, file_digests, sha256

State = Literal["candidate", "approved", "current"]
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,62}")  # of a folder, and of a package group
CURRENT: Final = "current"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A version's manifest. Digests name what it was made from; `licence` who decided that it may be used."""

    name: str
    version: int
    made_at: str  # ISO 8601, UTC
    preset: str
    licence: str
    form: Literal["adapter", "merged"]
    made_from: dict[str, str]  # instructions, recipe, base_model, index, … -> digest
    verdict: Verdict
    files: dict[str, str]  # path below the version -> SHA-256
    execution: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Group:
    """`history`: the versions that served, in that order; the last one does now."""

    states: dict[str, Literal["candidate", "approved"]] = field(default_factory=dict)
    history: tuple[int, ...] = ()


class Registry:
    """The models below `root`. One process at a time changes one of them; others raise Busy."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        """Sorted."""
        return sorted(path.parent.name for path in self._root.glob("*/models.json"))

    def register(self, package: Package, model: Path, evaluation: Path) -> Package:
        """Take a copy of both folders as the next version, a candidate; the same weights stay one version.

        Raises GateRefused unless the package's verdict passed: what lost is never kept for serving.
        """
        package.verdict.require()
        wanted = file_digests(model)
        with self._changing(package.name) as folder:
            for earlier in self._versions(package.name):
                known = self._package(package.name, earlier)
                if _weights(known) == wanted:
                    return known
            version = 1 + max(self._versions(package.name), default=0)
            target = folder / _folder(version)
            partial = folder / f".{target.name}"  # no version until it is whole
            shutil.rmtree(partial, ignore_errors=True)
            shutil.copytree(model, partial / "model")
            shutil.copytree(evaluation, partial / "evaluation")
            package = replace(package, version=version, files=file_digests(partial))
            (partial / "package.json").write_text(to_json(package) + "\n", encoding="utf-8")
            partial.rename(target)
            group = self._group(package.name)
            self._write(package.name, replace(group, states=group.states | {str(version): "candidate"}))
        return package

    def packages(self, name: str) -> list[tuple[Package, State]]:
        """Every version with its state, the oldest first. Raises BadInput for an unknown name."""
        group = self._group(self._known(name))
        now = group.history[-1] if group.history else 0
        found: list[tuple[Package, State]] = []
        for version in self._versions(name):
            state: State = CURRENT if version == now else group.states.get(str(version), "candidate")
            found.append((self._package(name, version), state))
        return found

    def current(self, name: str) -> Package | None:
        """The version that serves; None before the first promotion."""
        history = self._group(name).history if (self._root / name / "models.json").exists() else ()
        return self._package(name, history[-1]) if history else None

    def folder(self, name: str, version: int) -> Path:
        """Where a version lies."""
        return self._root / name / _folder(version)

    def promote(self, name: str, version: int | None = None) -> Package:
        """Approve a version, by default the newest, and let it serve.

        Raises ManifestMismatch when one of its files has changed.
        """
        with self._changing(self._known(name)):
            version = version or self._versions(name)[-1]
            package = self._checked(name, version)
            group = self._group(name)
            if group.history[-1:] != (version,):
                group = replace(group, history=(*group.history, version))
            self._serve(name, replace(group, states=group.states | {str(version): "approved"}))
        return package

    def rollback(self, name: str) -> Package:
        """Let the version before serve again. Raises BadInput when there is none."""
        with self._changing(self._known(name)):
            group = self._group(name)
            if len(group.history) < 2:
                raise BadInput(f"model {name!r}: no version served before this one; promote another one")
            before = self._checked(name, group.history[-2])
            self._serve(name, replace(group, history=group.history[:-1]))
        return before

    def _serve(self, name: str, group: _Group) -> None:
        """The link first: should the process die in between, what serves is what was asked for."""
        folder = self._root / name
        link = folder / f"{CURRENT}.new"
        link.unlink(missing_ok=True)
        link.symlink_to(_folder(group.history[-1]))
        link.replace(folder / CURRENT)
        self._write(name, group)

    def _checked(self, name: str, version: int) -> Package:
        package = self._package(name, version)
        folder = self.folder(name, version)
        files = package.files | {"package.json": sha256(folder / "package.json")}
        changed = differing(folder, files)
        if changed:
            raise ManifestMismatch(
                f"{folder}: {', '.join(changed[:3])} changed since it was registered; register the model anew"
            )
        package.verdict.require()
        return package

    def _package(self, name: str, version: int) -> Package:
        path = self.folder(name, version) / "package.json"
        try:
            return from_json(Package, path.read_text(encoding="utf-8"), str(path))
        except OSError:
            known = ", ".join(map(str, self._versions(name))) or "none"
            raise BadInput(f"model {name!r}: has no version {version}; there are {known}") from None

    def _versions(self, name: str) -> list[int]:
        return sorted(int(path.parent.name[1:]) for path in (self._root / name).glob("v*/package.json"))

    def _known(self, name: str) -> str:
        if name not in self.names():
            raise BadInput(f"model {name!r}: not registered; there are {', '.join(self.names()) or 'none'}")
        return name

    def _group(self, name: str) -> _Group:
        path = self._root / name / "models.json"
        return from_json(_Group, path.read_text(encoding="utf-8"), str(path)) if path.exists() else _Group()

    def _write(self, name: str, group: _Group) -> None:
        path = self._root / name / "models.json"
        new = path.with_suffix(".new")
        new.write_text(to_json(group) + "\n", encoding="utf-8")
        new.replace(path)

    @contextmanager
    def _changing(self, name: str) -> Iterator[Path]:
        require_name(name)
        with held(self._root / name, f"model {name!r}"):
            yield self._root / name


def require_name(name: str) -> None:
    """Raise BadInput for a name that could lead out of the registry."""
    if not _NAME.fullmatch(name):
        raise BadInput(f"model {name!r}: is no name like tuned or tuned-2; letters, digits, - and _ only")


def _weights(package: Package) -> dict[str, str]:
    return {
        name.removeprefix("model/"): one for name, one in package.files.items() if name.startswith("model/")
    }


def _folder(version: int) -> str:
    return f"v{version:04d}"
