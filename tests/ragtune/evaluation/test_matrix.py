from dataclasses import dataclass, field, replace

from ragtune.answers import Answer, Found, Request, State, Trace
from ragtune.documents import Citation
from ragtune.evaluation.matrix import ask, expressible, inexpressible, matrix, variants
from tests.ragtune.evaluation.examples import answers, question

QUESTIONS = [question(number) for number in range(10)]


@dataclass
class Scripted:
    """Answers by rule: with retrieval the right value and a citation, without it an abstention."""

    asked: list[Request] = field(default_factory=list)

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        right = request.retrieval
        state: State = "answered" if right else "abstained"
        citation = Citation(
            passage=1 if request.generator == "tuned" else 2,
            document_id="d_1",
            version=1,
            title="빛길라이트",
            path=(),
            link="file:///product/bitgil-light.html#fee",
            quote="22,000원",
        )
        found = Found(number=1, chunk_id="d_1:0", version=1, score=1.0, legs={}, dropped=False)
        return Answer(
            text="빛길라이트의 월 요금은 22,000원입니다." if right else "문서에서 찾을 수 없습니다.",
            state=state,
            citations=(citation,) if right else (),
            attachments=(),
            versions={},
            seconds={},
            trace=Trace(
                retrieval=right, prompt="", passages=(found,) if right else (), support=1.0,
                korean_share=1.0, unsupported=(), notes=(),
            ),
        )  # fmt: skip


def test_every_question_is_asked_of_every_variant() -> None:
    answering = Scripted()
    graded = list(ask(answering, QUESTIONS, variants()))
    assert len(graded) == 40
    assert {(r.generator, r.retrieval) for r in answering.asked} == {
        ("base", False), ("base", True), ("tuned", False), ("tuned", True),
    }  # fmt: skip


def test_points_citations_and_abstention_are_told_apart() -> None:
    unanswerable = replace(QUESTIONS[0], id="u1", required=(), answer="")
    table = matrix(ask(Scripted(), [*QUESTIONS, unanswerable], variants()))
    assert list(table) == ["Base", "Base+RAG", "PEFT", "PEFT+RAG"]
    assert table["PEFT+RAG"].points["overall"].share == 1.0
    assert table["PEFT+RAG"].points["overall"].n == 10
    assert table["PEFT"].points["overall"].share == 0.0
    assert table["PEFT"].abstained.share == 1.0
    assert table["PEFT+RAG"].abstained.share == 0.0
    assert table["PEFT+RAG"].valid_citations.share == 1.0
    assert table["Base+RAG"].valid_citations.share == 0.0
    assert table["PEFT+RAG"].right_page.share == 1.0


def test_shares_by_category_cover_the_questions() -> None:
    column = matrix(answers(50))["PEFT+RAG"]
    assert sum(interval.n for name, interval in column.points.items() if name != "overall") == 50
    assert column.points["overall"].low <= column.points["overall"].share <= column.points["overall"].high


def test_a_number_foreign_to_the_page_costs_a_point() -> None:
    graded = list(ask(Scripted(), QUESTIONS, variants(), page_text=lambda _: "월 요금은 22,000원입니다."))
    assert all(one.grade.accuracy == 2 for one in graded if one.retrieval)


def test_what_a_one_value_model_cannot_express_is_counted() -> None:
    one = QUESTIONS[3]
    several = replace(one, category="process", required=("가", "나"), ordered=True)
    assert expressible(one)
    assert expressible(one, ["22,000원"])
    assert not expressible(one, ["9,900원"])
    assert not expressible(several)
    assert inexpressible([one, several]) == {"condition": 0, "process": 1}
