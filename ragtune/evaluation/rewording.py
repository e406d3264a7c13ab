"""A manual's own words turned into the words of somebody who asks: fewer of them, others, in another order.

    asked = ask_heading(["방화벽", "포트", "설정"], ["설치", "안내"], Random(1))
    asked.text       # "설치 쪽에서 포트 맞추기, 방화벽, 어떻게 하면 되나요?"
    asked.less       # a word of the heading was left out or replaced

A question that repeats a heading word for word proves nothing about search: here its words never stand all of
them, side by side, in the heading's order.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from ragtune.analysis import content_length
from ragtune.particles import particle
from ragtune.ranges import Range

_RUN = re.compile(r"[가-힣]+|[A-Za-z][A-Za-z0-9_+#]*(?:[-.][A-Za-z0-9_+#]+)*|\d+(?:[.,]\d+)*")
_MOST_WORDS = 4  # of one heading, cell or sentence in a question
# What people say for what manuals write. Everyday Korean, chosen without looking at any set of questions.
_SAID = {
    "설치": "깔기", "삭제": "지우기", "생성": "만들기", "작성": "쓰기", "변경": "바꾸기", "추가": "더하기",
    "제거": "없애기", "조회": "찾아보기", "확인": "알아보기", "설정": "맞추기", "수정": "고치기",
    "시작": "켜기", "실행": "돌리기", "종료": "끝내기", "중지": "멈추기", "연결": "잇기", "등록": "올리기",
    "사용": "쓰기", "이용": "쓰기", "개요": "소개", "목록": "리스트", "예제": "보기", "오류": "에러",
    "비용": "값", "요금": "가격", "신청": "접수", "해지": "그만두기", "제한": "한도", "문제": "고장",
    "해결": "고치기", "전화": "통화", "사용자": "쓰는 사람", "관리자": "담당자", "비교": "차이",
    "지원": "도움", "복원": "되돌리기", "다운로드": "내려받기", "암호": "비밀번호", "기간": "동안",
    "선택": "고르기", "전송": "보내기", "수신": "받기", "차단": "막기", "허용": "풀어 주기",
    "할당": "나눠 주기", "절차": "순서", "구성": "짜임새", "준비": "채비", "장소": "곳", "금액": "돈",
    "환불": "돈 돌려받기",
}  # fmt: skip
_HEADING = (
    "{context} 쪽에서 {words}, 어떻게 하면 되나요?",
    "{words}, {context} 문서에는 뭐라고 되어 있나요?",
    "{context} 관련해서 {words}에 대해 설명해 주세요",
    "{words|이} 궁금합니다. {context} 이야기예요",
)
_CELL = (
    "{label}의 경우 {column|은} 어떻게 되나요?",
    "{column}, {label|은} 무엇으로 되어 있나요?",
    "{label} 쪽 {column} 알려 주세요",
    "{column|이} 어떻게 되는지, {label} 기준으로 알고 싶어요",
)
_CELL_IN = ("{context}에서 ", "{context} 관련 질문인데, ", "")
_SENTENCE = (
    "{words} 이야기가 나오는 부분이 궁금해요",
    "{words|은} 어떻게 되나요?",
    "{words} 관련해서 알려 주세요",
    "{words|이} 무슨 뜻인가요?",
)
_RANGE = (
    "{words|은} {amount}이면 어떻게 되나요?",
    "{amount}인데 {words}에 해당하나요?",
    "{context} 쪽에서 {amount}인 경우 {words} 알려 주세요",
)
_LEAST_AMOUNT, _MOST_AMOUNT = 3, 10**9  # smaller ones lie in everything
_SLOT = re.compile(r"\{(\w+)(?:\|(\w+))?\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question. `less`: a word that it is about was left out or replaced."""

    text: str
    less: bool


def content_words(text: str) -> list[str]:
    """The words that say what a text is about, without particles and endings, each once.

    >>> content_words("방화벽에서 포트를 설정하는 방법 (Windows 11)")
    ['방화벽', '포트', '설정', 'Windows', '11']
    """
    words = []
    for run in _RUN.findall(text):
        word = run[: content_length(run)] if "가" <= run[0] <= "힣" else run
        if len(word) > 1:
            words.append(word)
    return list(dict.fromkeys(words))


