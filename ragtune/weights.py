"""The identity of a model or adapter on disk: what an answer names, and what an adapter was trained on."""

import hashlib
from pathlib import Path

from ragtune.manifest import Manifest
from ragtune.records import from_json

PATTERNS = ("*.safetensors", "config.json", "adapter_config.json", "tokenizer.json")
BLOCK = 1 << 20  # bytes


def weights_digest(folder: Path) -> str:
    """Sixteen hex digits of SHA-256 over weights, configuration and tokenizer, names included.

    "" when the folder holds none of them.
    """
    files = sorted({path for pattern in PATTERNS for path in folder.glob(pattern)})
    if not files:
        return ""
    total = hashlib.sha256()
    for path in files:
        total.update(path.name.encode() + b"\0")
        with path.open("rb") as stream:
            while block := stream.read(BLOCK):
                total.update(block)
    return total.hexdigest()[:16]


def require_base(adapter: Path, base: Path) -> None:
    """Raise ManifestMismatch when the adapter's manifest names another base model or tokenizer."""
    path = adapter / "manifest.json"
    if path.exists():
        made = from_json(Manifest, path.read_text(encoding="utf-8"), str(path))
        wanted = Manifest(base_model=weights_digest(base))
        made.require(wanted, what=f"the adapter {adapter}", remedy=f"use it on its own base, not {base}")
