"""Questions in other words than those the instructions use, so that the base reads what people really ask."""

from random import Random
from typing import TYPE_CHECKING

from ragtune.particles import with_particle

if TYPE_CHECKING:
    from samples.base.worlds import Fact

OWN = 0.5  # share of value questions that are worded here
ALIAS = 0.25  # share of those that also call the attribute by another name

TEMPLATES = (
    "{p} {a}",
    "{p} {a} 얼마예요?",
    "{p}의 {a} 알려줘",
    "{p} {a} 뭐야?",
    "{p} 상품의 {a}을 알고 싶어요.",
    "{p} 가입하려는데 {a}이 어떻게 되나요?",
    "{p} {a} 좀 알려 주시겠어요?",
    "{p} 이용 고객이 {a}을 물어봅니다.",
    "{a}이 궁금합니다. {p} 기준으로 답해 주세요.",
    "{p}에 대해 문의드립니다. {a}은 무엇인가요?",
    "{p}의 {a}은 무엇입니까?",
    "지금 {p} {a}은 어느 정도인가요?",
    "{p}을 신청하면 {a}은 어떻게 적용되나요?",
    "{p} 고객입니다. 제 {a}이 얼마인지 확인해 주세요.",
    "상담 중인 고객이 {p}의 {a}을 문의했습니다. 한 문장으로 답하세요.",
    "{p}의 {a}을 간단히 말해 주세요.",
    "{p}, {a}?",
    "문서를 보고 {p}의 {a}을 답하세요.",
    "{p} {a}만 짧게",
    "{p}의 {a}이 얼마인지 문장으로 안내해 주세요.",
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


def reworded(question: str, fact: "Fact", rng: Random) -> str:
    """`question`, or, for a single value, often one of the wordings above."""
    if fact.kind != "value" or rng.random() > OWN:
        return question
    name = fact.attribute
    if rng.random() < ALIAS:
        name = rng.choice(ALIASES.get(fact.attribute, (fact.attribute,)))
    template = rng.choice(TEMPLATES)
    for form, other in (("은", "는"), ("이", "가"), ("을", "를")):
        template = template.replace(f"{{a}}{form} ", with_particle(name, form, other) + " ")
        template = template.replace(f"{{p}}{form} ", with_particle(fact.subjects[0], form, other) + " ")
    return template.format(p=fact.subjects[0], a=name)