def ask_heading(words: Sequence[str], context: Sequence[str], random: Random) -> Asked | None:
    """A question about a heading of `words` below headings of `context`; None where these don't give one."""
    others = [word for word in context if word not in words]
    if not words or not others:
        return None
    kept, less = _fewer(words, random, least=1 if len(words) < 3 else 2)
    said, other = _said(kept, random)
    about = " ".join(_shuffled(random.sample(others, min(2, len(others))), random))
    template = random.choice(_HEADING)
    text = _filled(template, words=_listed(_shuffled(said, random), random), context=about)
    return None if copies(text, words) else Asked(text=text, less=less or other)


def ask_cell(
    label: Sequence[str], column: Sequence[str], context: Sequence[str], random: Random
) -> Asked | None:
    """A question about the cell in the row `label` and the column `column` of a table below `context`."""
    if not label or not column:
        return None
    rows, fewer_rows = _fewer(label, random, least=2)
    columns, fewer_columns = _fewer(column, random, least=1)
    columns, other = _said(columns, random)
    others = [word for word in context if word not in {*label, *column}]
    opening = random.choice(_CELL_IN) if others else ""
    text = _filled(
        opening + random.choice(_CELL),
        label=" ".join(_shuffled(rows, random)),
        column=" ".join(_shuffled(columns, random)),
        context=random.choice(others) if others else "",
    )
    return Asked(text=text, less=fewer_rows or fewer_columns or other)


def ask_sentence(words: Sequence[str], context: Sequence[str], random: Random) -> Asked | None:
    """A question of a few words of a sentence, which stand in it in another order; None if it has too few."""
    own = [word for word in words if word not in context]
    if len(own) < 5:
        return None
    kept, _ = _said(random.sample(own, 3), random)
    picked = [*kept, random.choice(list(context))] if context else kept
    text = _filled(random.choice(_SENTENCE), words=_listed(_shuffled(picked, random), random))
    return None if copies(text, words) else Asked(text=text, less=True)


def ask_range(stated: Range, words: Sequence[str], context: Sequence[str], random: Random) -> Asked | None:
    """A question with an amount inside `stated`, neither of its ends; None where there is none to choose."""
    top = stated.high if stated.high is not None else stated.low * 2
    own = [word for word in words if word not in context]
    if top - stated.low < 2 or not _LEAST_AMOUNT <= top <= _MOST_AMOUNT or not own or not context:
        return None
    text = _filled(
        random.choice(_RANGE),
        words=" ".join(_shuffled(random.sample(own, min(2, len(own))), random)),
        amount=f"{_round(stated.low, top, random)}{stated.unit}",
        context=random.choice(list(context)),
    )
    return Asked(text=text, less=True)


def _round(low: int, high: int, random: Random) -> int:
    """An amount between the two, as round as the range lets it be."""
    amount = random.randint(low + 1, high - 1)
    for step in (10_000_000, 1_000_000, 100_000, 10_000, 1_000, 100, 10):
        near = amount - amount % step
        if low < near < high:
            return near
    return amount


def copies(question: str, words: Sequence[str]) -> bool:
    """Whether all of `words`, two or more, stand in the question one behind the other."""
    return len(words) > 1 and " ".join(words) in " ".join(content_words(question))


def _fewer(words: Sequence[str], random: Random, *, least: int) -> tuple[list[str], bool]:
    """`words`, at most four, often without one of them; at least `least`."""
    kept = list(words[:_MOST_WORDS])
    if len(kept) > least and random.random() < 0.6:
        kept.remove(random.choice(kept))
    return kept, len(kept) < len(words)


def _said(words: Sequence[str], random: Random) -> tuple[list[str], bool]:
    """`words`, half the time with one of them as people say it."""
    known = [word for word in words if word in _SAID]
    if not known or random.random() < 0.5:
        return list(words), False
    replaced = random.choice(known)
    return [_SAID[word] if word == replaced else word for word in words], True


def _shuffled(words: Sequence[str], random: Random) -> list[str]:
    """`words` in another order than theirs, if there is one."""
    mixed = random.sample(list(words), len(words))
    return mixed if mixed != list(words) else mixed[::-1]


def _listed(words: Sequence[str], random: Random) -> str:
    return random.choice((" ", ", ", " ")).join(words)


def _filled(template: str, **values: str) -> str:
    def value(found: re.Match[str]) -> str:
        word = values[found[1]]
        return word + (particle(word, found[2]) if found[2] else "")

    return " ".join(_SLOT.sub(value, template).split())
