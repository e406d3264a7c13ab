"""The adapter as one file: what an adapter component of an endpoint is given takes no folder.

pack(Path("/opt/ml/model"))       # /opt/ml/model/adapter.tar.gz: its configuration and its weights
"""

import gzip
import tarfile
from pathlib import Path

from ragtune.promotion import ADAPTER_FILE

_PATTERNS = ("adapter_config.json", "adapter_model*.safetensors")
_LEVEL = 1  # weights hardly shrink


def pack(folder: Path) -> Path:
    """Write the adapter of `folder` beside it; the same adapter gives the same bytes."""
    place = folder / ADAPTER_FILE
    # Without a name and a time in the header, which would differ from run to run.
    with (
        place.open("wb") as raw,
        gzip.GzipFile("", "wb", _LEVEL, raw, mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for file in sorted(one for pattern in _PATTERNS for one in folder.glob(pattern)):
            entry = tarfile.TarInfo(file.name)
            entry.size = file.stat().st_size
            with file.open("rb") as stream:
                archive.addfile(entry, stream)
    return place
