"""Questions with what a right answer needs. One JSON line each (samples/questions/evaluation.jsonl):

{"id":"e01","question":"기가라이트 약정 기간은?","category":"condition","phrasing":"short",
 "source":"product/giga-lite.html","answer":"36개월","required":["36개월"],"ordered":false,"forbidden":[]}
"""

from dataclasses import dataclass

from ragtune.instructions.records import Category, Phrasing


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """`required` are the values or steps an answer must hold (in that order if `ordered`);
    `forbidden` are values that would contradict the document; `source` ends the right page's URI, `also`
    are other pages that state the same. `facts` name what is asked ("기가라이트|월 요금", or page|section):
    no fact is asked in two sets of questions."""

    id: str
    question: str
    category: Category
    phrasing: Phrasing
    source: str
    answer: str
    required: tuple[str, ...]
    ordered: bool = False
    forbidden: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
