r"""What the base is asked about a world, in as many wordings as people use, and what it should answer.

value      one product's value      두레박메시 한 달에 얼마예요?
           -> 두레박메시의 월 요금은 12,100원입니다.
pair       two products' values     빛길맥스와 빛길프로는 얼마씩인가요?
           -> 비교하면 빛길맥스의 월 요금은 35,200원입니다. 빛길프로의 월 요금은 44,000원입니다.
choice     the product with a value 추천 대상이 대가족인 인터넷은?
           -> 추천 대상이 대가족인 것은 빛길맥스입니다.
recommend  the same, the value in other words: 식구가 많은 집에 맞는 인터넷은?
steps      a procedure's steps, in their order
           -> 순서는 다음과 같습니다.\n1. 결합 대상 회선 조회\n2. …
beyond     anything else that pages tell; a model of this size can't, and says 문서에서 찾을 수 없습니다.

An answer names first what was understood, the attribute's own name and the value that is meant, and then says
what it read: a model of this size finds it in no other order. Wordings: those of ragtune.instructions that
are not held out, TEMPLATES with an attribute's own or another name, and colloquial.toml and procedures.toml,
written by someone who had not seen the evaluation's questions.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

from ragtune.instructions.phrases import CONTRASTED, ORDER, contrasted, in_order, singled_out, stated
from ragtune.instructions.wordings import WORDINGS, Word, asked
from ragtune.particles import with_particle
from ragtune.prompts import NOT_FOUND
from ragtune.records import decode_toml, read_toml, toml_values
from samples.base.worlds import STEPS, Fact, World

COLLOQUIAL = Path(__file__).with_name("colloquial.toml")
PROCEDURES = Path(__file__).with_name("procedures.toml")
ALIAS = 0.3  # share of templates that call the attribute by another name

TEMPLATES = (
    "{p} {a}",
    "{p} {a} 얼마예요?",
    "{p}의 {a} 알려줘",
    "{p} {a} 뭐야?",
    "{p} 상품의 {a:을} 알고 싶어요.",
    "{p} 가입하려는데 {a:이} 어떻게 되나요?",
    "{p} {a} 좀 알려 주시겠어요?",
    "{p} 이용 고객이 {a:을} 물어봅니다.",
    "{a:이} 궁금합니다. {p} 기준으로 답해 주세요.",
    "{p}에 대해 문의드립니다. {a:은} 무엇인가요?",
    "{p}의 {a:은} 무엇입니까?",
    "지금 {p} {a:은} 어느 정도인가요?",
    "{p:을} 신청하면 {a:은} 어떻게 적용되나요?",
    "{p} 고객입니다. 제 {a:이} 얼마인지 확인해 주세요.",
    "상담 중인 고객이 {p}의 {a:을} 문의했습니다. 한 문장으로 답하세요.",
    "{p}의 {a:을} 간단히 말해 주세요.",
    "{p}, {a}?",
    "문서를 보고 {p}의 {a:을} 답하세요.",
    "{p} {a}만 짧게",
    "{p}의 {a:이} 얼마인지 문장으로 안내해 주세요.",
)
ALIASES = {
    "월 요금": ("한 달 요금", "매달 내는 요금", "월 이용료", "월정액", "요금"),
    "약정 기간": ("약정", "의무 약정", "약정 개월 수", "계약 기간"),
    "설치비": ("설치 비용", "설치할 때 드는 돈", "설치 요금"),
    "유심비": ("유심 값", "유심 비용", "유심 가격"),
    "해지 위약금": ("위약금", "중도 해지 위약금", "해지할 때 내는 돈"),
    "신청 방법": ("신청하는 방법", "가입 방법", "신청 경로"),
    "가입 혜택": ("사은품", "가입 사은품", "가입하면 받는 것", "혜택"),
    "추천 대상": ("추천 고객", "알맞은 고객", "권장 대상", "누구에게 맞는지"),
    "무상 AS 기간": ("무상 수리 기간", "무료 AS 기간", "AS 보증 기간"),
    "장비 임대료": ("임대료", "장비 대여료", "장비 사용료"),
    "다운로드 속도": ("속도", "최대 속도", "내려받기 속도"),
    "채널 수": ("채널 개수", "채널", "볼 수 있는 채널 수"),
    "음성 제공량": ("음성 통화량", "통화 제공량", "무료 통화"),
    "기록 보관 기간": ("영상 보관 기간", "보관 기간", "녹화 보관 일수"),
    "데이터 제공량": ("데이터", "데이터 용량", "월 데이터"),
    "소진 후 속도": ("데이터 소진 뒤 속도", "소진 이후 속도", "다 쓴 뒤 속도"),
    "최대 접속 대수": ("동시 접속 대수", "접속 대수", "연결할 수 있는 기기 수"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Colloquial:
    """colloquial.toml: by attribute, or by the value that a phrase means."""

    value: dict[str, tuple[str, ...]]
    pair: dict[str, tuple[str, ...]]
    choice: dict[str, tuple[str, ...]]
    target: dict[str, tuple[str, ...]]
    gift: dict[str, tuple[str, ...]]
    how: dict[str, tuple[str, ...]]
    recommend: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question. Its answer takes one chunk of each of `parts`; where only some of these are shown, or one
    of `misleading` is, no answer is right."""

    question: str
    answer: str
    absent: str
    parts: tuple[frozenset[int], ...]
    products: tuple[str, ...]  # as the world calls them
    attribute: str
    near: frozenset[int]
    misleading: frozenset[int] = frozenset()

    def answer_from(self, shown: set[int]) -> str:
        """What is right when these chunks are shown, "" when nothing is."""
        if all(part & shown for part in self.parts):
            return "" if self.misleading & shown else self.answer
        return "" if self.bearing & shown else self.absent

    @property
    def bearing(self) -> frozenset[int]:
        """The chunks that bear any of it, or may in other words."""
        return self.near.union(self.misleading, *self.parts)


