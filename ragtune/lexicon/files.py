"""Where a lexicon is kept: what documents gave, a line each, and the operator's dictionary.

{"document":"d_e0c4e50a6401a773","version":1782864000000,"groups":[["셋톱박스","STB"]],"names":["가입 대상"]}

    [[same]]
    words = ["셋톱박스", "셋톱", "STB"]
    [[means]]                 # one way: who says this may mean one of these
    said = "그만두기"
    words = ["해지"]
    weight = 0.7              # 0-1 beside the words that were asked; 0.8 unless it is said
"""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ragtune.analysis import normalise
from ragtune.errors import BadInput, SettingsError
from ragtune.lexicon.spelling import squeezed
from ragtune.lexicon.words import Group, Lexicon
from ragtune.ports import Stored
from ragtune.records import from_json, read_toml, to_json

_DICTIONARY_WORD = re.compile(r"(?=[a-z0-9]*[가-힣]{2})[가-힣a-z0-9]{3,15}")
_MOST_BYTES = 1_000_000
_MOST_ENTRIES = 10_000
_MOST_WORDS = 20
_WORD_CHARS = 60
_EVERY = 2**31
DICTIONARY_WEIGHT = 0.8  # the operator knows


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    document: str
    version: int  # ms, the document's
    groups: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Same:
    words: tuple[str, ...]
    weight: float = DICTIONARY_WEIGHT

    def __post_init__(self) -> None:
        _check(self.words, self.weight, least=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Means:
    said: str
    words: tuple[str, ...]
    weight: float = DICTIONARY_WEIGHT

    def __post_init__(self) -> None:
        _check((self.said,), self.weight, least=1)
        _check(self.words, self.weight, least=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dictionary:
    same: tuple[_Same, ...] = ()
    means: tuple[_Means, ...] = ()

    def __post_init__(self) -> None:
        if len(self.same) + len(self.means) > _MOST_ENTRIES:
            raise ValueError(f"same, means: more than {_MOST_ENTRIES:,} entries")


def _check(words: tuple[str, ...], weight: float, *, least: int) -> None:
    if not least <= len(words) <= _MOST_WORDS:
        raise ValueError(f"words: {len(words)} of them, expected {least} to {_MOST_WORDS}")
    for word in words:
        if not word.strip() or len(word) > _WORD_CHARS:
            raise ValueError(
                f"words: {word[:_WORD_CHARS]!r} is empty or longer than {_WORD_CHARS} characters"
            )
    if not 0 < weight <= 1:
        raise ValueError(f"weight: {weight!r} is not above 0 and at most 1")


def read_dictionary(path: Path) -> list[Group]:
    """The operator's groups. Raises SettingsError that quotes the file, the entry and what is wrong."""
    if path.is_file() and path.stat().st_size > _MOST_BYTES:
        raise SettingsError(f"{path}: more than {_MOST_BYTES:,} bytes; divide your words by deployment")
    held = read_toml(_Dictionary, path, "file as retrieval.dictionary")
    same = [Group(forms=one.words, weight=one.weight, certain=True) for one in held.same]
    return same + [
        Group(forms=one.words, weight=one.weight, said=one.said, certain=True) for one in held.means
    ]


def refresh(path: Path, stored: Stored, most: int = _EVERY) -> int:
    """Bring the file up to what `stored` holds; how many documents were read anew, at most `most`.

    A document whose version the file has is not read. The file is replaced as a whole, or not at all.
    """
    from ragtune.lexicon.derive import derive  # noqa: PLC0415  its patterns cost 30 ms that a question never needs

    known = {line.document: line for line in _lines(path)}
    kept: list[_Line] = []
    read = 0
    for head in stored.heads():
        line = known.get(head.document_id)
        if head.deleted:
            continue
        if read < most and (line is None or line.version != head.version):
            document = stored.document(head.document_id)
            if document is None:
                continue
            made = derive(document)
            line = _Line(document=document.id, version=document.version, groups=made.groups, names=made.names)
            read += 1
        if line is not None:
            kept.append(line)
    if read or len(kept) != len(known):
        _write(path, kept)
    return read


def _write(path: Path, lines: list[_Line]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    text = "".join(f"{to_json(line)}\n" for line in lines)
    new.write_bytes(text.encode("utf-8", "replace"))  # a page may hold lone surrogates
    new.replace(path)


def load(path: Path, dictionary: Path | None = None) -> Lexicon:
    """What documents gave, if the file is there, and the operator's dictionary, if one is named."""
    found, names = derived_of(path)
    groups = [Group(forms=forms) for forms in found]
    return Lexicon([*groups, *(read_dictionary(dictionary) if dictionary else ())], names)


def derived_of(path: Path) -> tuple[list[tuple[str, ...]], list[str]]:
    """The groups that documents agree on, and their names; nothing where the file is absent."""
    said: Counter[tuple[str, ...]] = Counter()
    names: dict[str, None] = {}
    for line in _lines(path):
        said.update(line.groups)
        names |= dict.fromkeys(line.names)
    return agreed(said), list(names)


def dictionary_words(names: Iterable[str]) -> list[str]:
    """Those of `names` that a morpheme analyser can take as one word: no space, three syllables or more.

    >>> dictionary_words(["가족 결합 할인", "가족결합할인", "ISA", "기가라이트2", "요금"])
    ['가족결합할인', '기가라이트2']
    """
    plain = {normalise(name) for name in names}
    return sorted(word for word in plain if _DICTIONARY_WORD.fullmatch(word))


def read_words(path: Path) -> list[str]:
    """The words of a user dictionary, one a line. Raises SettingsError."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise SettingsError(
                f"{path}: more than {_MOST_BYTES:,} bytes; a user dictionary holds names alone"
            )
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        reason = f"{path}: can't be read as UTF-8 ({error}); index.words_file names a file of words"
        raise SettingsError(reason) from None


def agreed(said: Mapping[tuple[str, ...], int]) -> list[tuple[str, ...]]:
    """Those groups whose last word means nothing else in more documents than not.

    >>> agreed({("중앙처리장치", "CPU"): 3, ("기술동향", "CPU"): 1, ("셋톱박스", "STB"): 1})
    [('중앙처리장치', 'CPU'), ('셋톱박스', 'STB')]
    """
    total: Counter[str] = Counter()
    for forms, count in said.items():
        total[squeezed(forms[-1])] += count
    return [forms for forms, count in said.items() if 2 * count > total[squeezed(forms[-1])]]


def _lines(path: Path) -> Iterator[_Line]:
    """Those of the file; a file that is absent, or damaged, is derived again."""
    try:
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from_json(_Line, line)
    except (OSError, ValueError, BadInput):
        return
