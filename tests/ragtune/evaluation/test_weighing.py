"""A leg that finds what the others miss gets a weight, one that doesn't gets none. Real index and legs."""

from collections.abc import Iterator, Sequence

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.embedders import ServedEmbedder
from ragtune.adapters.rerankers import ServedReranker
from ragtune.analysis import Bigrams
from ragtune.errors import BadInput
from ragtune.evaluation.retrieval import Judged, held_out
from ragtune.evaluation.weighing import CANDIDATES, KeptEmbedder, KeptReranker, judge
from ragtune.manifest import Manifest
from ragtune.ports import DENSE
from ragtune.retrieval import Aids, Retriever
from ragtune.settings import EmbedderSettings, RerankerSettings, RetrievalSettings
from tests.contracts.directions import Directions
from tests.contracts.entries import EVERYONE, entry
from tests.ragtune.adapters.model_routes import served

PAGES = 40
SAID = [f"말{chr(ord('가') + n)}" for n in range(PAGES)]
WRITTEN = [f"뜻{chr(ord('나') + n)}" for n in range(PAGES)]
EVERYDAY = dict(zip(SAID, WRITTEN, strict=True))


class Meaning(Directions):
    """Knows that what people say and what the pages say is the same; `Directions` knows letters alone."""

    def embed_question(self, question: str) -> tuple[float, ...]:
        words = [EVERYDAY.get(word, word) for word in question.split()]
        return super().embed_question(" ".join(words))


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path_factory.mktemp("index"), [Bigrams()], Manifest(), embedder=Directions())
    list(
        opened.put(
            entry(f"쪽{n}", [f"{WRITTEN[n]} 안내입니다. 같은 글이 뒤에 옵니다."]) for n in range(PAGES)
        )
    )
    yield opened
    opened.close()


def questions() -> list[Judged]:
    return [
        Judged(id=f"{n} {k}", question=f"{SAID[n]} {said}", document=f"쪽{n}", subset="")
        for n in range(PAGES)
        for k, said in enumerate(("안내", "같은 글"))
    ]


def decide(index: EmbeddedIndex, embedder: Directions, asked: Sequence[Judged]) -> tuple[float, bool]:
    aids = Aids(embedder=KeptEmbedder(embedder))

    def retriever(weight: float) -> Retriever:
        weights = {"bigram": 1.0, DENSE: weight}
        return Retriever(index, [Bigrams()], RetrievalSettings(weights=weights), aids)

    verdict = judge(DENSE, retriever, index, asked, EVERYONE, total=1.0)
    assert [one.weight for one in verdict.candidates] == list(CANDIDATES)
    assert verdict.questions == sum(not held_out(one.document) for one in asked)
    return verdict.weight, verdict.held_out.low > 0


def test_a_leg_that_brings_a_gain_gets_a_weight(index: EmbeddedIndex) -> None:
    weight, confirmed = decide(index, Meaning(), questions())
    assert weight in CANDIDATES
    assert confirmed


def test_a_leg_that_brings_none_gets_none(index: EmbeddedIndex) -> None:
    asked = [
        Judged(id=str(n), question=f"{WRITTEN[n]} 안내", document=f"쪽{n}", subset="") for n in range(PAGES)
    ]
    assert decide(index, Directions(), asked)[0] == 0.0


def test_one_half_alone_decides_nothing(index: EmbeddedIndex) -> None:
    alone = [one for one in questions() if held_out(one.document)]
    with pytest.raises(BadInput, match="too few questions for two halves"):
        decide(index, Directions(), alone)


def test_each_question_and_text_is_asked_once() -> None:
    with served() as (url, asked):
        embedder = KeptEmbedder(ServedEmbedder(EmbedderSettings(url=url, model="m", dimension=768)))
        reranker = KeptReranker(ServedReranker(RerankerSettings(url=url)))
        assert embedder.embed_question("요금") == embedder.embed_question("요금")
        assert reranker.scores("요금", ["요금", "해지", "요금"]) == [1, 0, 1]
        assert reranker.scores("요금", ["해지", "설치"]) == [0, 0]
    assert [body.get("texts") or body["input"] for _, _, body in asked] == [
        ["요금"],
        ["요금", "해지"],
        ["설치"],
    ]


def test_a_model_that_is_away_decides_nothing() -> None:
    nobody = "http://127.0.0.1:9"
    embedder = KeptEmbedder(ServedEmbedder(EmbedderSettings(url=nobody, model="m", dimension=2)))
    with pytest.raises(BadInput, match="without every answer nothing can be decided"):
        embedder.embed_question("요금")
    with pytest.raises(BadInput, match="without every answer"):
        KeptReranker(ServedReranker(RerankerSettings(url=nobody))).scores("요금", ["가"])
