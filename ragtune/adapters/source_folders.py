"""Where on this machine the pages of each source lie: `sources.json` in the state folder.

    {"file:///manuals/": ["/home/me/updates", "/home/me/manuals"]}

Page URIs do not hold the machine's own paths (see `folder`), so links and downloads look here. Of several
folders read under one name, the one read last is looked at first.
"""

import json
from pathlib import Path
from typing import Any

from ragtune.adapters.folder import Folder
from ragtune.documents import Document
from ragtune.errors import BadInput, UnreadablePage
from ragtune.manuals.reading import explain, shown

_MAX_FILE_BYTES = 100_000_000


class SourceFolders:
    """The folders that were read into one index. Nothing outside of them is ever handed out."""

    def __init__(self, register: Path) -> None:
        self._register = register

    def remember(self, prefix: str, folder: Path) -> None:
        """Pages whose URI begins with `prefix` lie below `folder`."""
        known = self._folders()
        real = str(folder.resolve())
        known[prefix] = [real, *(other for other in known.get(prefix, []) if other != real)]
        self._register.parent.mkdir(parents=True, exist_ok=True)
        written = self._register.with_suffix(".new")
        written.write_text(json.dumps(known, ensure_ascii=False, indent=1), encoding="utf-8")
        written.replace(self._register)

    def folder(self, uri: str) -> tuple[Path, str] | None:
        """The folder that holds what `uri` names, and the name it was read under; None when there is none."""
        for prefix, folders in self._folders().items():
            if not uri.startswith(prefix):
                continue
            name = prefix.removeprefix("file:///").rstrip("/")
            for folder in map(Path, folders):
                try:
                    Folder(folder, name=name).path(uri)
                except (BadInput, UnreadablePage):  # moved away, or in the other folder
                    continue
                return folder, name
        return None

    def path(self, uri: str) -> Path | None:
        """The file that `uri` names, links resolved; None when no folder that was read holds it."""
        found = self.folder(uri)
        return Folder(found[0], name=found[1]).path(uri) if found else None

    def explain(self, document: Document) -> tuple[Document, dict[str, Any]]:
        """See api.Originals."""
        reading = explain(self.read(document.source), source=document.source, version=document.version)
        return reading.document, shown(reading)

    def read(self, uri: str) -> bytes:
        """See api.Files. At most 100 MB."""
        path = self.path(uri)
        if path is None:
            raise BadInput(f"{uri}: is in none of the folders that were ingested")
        try:
            size = path.stat().st_size
            if size > _MAX_FILE_BYTES:
                raise BadInput(f"{uri}: {size:,} bytes; at most {_MAX_FILE_BYTES:,} are handed out")
            return path.read_bytes()
        except OSError as error:
            raise BadInput(f"{uri}: can't be read ({error.strerror})") from None

    def _folders(self) -> dict[str, list[str]]:
        try:
            known: dict[str, list[str]] = json.loads(self._register.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise BadInput(f"{self._register}: not JSON ({error}); remove it and ingest again") from None
        return known
