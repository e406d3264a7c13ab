"""What a container without a network is given: base model, wheels and code, checked before they go up.

    staged = model_files(Path("kullm"), load_preset("kullm"), licence="Kim, 2026-11-20, legal note 41")
    staged.name, len(staged.files)    # ('models/kullm', 12)

Each kind becomes a folder that is named by its content, models/kullm/4f0c…/, with digests.json as the last
file: where it stands, the folder is whole, and every job reads it again before it starts.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from ragtune.errors import BadInput
from ragtune.presets import Preset
from ragtune.records import digest
from ragtune.seal import file_digests, sha256

CODE = ("ragtune", "training", "inference")
CODE_SUFFIXES = (".py", ".toml", ".css", ".txt", ".typed")
UNSAFE = (".bin", ".pt", ".pth", ".pkl", ".ckpt")  # pickles run code when they are loaded
REQUIREMENTS = "requirements.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """A folder to bring up: path below it -> the file here; `digests` likewise; `notes` go beside it."""

    name: str  # models/kullm, wheels, code
    files: dict[str, Path]
    digests: dict[str, str]
    notes: dict[str, str] = field(default_factory=dict)

    @property
    def digest(self) -> str:
        """Of the whole content: what a run is started with."""
        return digest(self.digests)


class Store(Protocol):
    """A bucket's folder, as staging needs it."""

    def put(self, staged: Staged) -> "Upload":
        """Bring up what is not there yet, verified; the seal last. Raises Busy when the store is away."""

    def text(self, uri: str) -> str:
        """A small text file at s3://…, of this bucket. Raises BadInput when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """Where it lies now, and how many files were brought up, or were there already."""

    uri: str
    digest: str
    uploaded: int
    kept: int


def model_files(folder: Path, preset: Preset, *, licence: str) -> Staged:
    """A base model that may be used here.

    Raises SettingsError while nobody decided on its licence, BadInput when the folder holds another model,
    no tokenizer, or weights that run code when they are loaded.
    """
    decided = preset.licensed(licence)
    preset.shape_of(folder)
    unsafe = sorted(path.name for path in folder.iterdir() if path.suffix in UNSAFE)
    if unsafe:
        raise BadInput(f"{folder}: {unsafe[0]} can run code when it is loaded; convert it to safetensors")
    for pattern in ("*.safetensors", "tokenizer.json"):
        if not list(folder.glob(pattern)):
            raise BadInput(f"{folder}: holds no {pattern}; a job can't fetch what is missing")
    notes = {"preset": preset.name, "model": preset.model, "licence": preset.licence, "decided": decided}
    return _staged(f"models/{preset.name}", {path: folder / path for path in file_digests(folder)}, notes)


def wheel_files(folder: Path) -> Staged:
    """Wheels with the requirements.txt that pins each by its hash. Raises BadInput for any other."""
    path = folder / REQUIREMENTS
    wheels = sorted(folder.glob("*.whl"))
    if not path.exists() or not wheels:
        raise BadInput(f"{folder}: needs wheels (*.whl) and their {REQUIREMENTS}; see docs/operations.md")
    pinned = set(re.findall(r"sha256:([0-9a-f]{64})", path.read_text(encoding="utf-8")))
    foreign = [wheel.name for wheel in wheels if sha256(wheel) not in pinned]
    if foreign:
        raise BadInput(f"{folder}: {foreign[0]} is not pinned by {REQUIREMENTS}; remove it, or fetch it anew")
    return _staged("wheels", {path.name: path for path in (*wheels, path)}, {})


def code_files(root: Path) -> Staged:
    """The product's own packages below `root`."""
    paths = [
        path
        for name in CODE
        for path in sorted((root / name).rglob("*"))
        if path.suffix in CODE_SUFFIXES and path.is_file()
    ]
    if not paths:
        raise BadInput(f"{root}: holds none of {', '.join(CODE)}; name the project's folder")
    return _staged("code", {path.relative_to(root).as_posix(): path for path in paths}, {})


def folder_files(name: str, folder: Path) -> Staged:
    """Any folder of a run's inputs. Raises BadInput when it holds nothing: a job can't be given nothing."""
    files = {below: folder / below for below in file_digests(folder)}
    if not files:
        raise BadInput(f"{folder}: holds no file; name the folder that was made for this run")
    return _staged(name, files, {})


def _staged(name: str, files: dict[str, Path], notes: dict[str, str]) -> Staged:
    return Staged(
        name=name, files=files, digests={below: sha256(path) for below, path in files.items()}, notes=notes
    )
