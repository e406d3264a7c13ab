"""A folder of HTML pages as a Source: `Folder(Path("manuals"))` offers file:///manuals/상품/giga.html.

A page's URI is `file:///`, the folder's name, and the path below it: never the machine's own path. So ids
stay the same wherever the folder lies, and newer versions of some pages can be read from another folder under
the same `name`. The version is the modification time in ms. Links to files outside the folder are refused.
"""

import hashlib
import os
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from ragtune.errors import BadInput, UnreadablePage
from ragtune.ports import SourceFile

PAGES = (".html", ".htm", ".xhtml")
_ATTEMPTS = 3  # readings of a file that changes under our hands
_BLOCK_BYTES = 1 << 20


class Folder:
    """The pages (*.html, *.htm, *.xhtml) below `root`, hidden folders left out.

    `name` is the first part of their URIs' path, by default the folder's own name. Pages above `max_bytes`
    are set aside. Raises BadInput when `root` is no folder.
    """

    def __init__(self, root: Path, *, name: str = "", max_bytes: int = 20_000_000) -> None:
        if not root.is_dir():
            raise BadInput(f"{root}: is not a folder; name the folder that holds the pages")
        self._root = root.resolve()
        self._max_bytes = max_bytes
        self.prefix = f"file:///{readable(name or self._root.name or 'pages')}/"

    def files(self) -> Iterator[SourceFile]:
        """See ports.Source. In the order of their URIs' folders, so that two listings agree."""
        unlisted: list[OSError] = []
        for folder, below, names in os.walk(self._root, onerror=unlisted.append):
            below[:] = sorted(name for name in below if not name.startswith("."))
            for name in sorted(names):
                if name.lower().endswith(PAGES):
                    yield from self._file(Path(folder, name))
        if unlisted:
            where, reason = unlisted[0].filename, unlisted[0].strerror
            raise UnreadablePage(f"{where}: can't be listed ({reason}); let this account read it")

    def current(self, uri: str) -> SourceFile:
        """See ports.Source. A folder does not know when a file was deleted."""
        try:
            status = self.path(uri).stat()
        except (UnreadablePage, OSError):
            return SourceFile(uri=uri, version=0, size=0, deleted=True)
        return SourceFile(uri=uri, version=_version(status), size=status.st_size)

    def read(self, uri: str) -> tuple[bytes, int]:
        """See ports.Source. Bytes and version belong together: what changes meanwhile is read again."""
        path = self.path(uri)
        for _ in range(_ATTEMPTS):
            try:
                with path.open("rb") as file:
                    before = os.fstat(file.fileno())
                    data = file.read(self._max_bytes + 1)
                    after = os.fstat(file.fileno())
            except OSError as error:
                raise UnreadablePage(f"{uri} can't be read ({error.strerror})") from None
            if len(data) > self._max_bytes:
                raise UnreadablePage(
                    f"{uri} is {before.st_size:,} bytes; at most {self._max_bytes:,} are read "
                    "(limits.page_bytes); divide it"
                )
            if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
                return data, _version(before)
        raise UnreadablePage(f"{uri} changes while it is read; ingest again when it is complete")

    def digest(self, uri: str) -> str:
        """See ports.Source."""
        found = hashlib.sha256()
        try:
            with self.path(uri).open("rb") as file:
                while block := file.read(_BLOCK_BYTES):
                    found.update(block)
        except OSError as error:
            raise UnreadablePage(f"{uri} can't be read ({error.strerror})") from None
        return found.hexdigest()

    def content(self, uri: str, max_bytes: int) -> bytes:
        """See ports.Source."""
        path = self.path(uri)
        try:
            with path.open("rb") as file:
                data = file.read(max_bytes + 1)
        except OSError as error:
            raise UnreadablePage(f"{uri} can't be read ({error.strerror})") from None
        if len(data) > max_bytes:
            size = path.stat().st_size
            raise UnreadablePage(f"{uri} is {size:,} bytes; at most {max_bytes:,} are read; divide it")
        return data

    def path(self, uri: str) -> Path:
        """Where `uri` lies on this machine. Raises UnreadablePage when that is not a file of this folder."""
        if not uri.startswith(self.prefix):
            raise UnreadablePage(f"{uri} is not in {self.prefix}")
        named = uri[len(self.prefix) :].partition("#")[0].partition("?")[0]
        below = os.fsdecode(unquote_to_bytes(named.encode("utf-8", "surrogatepass")))
        if "\0" in below:
            raise UnreadablePage(f"{uri} names no file")
        # Folders copied from macOS hold decomposed Korean names, pages the composed ones, or the other way.
        forms = (below, unicodedata.normalize("NFC", below), unicodedata.normalize("NFD", below))
        try:
            found = next((path for form in forms if (path := self._root / form).exists()), self._root / below)
            real = found.resolve()
        except (OSError, RuntimeError):  # RuntimeError: a loop of links
            raise UnreadablePage(f"{uri} can't be followed to a file") from None
        if not real.is_relative_to(self._root):
            raise UnreadablePage(f"{uri} leads out of the folder; put the file itself there")
        if not real.is_file():
            raise UnreadablePage(f"{uri} is not there")
        return real

    def _file(self, path: Path) -> Iterator[SourceFile]:
        uri = self.prefix + readable(os.fspath(path.relative_to(self._root)))
        try:
            # Of a link to nowhere or out of the folder too: `read` gives the reason.
            status = path.lstat() if path.is_symlink() and not path.exists() else path.stat()
        except FileNotFoundError:
            return
        yield SourceFile(uri=uri, version=_version(status), size=status.st_size)


def _version(status: os.stat_result) -> int:
    return status.st_mtime_ns // 1_000_000


def readable(path: str) -> str:
    """A path as part of a URI, Korean letters left as they are; bytes that are no UTF-8 percent-encoded."""
    return "".join(
        char
        if char.isalnum() and not "\ud800" <= char <= "\udfff"
        else quote(os.fsencode(char), safe="/-_.~()+,=@")
        for char in path
    )
