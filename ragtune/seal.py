"""What a folder holds, by digest: written beside it when a job is done, checked before another one reads it.

    digests.json   {"adapter_model.safetensors": "9f…", "adapter_config.json": "21…"}

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> _ = (folder / "train.jsonl").write_text("{}")
>>> seal(folder) == require_sealed(folder)
True
>>> _ = (folder / "train.jsonl").write_text("{ }")
>>> require_sealed(folder)  # doctest: +ELLIPSIS
Traceback (most recent call last):
ragtune.errors.ManifestMismatch: ...: train.jsonl is not what was sealed; make or copy the folder anew
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from ragtune.errors import BadInput, ManifestMismatch
from ragtune.records import digest

SEAL = "digests.json"
BLOCK = 1 << 20  # bytes
_NAMED = 3


def file_digests(folder: Path) -> dict[str, str]:
    """Path below `folder` -> SHA-256 of each file; a seal is left out, links are followed."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != SEAL)
    return {path.relative_to(folder).as_posix(): sha256(path) for path in paths}


def sha256(path: Path) -> str:
    """Of the file's bytes, in hex."""
    total = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(BLOCK):
            total.update(block)
    return total.hexdigest()


def differing(folder: Path, wanted: Mapping[str, str]) -> list[str]:
    """Files that are missing, changed or new, sorted."""
    found = file_digests(folder)
    return sorted(name for name in {*found, *wanted} if found.get(name) != wanted.get(name))


def seal(folder: Path) -> str:
    """Write `digests.json`. Returns the digest of the whole: the name of this content."""
    files = file_digests(folder)
    (folder / SEAL).write_text(json.dumps(files, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return digest(files)


def require_sealed(folder: Path, wanted: str = "") -> str:
    """The digest of the whole. Raises ManifestMismatch when a file is not what was sealed, or the whole is
    not `wanted`; BadInput when there is no seal."""
    try:
        files: dict[str, str] = json.loads((folder / SEAL).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{folder / SEAL}: can't be read ({error}); make the folder anew") from None
    changed = differing(folder, files)
    if changed:
        names = ", ".join(changed[:_NAMED]) + (" …" if len(changed) > _NAMED else "")
        plural = "are" if len(changed) > 1 else "is"
        raise ManifestMismatch(
            f"{folder}: {names} {plural} not what was sealed; make or copy the folder anew"
        )
    whole = digest(files)
    if wanted and whole != wanted:
        raise ManifestMismatch(
            f"{folder}: holds {whole}, but {wanted} is asked for; name that content's folder"
        )
    return whole