Words = Mapping[str, str]  # a word of the world -> the word that stands for it in this document
Ask = Callable[[World, Fact, Words, Random], "Asked | None"]


@cache
def colloquial() -> Colloquial:
    """The file, read once. Raises SettingsError where it has another form."""
    return read_toml(Colloquial, COLLOQUIAL)


@cache
def of_steps() -> dict[str, tuple[str, ...]]:
    """procedures.toml, read once: procedure -> questions for its steps."""
    return decode_toml(dict[str, tuple[str, ...]], toml_values(PROCEDURES)["steps"], PROCEDURES, "steps")


@cache
def meaning() -> dict[str, tuple[str, ...]]:
    """Value -> phrases that mean it."""
    said = colloquial()
    return {**said.target, **said.gift, **said.how}


def texts() -> Iterator[str]:
    """Every wording, without its fields: what a tokenizer learns its pieces from."""
    said = colloquial()
    yield from (alias for aliases in ALIASES.values() for alias in aliases)
    for group in (said.value, said.pair, said.choice, said.target, said.gift, said.how):
        yield from (text for texts in group.values() for text in texts)
    yield from (text for texts in of_steps().values() for text in texts)
    yield from (*TEMPLATES, *said.recommend)


def ask_value(_world: World, fact: Fact, words: Words, rng: Random) -> Asked:
    product, attribute = words[fact.product], fact.attribute
    name = attribute
    kind = rng.random()
    if kind < 0.4:
        template = rng.choice(colloquial().value[attribute])
    elif kind < 0.7:
        template = rng.choice(TEMPLATES)
        name = rng.choice(ALIASES[attribute]) if rng.random() < ALIAS else attribute
    else:
        template = _trained("value", rng)
    question = _filled(template, p=product, s=product, a=name, q=asked(attribute))
    return Asked(
        question=question,
        answer=stated(product, attribute, words[fact.value]),
        absent=f"{product}의 {with_particle(attribute, '은', '는')} {NOT_FOUND}.",
        parts=(fact.chunks,),
        near=fact.near,
        products=(fact.product,),
        attribute=attribute,
    )


