"""The retriever as langchain-core calls it: what its standard tests ask for, over a real index."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from langchain_core.documents import Document
from langchain_core.load import dumpd
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnableLambda
from pydantic import ValidationError

from ragtune.integrations.langchain import PassageRetriever
from tests.ragtune.deployment import Deployment, deployment

PUBLIC = frozenset({"public"})


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(Path(tmp_path_factory.mktemp("langchain"))) as opened:
        yield opened


def retriever(deployed: Deployment, **more: object) -> PassageRetriever:
    search = deployed.answering._retriever
    return PassageRetriever(search=search, **({"labels": PUBLIC} | more))  # type: ignore[arg-type]


def test_documents_hold_the_passage_and_where_it_stands(deployed: Deployment) -> None:
    found = retriever(deployed).invoke("빛길라이트 월 요금은?")
    assert isinstance(retriever(deployed), BaseRetriever)
    assert all(isinstance(one, Document) for one in found)
    assert "22,000원" in found[0].page_content
    assert found[0].page_content.startswith("빛길라이트 안내 › 요금")
    assert found[0].id is not None
    assert found[0].id.startswith("d_")
    metadata = found[0].metadata
    assert metadata["source"] == "file:///manuals/light.html"
    assert metadata["attachments"][0]["name"] == "요금표"
    assert 0 < metadata["score"] <= 1
    assert set(metadata["legs"]) <= {"bigram", "bigram_head"}
    assert dumpd(found[0])["kwargs"]["metadata"] == metadata  # plain data alone


@pytest.mark.parametrize("k", [1, 2, 3])
def test_k_is_kept_to_whether_made_or_asked_with(deployed: Deployment, k: int) -> None:
    question = "빛길라이트 빛길베이직 요금 설치"
    made = retriever(deployed, k=k).invoke(question)
    assert len(made) == k
    assert retriever(deployed).invoke(question, k=k) == made


def test_labels_decide_what_is_found_and_no_question_changes_them(deployed: Deployment) -> None:
    question = "해지 방어 보상 한도"
    assert not [one for one in retriever(deployed).invoke(question) if "77,000" in one.page_content]
    managers = retriever(deployed, labels=frozenset({"manager"}))
    assert [one.metadata["title"] for one in managers.invoke(question)] == ["해지 방어 지침"]
    with pytest.raises(TypeError, match="labels"):
        retriever(deployed).invoke(question, labels=frozenset({"manager"}))


def test_the_day_decides_what_is_valid(deployed: Deployment) -> None:
    titles = [one.metadata["title"] for one in retriever(deployed, day="2999-06-01").invoke("여름 행사")]
    assert "여름 행사" in titles
    assert "여름 행사" not in [one.metadata["title"] for one in retriever(deployed).invoke("여름 행사")]


def ids(found: list[Document]) -> list[str | None]:
    return [one.id for one in found]


def test_batches_chains_and_async_give_the_same(deployed: Deployment) -> None:
    questions = ["월 요금은?", "설치비는?"]
    finder = retriever(deployed)
    alone = [finder.invoke(question) for question in questions]
    assert finder.batch(questions) == alone
    assert asyncio.run(finder.ainvoke(questions[0])) == alone[0]
    chain = finder | RunnableLambda(ids)
    assert chain.invoke(questions[0]) == ids(alone[0])


@pytest.mark.parametrize("wrong", [{"k": 0}, {"k": 51}, {"day": "tomorrow"}, {"labels": None}])
def test_wrong_values_are_refused(deployed: Deployment, wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        retriever(deployed, **wrong)
