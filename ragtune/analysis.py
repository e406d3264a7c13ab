"""Korean text to search terms without any model: normalisation, character bigrams, weights of question words.

A question's words do not all say what it is about. Interrogatives, particles and verb endings are closed
classes of Korean grammar, so rules find them; they keep a small weight instead of being deleted, because
deleting them breaks look-ups of sentences that stand word for word in a document.

>>> Bigrams().tokens("5G 요금제, 월 1,000원")
['5g', '5', 'g', '요금', '금제', '월', '1000', '원']
>>> [(term.text, term.weight) for term in Bigrams().terms("위약금은 얼마인가요?")]
[('위약', 1.0), ('약금', 1.0), ('금은', 0.25), ('얼마', 0.25), ('마인', 0.25), ('인가', 0.25), ('가요', 0.25)]
"""

import re
import unicodedata
from collections.abc import Iterator

from ragtune.ports import Term
from ragtune.ranges import range_tokens

QUESTION_WORD_WEIGHT = 0.25  # .2-.3 serves paraphrases and verbatim look-ups alike (docs/experiments.md)

_UNSEEN = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff\ud800-\udfff\x00-\x08\x0e-\x1f\x7f]")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_HANGUL = "가-힣ㄱ-ㅣ"
_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff"
_OTHER = rf"\d+(?:\.\d+)+|[^\W_{_HANGUL}{_IDEOGRAPHS}]+"  # numbers and Latin words: no bigrams of them
_RUN = re.compile(rf"(?P<bigrams>[{_HANGUL}]+|[{_IDEOGRAPHS}]+)|{_OTHER}")
_OTHER_RUN = re.compile(_OTHER)
# Every bigram of a stretch without such runs, and letters that stand alone: found in one go, in their order.
_BIGRAMS = re.compile(
    "(?=({pairs}|{alone}))".format(
        pairs="|".join(f"[{script}]{{2}}" for script in (_HANGUL, _IDEOGRAPHS)),
        alone="|".join(f"(?<![{script}])[{script}](?![{script}])" for script in (_HANGUL, _IDEOGRAPHS)),
    )
)
_PARTS = re.compile(r"\d+|\D+")

_INTERROGATIVE = re.compile(
    r"무엇|무슨|무얼|뭐|뭔|뭘|어떻|어떤|어떠|어떡|어디|어느|언제|누구|누가|얼마|몇|왜(?=$|[요는인])"
)
# Endings of a predicate with the light verbs 하다, 되다, 이다 before them: 신청|하나요, 무료|인가요. What is
# also the end of nouns (할인|을) counts only after an unfused light verb: 신청|하는.
_ENDING = re.compile(
    r"(?:(?:[하해한할함합했되돼된될됨됩됐이인일입였았었겠]|하였|되었|하시|하겠|시키|시킬)?"
    r"(?:나요|까요|가요|는가|은가|습니까|니까|는지요?|은지요?|을지요?|는데요?|은데요?|세요|십시오|시오|달라고?"
    r"|어요|아요|에요|예요|지요|죠|으려면|려면|려고|으면|어야|아야|도록|을까|습니다|니다|다고|줘요?|주세요|주십시오|주실|주시)"
    r"|(?:하|되|시키)(?:는|던|고|면|며|서|여|기|지|게|여야)|해야|돼야|해서|돼서|할까|될까|할지|될지|인지|해요|돼요"
    r"|할|될|된|하여|되어)$"
)
_PARTICLE = re.compile(
    r"(?:에서는|에서도|에서의|에서|에게서|에게|께서|으로는|으로서|으로써|으로|로는|로서|로써|이나|이랑|이란|이라는|라는|라고"
    r"|까지|부터|보다|처럼|마다|밖에|조차|마저|에는|에도|와의|과의|은|는|이|가|을|를|에|의|로|와|과|도|만|란)$"
)
# Stems that carry a question without saying what it is about: existence, request, knowing, saying.
_LIGHT = re.compile(
    r"있|없|하|해|되|돼|이|아니|알|알려|알리|모르|싶|주|드리|부탁|말|말씀|말하|말해|가르치|가르쳐|궁금|설명|문의|질문|묻"
    r"|여쭙|여쭤|찾|바라|바랍|원하|보|보여|보이"
)
_FRAME = re.compile(
    r"수|것|거|게|때|점|데|줄|바|경우|방법|대해|대하여|대한|대하|관해|관하여|관한|관하|관련|그|이|저"
)