def ask_pair(world: World, fact: Fact, words: Words, rng: Random) -> Asked | None:
    """With another product of the same attribute, mostly of the same line."""
    others = [one for one in world.facts if one.attribute == fact.attribute and one.product != fact.product]
    near = [one for one in others if one.line == fact.line]
    other = rng.choice(near if near and rng.random() < 0.8 else others)
    attribute, first, second = fact.attribute, words[fact.product], words[other.product]
    spoken = rng.random() < 0.5
    template = rng.choice(colloquial().pair[attribute]) if spoken else _trained("comparison", rng)
    fields = {"p": first, "s": first, "o": second, "other": second, "a": attribute, "q": asked(attribute)}
    return Asked(
        question=_filled(template, **fields),
        answer=contrasted((first, words[fact.value]), (second, words[other.value]), attribute),
        absent=f"{CONTRASTED} {first}의 {with_particle(attribute, '은', '는')} {NOT_FOUND}.",
        parts=(fact.chunks, other.chunks),
        near=fact.near | other.near,
        products=(fact.product, other.product),
        attribute=attribute,
    )


def ask_choice(world: World, fact: Fact, words: Words, rng: Random) -> Asked | None:
    """None where another product of the line has the value too."""
    value = words[fact.value]
    condition = f"{with_particle(fact.attribute, '이', '가')} {value}인"
    if rng.random() < 0.5:
        meant = rng.choice((value, *meaning().get(value, ())))
        question = _filled(rng.choice(colloquial().choice[fact.attribute]), c=fact.line, v=meant)
    else:
        scope = rng.choice((fact.line, f"{fact.line} 상품", f"{fact.line} 상품 비교"))
        question = _filled(_trained("selection", rng), scope=scope, condition=condition, what="것")
    return _chosen(world, fact, words, question)


def ask_recommend(world: World, fact: Fact, words: Words, rng: Random) -> Asked | None:
    """By a phrase that means the value; None for an attribute whose values have no phrases."""
    if fact.attribute != "추천 대상":
        return None
    value = words[fact.value]
    meant = rng.choice((value, *meaning()[value]))
    question = _filled(rng.choice(colloquial().recommend), t=meant, c=fact.line)
    return _chosen(world, fact, words, question)


def ask_steps(world: World, _fact: Fact, words: Words, rng: Random) -> Asked | None:
    one = rng.choice(world.procedures)
    spoken = rng.random() < 0.6
    question = rng.choice(of_steps()[one.name]) if spoken else _filled(_trained("steps", rng), s=one.topic)
    return Asked(
        question=question,
        answer=in_order([words[step] for step in one.steps]),
        absent=f"{ORDER} {NOT_FOUND}.",
        parts=(one.chunks,),
        near=one.near,
        products=(one.name,),
        attribute=STEPS,
    )


def ask_beyond(world: World, fact: Fact, _words: Words, rng: Random) -> Asked:
    said = f"{NOT_FOUND}."
    return Asked(
        question=rng.choice(world.beyond),
        answer=said,
        absent=said,
        parts=(),
        near=frozenset(),
        products=(fact.product,),
        attribute=fact.attribute,
    )


ASKING: dict[str, Ask] = {
    "value": ask_value,
    "pair": ask_pair,
    "choice": ask_choice,
    "recommend": ask_recommend,
    "steps": ask_steps,
    "beyond": ask_beyond,
}


def _chosen(world: World, fact: Fact, words: Words, question: str) -> Asked | None:
    others = [one for one in world.alike(fact) if one.product != fact.product]
    if any(one.line == fact.line for one in others):
        return None
    condition = f"{with_particle(fact.attribute, '이', '가')} {words[fact.value]}인"
    return Asked(
        question=question,
        answer=singled_out(condition, words[fact.product]),
        absent=f"{condition} 것은 {NOT_FOUND}.",
        parts=(fact.chunks,),
        near=fact.near,
        products=(fact.product,),
        attribute=fact.attribute,
        misleading=frozenset().union(*(one.chunks | one.near for one in others)) - fact.chunks,
    )


def _trained(kind: str, rng: Random) -> str:
    return rng.choice([one.template for one in WORDINGS[kind] if not one.held_out])  # type: ignore[index]


def _filled(template: str, **words: str) -> str:
    return template.format(**{name: Word(word) for name, word in words.items()})
