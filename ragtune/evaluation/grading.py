"""The deterministic grader: accuracy and detail, each 0, 1 or 2, from what a right answer must hold.

Accuracy  2  every required value (in its order, where the question is ordered) and no contradiction
          1  some of them; or all, but out of order or beside something that contradicts the document
          0  none
Detail    2  the form asked for: 단답형 the bare value, 간결한 문장형 one complete sentence,
             일반 문장형 complete polite sentences with their full stop
          1  readable, but another form than asked for
          0  malformed, cut off, repeating itself, not Korean, or beside a wrong answer (accuracy 0)
A question that requires nothing can't be answered from the documents: abstaining is 2 and 2, all else 0.

>>> q = Question(id="e1", question="기가라이트 요금은?", category="condition", phrasing="concise",
...              source="a.html", answer="월 33,000원입니다.", required=("33,000원",),
...              forbidden=("44,000원",))
>>> grade(q, "기가라이트의 월 요금은 33000 원입니다.")
Grade(accuracy=2, detail=2, reasons=())
>>> grade(q, "44,000원입니다.").reasons
('missing: 33,000원', 'contradicts: 44,000원')
"""

import re
from dataclasses import dataclass

from ragtune.citations import abstains
from ragtune.evaluation.records import Question
from ragtune.language import is_korean
from ragtune.values import occurrences, stands

MAX_POINTS = 4  # accuracy and detail

_MARKER = re.compile(r"[^\S\n]*\[\s*\d+\s*\]")  # the citation marks of an answer
_FULL_STOP = re.compile(r"(?<=[^\d\s][.!?…])[\"'”’)\]]*\s+|\n+")  # not after the digit of "1. 접수"
_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[①-⑳]|[-*·•])\s*")
_POLITE = re.compile(r"(?:니다|니까|세요|시오|어요|아요|에요|예요|해요|돼요|네요|군요|지요|죠)$")
_COMPLETE = re.compile(r"(?:다|요|죠|까|오|음|함|임|됨|것|기)$")
_CUT_OFF = re.compile(r"(?:[,:;(\[·…-]|(?<=[가-힣])(?:은|는|을|를|의|에서|이며|이고|하고|으로|및|또는))$")
_MALFORMED = re.compile(r"\ufffd|###|<\||\|>|<unk>|</?s>|\[UNK\]")
_REPEATED = re.compile(r"(?:^|\s)(\S+(?:\s+\S+){0,7}?)(?:\s+\1){2,}(?=\s|$|[.!?])|(\S{2,12}?)\2{3,}")
_FOREIGN = re.compile(
    r"[\u0370-\u10ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"
)  # Greek to Georgian, kana, Hanja
_NUMBER_WITH_UNIT = re.compile(r"\d[\d,]*(?:\.\d+)?\s*(?:[A-Za-z%]+|[가-힣])")
_FEW_SENTENCES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """Points of one answer, with what they were lost for."""

    accuracy: int  # 0–2
    detail: int  # 0–2
    reasons: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        """0–4."""
        return self.accuracy + self.detail


def grade(question: Question, answer: str, document: str = "") -> Grade:
    """Grade one answer. With the `document`'s text, a number with its unit that stands neither there nor in
    the question counts as a contradiction, beside the question's own `forbidden` values."""
    answer = _MARKER.sub("", answer)
    if not question.required:
        right = abstains(answer)
        return Grade(accuracy=2, detail=2) if right else Grade(accuracy=0, detail=0, reasons=("answers",))
    accuracy, reasons = _accuracy(question, answer, document)
    fault = malformed(answer, question.question + " " + question.answer)
    if fault:
        return Grade(accuracy=accuracy, detail=0, reasons=(*reasons, fault))
    if accuracy == 0:
        return Grade(accuracy=0, detail=0, reasons=tuple(reasons))
    detail, form = _FORMS[question.phrasing](question, answer)
    return Grade(accuracy=accuracy, detail=detail, reasons=tuple([*reasons, form] if form else reasons))


