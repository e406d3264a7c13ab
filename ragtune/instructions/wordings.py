"""How a question is worded, per kind and per form of answer asked for (단답형, 간결한 문장형, 일반 문장형).

A wording whose name begins with `held_out` is never trained on: validation asks in it, and so tells whether
a fact was learnt or only a sentence. `{s:은}` is the subject with the particle that fits.

>>> [w.name for w in WORDINGS["value"] if w.held_out]
['held_out_short', 'held_out_concise', 'held_out_sentence']
>>> WORDINGS["value"][0].question(s="빛길라이트", a="월 요금")
'빛길라이트 월 요금은?'
"""

from dataclasses import dataclass

from ragtune.instructions.records import Kind, Phrasing
from ragtune.particles import particle

HELD_OUT = "held_out"
_ASKED = {"방법": "무엇", "대상": "누구", "일자": "언제", "시점": "언제", "시기": "언제"}
_AMOUNTS = ("요금", "비", "료", "금", "가격", "금액", "할인", "할인율", "기간", "수수료", "속도", "용량")


class Word(str):
    """A word that takes the fitting particle in a format string: `f"{Word('요금'):은}"` is 요금은."""

    def __format__(self, form: str) -> str:
        return str(self) + particle(self, form) if form else str(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wording:
    """One way to ask. Fields of the template: s subject, a attribute, q question word, and the kind's own."""

    name: str
    phrasing: Phrasing
    template: str

    @property
    def held_out(self) -> bool:
        return self.name.startswith(HELD_OUT)

    def question(self, **words: str) -> str:
        """The question with every word in its place. Raises KeyError when a word is missing."""
        words.setdefault("q", asked(words.get("a", "")))
        return self.template.format(**{name: Word(word) for name, word in words.items()})


def asked(attribute: str) -> str:
    """The question word that goes with an attribute: 얼마, 누구, 언제 or 무엇."""
    last = attribute.rsplit(maxsplit=1)[-1] if attribute.split() else ""
    named = next((word for ending, word in _ASKED.items() if last.endswith(ending)), "")
    return named or ("얼마" if last.endswith(_AMOUNTS) else "무엇")


def _family(kind: str, **templates: tuple[str, ...]) -> tuple[Wording, ...]:
    """The last template of each phrasing is the one held out."""
    made = []
    for phrasing in ("short", "concise", "sentence"):
        *trained, held_out = templates[phrasing]
        made += [
            Wording(name=f"{kind}_{phrasing}_{number}", phrasing=phrasing, template=text)
            for number, text in enumerate(trained, 1)
        ]
        made.append(Wording(name=f"{HELD_OUT}_{phrasing}", phrasing=phrasing, template=held_out))
    return tuple(made)


WORDINGS: dict[Kind, tuple[Wording, ...]] = {
    "value": _family(
        "value",
        short=("{s} {a:은}?", "{s}의 {a:은}?", "{s} {a}만 알려 줘", "{s} {a} 확인"),
        concise=(
            "{s}의 {a:은} {q}인가요?",
            "{s} {a:이} 어떻게 되나요?",
            "{s}의 {a:을} 한 문장으로 알려 주세요.",
            "{s} {a:은} 어떻게 되는지 간단히 답해 주세요.",
        ),
        sentence=(
            "{s}의 {a:이} {q}인지 알려 주세요.",
            "고객이 {s}의 {a:을} 문의합니다. 안내해 주세요.",
            "{s:을} 쓰려는 고객에게 {a:을} 설명해 주세요.",
            "{s} 상담 중입니다. {a:은} 어떻게 안내하면 되나요?",
        ),
    ),
    "steps": _family(
        "steps",
        short=("{s} 순서는?", "{s} 단계만 알려 줘", "{s} 순서 확인"),
        concise=("{s:은} 어떤 순서인가요?", "{s:을} 순서대로 알려 주세요.", "{s:이} 어떻게 진행되나요?"),
        sentence=(
            "{s:을} 단계별로 설명해 주세요.",
            "고객에게 {s:을} 안내하려고 합니다. 순서대로 알려 주세요.",
            "{s:이} 어떤 단계로 이루어지는지 알려 주세요.",
        ),
    ),
    "comparison": _family(
        "comparison",
        short=("{s:과} {other} {a} 비교", "{s}, {other} 각각의 {a:은}?"),
        concise=("{s:과} {other}의 {a:을} 비교해 주세요.", "{s:과} {other:은} {a:이} 어떻게 다른가요?"),
        sentence=(
            "고객이 {s:과} {other} 사이에서 고민합니다. {a:을} 비교해 주세요.",
            "{s:과} {other}의 {a:이} 각각 {q}인지 알려 주세요.",
        ),
    ),
    "selection": _family(
        "selection",
        short=("{scope} 중 {condition} {what:은}?", "{scope} 중 {condition} {what} 하나만"),
        concise=(
            "{scope} 중에서 {condition} {what:은} 무엇인가요?",
            "{scope} 중에서 {condition} {what:을} 골라 주세요.",
        ),
        sentence=(
            "고객이 {scope} 가운데 {condition} {what:을} 찾습니다. 어떤 것을 안내해야 하나요?",
            "{scope} 가운데 {condition} {what:이} 무엇인지 알려 주세요.",
        ),
    ),
    "description": _family(
        "description",
        short=("{s} {a:은}?", "{s} {a} 요약"),
        concise=("{s}의 {a:은} 어떤 내용인가요?", "{s}의 {a:을} 짧게 설명해 주세요."),
        sentence=("{s}의 {a}에 대해 설명해 주세요.", "고객이 {s}의 {a:을} 궁금해합니다. 안내해 주세요."),
    ),
}
