"""What is wrong with which page, from run to run: `set-aside.json` in the state folder.

    {"file:///manuals/a.html": {"reason": "file:///manuals/a.html is empty; …", "withdrawn": false},
     "file:///manuals/b.html": {"warnings": ["file:///manuals/b.doc is offered but not searched: …"]}}

Written as a whole after each run. One that was killed leaves the list of the run before; what it set aside,
the next one meets again, because only pages that were read are in the index.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ragtune.errors import BadInput
from ragtune.ingestion import IngestReport
from ragtune.records import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """A page that was set aside (`reason`), or one that was read but for what `warnings` say."""

    reason: str = ""
    withdrawn: bool = False
    warnings: tuple[str, ...] = ()


class SetAsideList:
    """The list of one deployment, for all of its sources."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def troubles(self) -> dict[str, Trouble]:
        """By URI, sorted. Raises BadInput when the file is damaged."""
        try:
            listed = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise BadInput(f"{self._path}: not JSON ({error}); remove it and ingest again") from None
        return dict(sorted(decode(dict[str, Trouble], listed).items()))

    def update(self, prefix: str, report: IngestReport, *, whole: bool) -> None:
        """Enter what a run over the source `prefix` found; `whole`: it looked at every page of it.

        Of pages that it did not read, the warnings stand; those that vanished are struck out.
        """
        gone = {*report.read_pages, *report.deleted}
        kept = {uri: one for uri, one in self.troubles().items() if uri not in gone}
        if whole:
            kept = {uri: one for uri, one in kept.items() if one.warnings or not uri.startswith(prefix)}
        for uri, warning in report.warnings:
            kept[uri] = Trouble(warnings=(*kept.get(uri, Trouble()).warnings, warning))
        for aside in report.set_aside:
            kept[aside.uri] = Trouble(reason=aside.reason, withdrawn=aside.withdrawn)
        self._write(kept)

    def _write(self, troubles: Mapping[str, Trouble]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(encode(dict(troubles)), ensure_ascii=False, indent=1), encoding="utf-8")
        written.replace(self._path)
