"""What helps the words: amounts in ranges, other words for the same, a dense leg, a reranker.

The indexes are real, the models a server of real protocols and dimension."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.embedders import ServedEmbedder
from ragtune.adapters.rerankers import ServedReranker
from ragtune.analysis import Bigrams
from ragtune.errors import ManifestMismatch
from ragtune.lexicon import Group, Lexicon
from ragtune.manifest import Manifest
from ragtune.ports import DENSE
from ragtune.retrieval import RERANK, Aids, Retriever
from ragtune.settings import EmbedderSettings, RerankerSettings, RetrievalSettings, Settings, load_settings
from ragtune.wiring import open_search
from tests.contracts.directions import Directions
from tests.contracts.entries import EVERYONE, entry
from tests.ragtune.adapters.model_routes import DIMENSION, served

WORDS = RetrievalSettings(weights={"bigram": 1.0, "bigram_head": 0.2}, hits=20)
PAGES = [
    entry("요금", ["셋톱박스의 월 요금은 3,300원입니다.", "소득 30만원 이상 50만원 미만이면 감면됩니다."]),
    entry("반납", ["셋톱박스는 기사에게 반납합니다.", "소득 50만원 이상이면 감면이 없습니다."]),
    entry("설치", ["설치는 3일 안에 합니다."], labels=("staff",)),
]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[EmbeddedIndex]:
    opened = EmbeddedIndex(tmp_path, [Bigrams()], Manifest(), embedder=Directions())
    list(opened.put(PAGES))
    yield opened
    opened.close()


def weighted(**weights: float) -> RetrievalSettings:
    return replace(WORDS, weights={**WORDS.weights, **weights})


def first(index: EmbeddedIndex, question: str, settings: RetrievalSettings, aids: Aids | None = None) -> str:
    found = Retriever(index, [Bigrams()], settings, aids).passages(question, EVERYONE, 1)
    return found[0].chunk.text if found else ""


def test_an_amount_finds_its_range(index: EmbeddedIndex) -> None:
    assert "30만원 이상 50만원 미만" in first(index, "소득이 40만원이면 감면되나요?", WORDS)
    assert "50만원 이상" in first(index, "소득이 60만원이면 감면되나요?", WORDS)


def test_an_unknown_word_finds_what_documents_say(index: EmbeddedIndex) -> None:
    aids = Aids(lexicon=Lexicon([Group(forms=("셋톱박스", "STB"))]))
    assert first(index, "STB", WORDS) == ""
    assert "셋톱박스" in first(index, "STB", WORDS, aids)


def test_a_word_that_documents_know_is_left_alone(index: EmbeddedIndex) -> None:
    aids = Aids(lexicon=Lexicon([Group(forms=("셋톱박스", "요금"))]))
    plain = Retriever(index, [Bigrams()], WORDS).ranked("셋톱박스", EVERYONE)
    assert Retriever(index, [Bigrams()], WORDS, aids).ranked("셋톱박스", EVERYONE) == plain


def test_the_dense_leg_counts_by_its_weight(index: EmbeddedIndex) -> None:
    aids = Aids(embedder=Directions())
    alone = Retriever(index, [Bigrams()], RetrievalSettings(weights={DENSE: 1.0}), aids)
    found = alone.passages("셋톱박스 반납", EVERYONE, 5)
    assert [set(passage.legs) for passage in found] == [{DENSE}] * 4
    assert "반납합니다" in found[0].chunk.text
    both = Retriever(index, [Bigrams()], weighted(dense=0.5), aids).ranked("셋톱박스 반납", EVERYONE)
    assert {"bigram", DENSE} <= set(both[0].legs)
    without = Retriever(index, [Bigrams()], weighted(dense=0.0), aids).ranked("셋톱박스 반납", EVERYONE)
    assert without == Retriever(index, [Bigrams()], WORDS).ranked("셋톱박스 반납", EVERYONE)


def test_the_dense_leg_keeps_to_the_labels(index: EmbeddedIndex) -> None:
    alone = Retriever(
        index, [Bigrams()], RetrievalSettings(weights={DENSE: 1.0}), Aids(embedder=Directions())
    )
    assert "설치" not in {one.chunk.title for one in alone.passages("설치는 3일", EVERYONE, 20)}
    staff = replace(EVERYONE, labels=frozenset({"staff"}))
    assert [one.chunk.title for one in alone.passages("설치는 3일", staff, 20)] == ["설치"]


def test_words_go_on_without_models_that_are_away(index: EmbeddedIndex) -> None:
    nobody = "http://127.0.0.1:9"
    away = Aids(
        embedder=ServedEmbedder(EmbedderSettings(url=nobody, model="m", dimension=DIMENSION)),
        reranker=ServedReranker(RerankerSettings(url=nobody)),
    )
    plain = Retriever(index, [Bigrams()], WORDS).ranked("셋톱박스 반납", EVERYONE)
    helped = Retriever(index, [Bigrams()], weighted(dense=0.5, rerank=0.5), away)
    assert helped.ranked("셋톱박스 반납", EVERYONE) == plain


def test_a_reranker_changes_the_order_of_the_first_few(index: EmbeddedIndex) -> None:
    with served() as (url, asked):
        aids = Aids(reranker=ServedReranker(RerankerSettings(url=url, model="m")), candidates=2)
        finder = Retriever(index, [Bigrams()], weighted(rerank=4.0), aids)
        ranked = finder.ranked("셋톱박스는 반납", EVERYONE)
        assert finder.versions() == {"reranker": "m"}
    assert [len(body["texts"]) for _, _, body in asked] == [2]
    judged = [one for one in ranked if RERANK in one.legs]
    assert len(judged) == 2
    assert judged[0].legs[RERANK] == 1.0
    assert all(0 <= one.score <= 1 for one in ranked)
    assert [one.score for one in ranked] == sorted((one.score for one in ranked), reverse=True)


def deployed(state: Path, url: str) -> Settings:
    """config/local.toml with its state elsewhere, bigrams alone, and both models at `url`."""
    settings = load_settings(Path("config/local.toml"))
    return replace(
        settings,
        state=state,
        index=replace(settings.index, url=f"sqlite:///{state}/index", views=("bigram",)),
        retrieval=weighted(dense=0.5, rerank=0.2),
        embedder=EmbedderSettings(url=url, model="directions", dimension=DIMENSION, timeout_s=30.0),
        reranker=RerankerSettings(url=url, model="m", timeout_s=30.0),
    )


def test_settings_open_it_all_end_to_end(tmp_path: Path) -> None:
    with served() as (url, asked):
        settings = deployed(tmp_path, url)
        with open_search(settings, Manifest()) as search:
            list(search.index.put(PAGES))
            (best,) = search.retriever.passages("셋톱박스 반납은?", EVERYONE, 1)
        assert {"bigram", DENSE, RERANK} <= set(best.legs)
        assert "반납합니다" in best.chunk.text
        assert {path for path, _, _ in asked} == {"/v1/embeddings", "/rerank"}
        other = replace(settings, embedder=replace(settings.embedder, model="another"))
        with pytest.raises(ManifestMismatch, match="another"), open_search(other, Manifest()):
            pass
