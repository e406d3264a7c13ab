"""What a page refers to: images, attachments (by extension) and links, each with its section.

>>> kind_of("file:///a/%EC%9A%94%EA%B8%88%ED%91%9C.hwp")
'application/x-hwp'
"""

import hashlib
import posixpath
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit

from ragtune.documents import Resource

ATTACHMENTS = {
    "pdf": "application/pdf",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "hwp": "application/x-hwp",
    "hwpx": "application/hwp+zip",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "csv": "text/csv",
    "txt": "text/plain",
    "rtf": "application/rtf",
    "zip": "application/zip",
    "7z": "application/x-7z-compressed",
    "mp4": "video/mp4",
}
IMAGES = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "svg": "image/svg+xml",
    "webp": "image/webp",
    "bmp": "image/bmp",
    "tif": "image/tiff",
    "tiff": "image/tiff",
}
_NOT_PLACES = ("javascript:", "data:", "#", "about:")
_ABSOLUTE = re.compile(r"https?://[\w.-]+(?:[/?#]|$)")
_BESIDE = re.compile(r"\w[\w ./%-]*(?:#.*)?$")  # a page of the same folder, or of one below
_FOLDER = re.compile(r"[a-z0-9]+://[^?#/]*/[^?#]*$")
_MAX_URI = 2_000  # characters; longer ones are inlined data or broken markup


def extension(uri: str) -> str:
    """The lower-case extension of what a URI names, also in `download.do?file=요금표.pdf`; else ""."""
    path, _, query = uri.partition("#")[0].partition("?")
    names = [path, *(value for _, value in parse_qsl(query))] if query else [path]
    found = [posixpath.splitext(unquote(name))[1][1:].lower() for name in names]
    known = [ext for ext in found if ext in ATTACHMENTS or ext in IMAGES]
    return known[0] if known else ""


@lru_cache(maxsize=4096)
def kind_of(uri: str) -> str:
    """The media type of an image or attachment by its extension; "" for a page or anything unknown."""
    ext = extension(uri)
    return ATTACHMENTS.get(ext) or IMAGES.get(ext) or ""


def resolve(base: str, reference: str) -> str:
    """`reference` as an absolute URI; "" for what leads nowhere: scripts, fragments, inlined data."""
    reference = "".join(reference.split()) if "\n" in reference else reference.strip()
    if not reference or reference.lower().startswith(_NOT_PLACES) or len(reference) > _MAX_URI:
        return ""
    if "/." not in reference:  # most references need none of the rules below, which take ten times as long
        if _ABSOLUTE.match(reference):
            return reference
        if _BESIDE.match(reference) and _FOLDER.match(base):
            return base[: base.rindex("/") + 1] + reference
    return _joined(base, reference)


def _joined(base: str, reference: str) -> str:
    try:
        scheme = urlsplit(base).scheme
        if scheme == "file" and reference.startswith("/") and not reference.startswith("//"):
            # A site saved to a folder: its root is the folder, named by the first part of the path.
            return "/".join(base.split("/")[:4]) + reference
        if scheme in ("http", "https", "file", ""):
            return urljoin(base, reference)
        # urljoin leaves relative references alone under schemes it does not know, like s3
        joined = urljoin("http" + base[len(scheme) :], reference)
        return scheme + joined[4:] if joined.startswith("http://" + urlsplit(base).netloc) else joined
    except ValueError:
        return ""


def file_name(uri: str) -> str:
    return unquote(posixpath.basename(urlsplit(uri).path)) or uri


Place = tuple[int, int]  # section, block
Shelf = dict[tuple[str, int], Resource]  # by URI and section


@dataclass(slots=True)
class Register:
    """Collects what the walk meets, each once a section, in document order."""

    base: str  # URI that references are relative to
    images: Shelf = field(default_factory=dict)
    attachments: Shelf = field(default_factory=dict)
    links: dict[str, None] = field(default_factory=dict)
    _resolved: dict[str, str] = field(default_factory=dict)
    _blocks: dict[tuple[str, int], int] = field(default_factory=dict)

    def placed(self, shelf: Shelf, places: Sequence[Sequence[int]]) -> tuple[Resource, ...]:
        """What is on a shelf, each in its final section: `places` has one for each section's every block."""
        return tuple(
            replace(found, section=places[key[1]][min(self._blocks[key], len(places[key[1]]) - 1)])
            for key, found in shelf.items()
        )

    def _put(self, shelf: Shelf, found: Resource, place: Place) -> None:
        key = (found.uri, found.section)
        if key not in shelf:
            shelf[key] = found
            self._blocks[key] = place[1]

    def image(self, attributes: dict[str, str], place: Place, caption: str = "") -> None:
        """Register an `<img>`; inlined data are registered by their digest."""
        source, alt = attributes.get("src", ""), " ".join(attributes.get("alt", "").split())
        if source[:5].lower() == "data:":
            media_type = source[5:60].split(";")[0].split(",")[0].lower() or "text/plain"
            digest = hashlib.sha256(source.encode()).hexdigest()
            uri = f"data:{media_type}#{digest[:16]}"
            found = Resource(name=alt or "inline image", uri=uri, media_type=media_type, section=place[0],
                             digest=digest, caption=caption)  # fmt: skip
        else:
            uri = resolve(self.base, source)
            kind = kind_of(uri) or "image/*"
            name = alt or file_name(uri)
            found = Resource(name=name, uri=uri, media_type=kind, section=place[0], caption=caption)
        if uri:
            self._put(self.images, found, place)

    def link(self, reference: str, words: str, place: Place) -> None:
        """Register an `<a href>`: an attachment when its extension or its words name a file, else a link."""
        uri = self._resolved.get(reference)
        if uri is None:
            uri = self._resolved[reference] = resolve(self.base, reference)
        if not uri:
            return
        words = " ".join(words.split())
        kind = kind_of(uri)
        if not kind and "." in words and uri.startswith(("http", "file", "s3")):
            kind = ATTACHMENTS.get(extension(words), "")
        if kind:
            shelf = self.images if kind.startswith("image/") else self.attachments
            name = words or file_name(uri)
            self._put(shelf, Resource(name=name, uri=uri, media_type=kind, section=place[0]), place)
        else:
            self.links.setdefault(uri)
