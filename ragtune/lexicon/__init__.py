"""Other words for the same: what documents themselves say, and what the operator adds.

    lexicon = Lexicon([Group(forms=("개인종합자산관리계좌", "ISA"))], names=["와이파이", "Wi-Fi"])
    [variant.text for variant in lexicon.variants("isa는 누가 만들 수 있나요?")]   # ['개인종합자산관리계좌']

Documents give abbreviations in brackets, glossary tables and the spellings of their names (`derive`), kept in
one file beside the index, a line a document, brought up to date by every ingestion (`files.refresh`). The
operator's dictionary is a TOML file. Questions are widened on the client, with terms of less weight, so the
same holds on every index, and a word of a page that has gone does no more than find nothing.
"""

from ragtune.lexicon.files import (
    derived_of,
    dictionary_words,
    load,
    read_dictionary,
    read_words,
    refresh,
)
from ragtune.lexicon.packed import LEXICON, packed, unpacked
from ragtune.lexicon.words import NOTHING, Group, Lexicon, Variant

__all__ = [
    "LEXICON",
    "NOTHING",
    "Group",
    "Lexicon",
    "Variant",
    "derived_of",
    "dictionary_words",
    "load",
    "packed",
    "read_dictionary",
    "read_words",
    "refresh",
    "unpacked",
]
