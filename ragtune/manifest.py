"""What a thing was made with, kept beside it and compared when it is loaded.

An index stores that of its parser, chunker and analysis, an adapter that of its prompt and base model:
{"parser":"1","chunker":"500","analysis":"kiwi 1, bigram 1","prompt":"","base_model":"", …}

>>> Manifest(chunker="500", analysis="bigram 1").differences(Manifest(chunker="800"))
[('chunker', '500', '800')]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from ragtune.errors import ManifestMismatch
from ragtune.ports import Analyzer


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Versions or digests; "" says that the part plays no role, or is not known."""

    parser: str = ""
    chunker: str = ""
    analysis: str = ""
    prompt: str = ""
    embedder: str = ""
    base_model: str = ""
    adapter: str = ""

    def differences(self, other: "Manifest") -> list[tuple[str, str, str]]:
        """(part, own value, the other's) where both know the part and disagree."""
        pairs = ((f.name, getattr(self, f.name), getattr(other, f.name)) for f in fields(self))
        return [(name, own, others) for name, own, others in pairs if own and others and own != others]

    def require(self, wanted: "Manifest", *, what: str, remedy: str) -> None:
        """Raise ManifestMismatch naming `what`, each part that differs from `wanted`, and the `remedy`."""
        differing = self.differences(wanted)
        if differing:
            parts = ", ".join(
                f"{name} {own!r} but {others!r} is asked for" for name, own, others in differing
            )
            raise ManifestMismatch(f"{what} was made with {parts}; {remedy}")


def analysis_version(analyzers: Sequence[Analyzer]) -> str:
    """The `analysis` part: each view's name and version.

    >>> from ragtune.analysis import Bigrams
    >>> analysis_version([Bigrams()])
    'bigram 2'
    """
    return ", ".join(f"{analyzer.name} {analyzer.version}" for analyzer in analyzers)


def made_with(info: Mapping[str, object]) -> dict[str, str]:
    """The manifest in what an index tells of itself (see ports.Index.info), without its empty parts."""
    manifest = info["manifest"]
    return {part: str(made) for part, made in manifest.items() if made} if isinstance(manifest, dict) else {}
