"""Hands out local files that pages refer to, and nothing that lies outside the folders that were read."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ragtune.errors import BadInput

MAX_FILE_BYTES = 100_000_000


class LocalFiles:
    """`roots` is asked at every read, so that what was ingested meanwhile counts."""

    def __init__(self, roots: Callable[[], Iterable[Path]]) -> None:
        self._roots = roots

    def read(self, uri: str) -> bytes:
        """Raises BadInput when `uri` is no regular file below a root, links resolved, or too large."""
        path = local_path(uri)
        try:
            real = path.resolve(strict=True)
        except (OSError, ValueError, RuntimeError):
            raise BadInput(f"{uri}: there is no such file") from None
        if not any(real.is_relative_to(root.resolve()) for root in self._roots()):
            raise BadInput(f"{uri}: lies outside the folders that were ingested")
        if not real.is_file():
            raise BadInput(f"{uri}: is not a regular file")
        try:
            size = real.stat().st_size
            if size > MAX_FILE_BYTES:
                raise BadInput(f"{uri}: {size:,} bytes; at most {MAX_FILE_BYTES:,} are handed out")
            return real.read_bytes()
        except OSError as error:
            raise BadInput(f"{uri}: can't be read ({error.strerror})") from None


def local_path(uri: str) -> Path:
    """The path of a file:// URI. Raises BadInput for any other, and for one with a host."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or "\x00" in unquote(parts.path):
        raise BadInput(f"{uri}: is not a local file")
    return Path(unquote(parts.path))


def common_folder(sources: Iterable[str]) -> list[Path]:
    """The one folder below which every local page of `sources` lies: [] when there is none.

    >>> common_folder(["file:///manuals/a/x.html", "file:///manuals/b/y.html"])
    [PosixPath('/manuals')]
    """
    folders = {str(local_path(source).parent) for source in sources if source.startswith("file:")}
    common = Path(os.path.commonpath(folders)) if folders else Path("/")
    # Pages scattered over the machine would open all of it.
    return [] if common == Path(common.anchor) else [common]