def malformed(answer: str, known: str = "") -> str:
    """Why no form at all can be granted to the answer; "" when it is sound."""
    text = answer.strip()
    if not text:
        return "empty"
    if _MALFORMED.search(text) or text.count("(") != text.count(")"):
        return "malformed"
    if _CUT_OFF.search(text):
        return "cut off"
    lines = [_ITEM.sub("", sentence) for sentence in sentences(text)]
    if _REPEATED.search(text) or len(set(lines)) < len(lines):
        return "repeats itself"
    return "" if is_korean(text, known=known) and not _FOREIGN.search(text) else "not Korean"


def sentences(answer: str) -> list[str]:
    """The answer's sentences and list items, without surrounding white space."""
    return [part.strip() for part in _FULL_STOP.split(answer.strip()) if part and part.strip()]


def _accuracy(question: Question, answer: str, document: str) -> tuple[int, list[str]]:
    missing = [value for value in question.required if not stands(answer, value)]
    contradicting = [value for value in question.forbidden if stands(answer, value)]
    contradicting += _ungrounded(question, answer, document) if document else []
    reasons = [f"missing: {value}" for value in missing]
    reasons += [f"contradicts: {value}" for value in contradicting]
    if not missing and question.ordered and not _in_order(question.required, answer):
        reasons.append("out of order")
    if len(missing) == len(question.required):
        return 0, reasons
    return (1 if reasons else 2), reasons


def _in_order(required: tuple[str, ...], answer: str) -> bool:
    """Whether there is a way to read `required` from left to right in `answer`."""
    end = 0
    for value in required:
        found = next((match for match in occurrences(answer, value) if match.start() >= end), None)
        if found is None:
            return False
        end = found.end()
    return True


def _ungrounded(question: Question, answer: str, document: str) -> list[str]:
    known = " ".join((document, question.question, question.answer, *question.required))
    return [found for found in _NUMBER_WITH_UNIT.findall(answer) if not _stands_bare(known, found)]


def _stands_bare(known: str, found: str) -> bool:
    """The unit in running text is followed by anything, so only its number and first letter are compared."""
    squeezed = re.sub(r"[\s,]", "", found)
    return re.search(rf"(?<![\d.]){re.escape(squeezed)}", re.sub(r"[\s,]", "", known)) is not None


def _short(question: Question, answer: str) -> tuple[int, str]:
    # Half as much again as the model answer leaves room for a particle or a unit, not for a sentence.
    room = 1.5 * len(_squeezed(question.answer)) + 4
    if len(_squeezed(answer)) <= room:
        return 2, ""
    return (1, "more than the short answer") if len(sentences(answer)) == 1 else (0, "several sentences")


def _concise(question: Question, answer: str) -> tuple[int, str]:
    found = sentences(answer)
    if len(found) == 1:
        return (2, "") if _COMPLETE.search(_bare(found[0])) else (1, "not a complete sentence")
    few = len(found) <= max(_FEW_SENTENCES, len(question.required))
    return (1, "several sentences") if few else (0, "too many sentences")


def _sentence(_question: Question, answer: str) -> tuple[int, str]:
    found = [_ITEM.sub("", sentence) for sentence in sentences(answer)]
    if all(_POLITE.search(_bare(sentence)) and sentence[-1] in ".!?" for sentence in found):
        return 2, ""
    if all(_COMPLETE.search(_bare(sentence)) for sentence in found):
        return 1, "not polite, or without a full stop"
    return (1, "not every sentence is complete") if _COMPLETE.search(_bare(found[-1])) else (0, "no sentence")


_FORMS = {"short": _short, "concise": _concise, "sentence": _sentence}


def _bare(sentence: str) -> str:
    return sentence.rstrip(" .!?…\"'”’)")


def _squeezed(text: str) -> str:
    return re.sub(r"[\s.]", "", text)