def normalise(text: str) -> str:
    """Compatibility forms unified (NFKC: full width, ①, ㎒, decomposed Hangul), lower case, single spaces.

    Invisible characters and lone surrogates go, and so do thousands separators.

    >>> normalise("ＬＴＥ  요금： 55,000원")
    'lte 요금: 55000원'
    """
    if not text.isascii():
        text = _UNSEEN.sub("", unicodedata.normalize("NFKC", text))
    return _THOUSANDS.sub("", " ".join(text.lower().split()))


def is_question_word(form: str) -> bool:
    """Whether a word form or stem is an interrogative, a light verb's stem or a frame noun.

    >>> [is_question_word(form) for form in ("어떻게", "있", "방법", "위약금")]
    [True, True, True, False]
    """
    plain = form[:-1] if len(form) > 2 and form[-1] in "하해한할" else form  # 설명해, 궁금한
    return bool(_LIGHT.fullmatch(plain) or _FRAME.fullmatch(form) or _INTERROGATIVE.match(form))


def content_length(run: str) -> int:
    """How many leading syllables of a Hangul run say what a question is about; the rest is grammar.

    >>> [content_length(run) for run in ("위약금은", "신청하나요", "있나요", "어떻게", "요금제")]
    [3, 2, 0, 0, 3]
    """
    if is_question_word(run):
        return 0
    for pattern in (_ENDING, _PARTICLE):
        found = pattern.search(run)
        if found and (found.start() != 1 or _LIGHT.fullmatch(run[0]) or len(found.group()) > 1):
            stem = run[: found.start()]
            return 0 if not stem or is_question_word(stem) else len(stem)
    return len(run)


class Bigrams:
    """Analyzer: character bigrams of Hangul and Han runs; Latin words and numbers whole, and their parts.

    `question_word_weight` (0-1) scales what `content_length` leaves over in a question. After a text's words
    come tokens of the ranges it states (see `ranges`), which no question has among its terms.
    """

    name = "bigram"
    version = "2"

    def __init__(self, question_word_weight: float = QUESTION_WORD_WEIGHT) -> None:
        self._weight = question_word_weight

    def tokens(self, text: str) -> list[str]:
        """Terms of `text` in order."""
        found: list[str] = []
        plain, end = normalise(text), 0
        for other in _OTHER_RUN.finditer(plain):
            found += _BIGRAMS.findall(plain, end, other.start())
            found += _parts(other.group())
            end = other.end()
        return found + _BIGRAMS.findall(plain, end) + range_tokens(plain)

    def terms(self, question: str) -> list[Term]:
        """Weighted terms of `question`: 1, or the question word weight."""
        return list(self._terms(normalise(question)))

    def _terms(self, question: str) -> Iterator[Term]:
        for match in _RUN.finditer(question):
            run = match.group()
            if match["bigrams"] is None:
                yield from (Term(text=word) for word in _parts(run))
                continue
            content = content_length(run)
            for start, text in enumerate(_bigrams(run)):
                # A stem of one syllable has no bigram of its own: its first one stands for it.
                counts = start + len(text) <= content or (content == 1 and start == 0)
                yield Term(text=text, weight=1.0 if counts else self._weight)


def _bigrams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def _parts(run: str) -> list[str]:
    """A number or Latin word, and what it is made of: 5g, 5, g."""
    parts = _PARTS.findall(run)
    return [run] if len(parts) < 2 or "." in run else [run, *parts]
