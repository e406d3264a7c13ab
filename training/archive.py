"""An adapter as one file, for an endpoint that brings it in beside its base: same files, same bytes.

adapter.tar.gz    adapter_config.json, adapter_model.safetensors, manifest.json
"""

import gzip
import tarfile
from pathlib import Path

from ragtune.promotion import ADAPTER_FILE

FILES = ("adapter_config.json", "adapter_model.safetensors", "manifest.json")


def pack(folder: Path) -> Path:
    """Write `adapter.tar.gz` beside the adapter in `folder`; where it lies and who made it is left out."""
    target = folder / ADAPTER_FILE
    with (
        target.open("wb") as file,
        gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0, compresslevel=1) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.GNU_FORMAT) as archive,
    ):
        for name in FILES:
            archive.add(folder / name, arcname=name, filter=_plain)
    return target


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.mtime, member.mode = 0, 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
