"""What the node makes of Korean text: nori and its dictionary, cjk, and our own tokens as they are."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ragtune.adapters.embedded import EmbeddedIndex
from ragtune.adapters.kiwi import Kiwi
from ragtune.adapters.opensearch import Cjk, Nori
from ragtune.analysis import Bigrams, normalise
from ragtune.chunking import chunks
from ragtune.evaluation.retrieval import read_questions
from ragtune.manifest import Manifest
from ragtune.manuals import read_page
from ragtune.ports import Analyzer, Entry, Leg, Term
from ragtune.ranges import amount_tokens
from ragtune.retrieval import Retriever
from ragtune.settings import load_settings
from tests.contracts.entries import EVERYONE, entry, leg
from tests.contracts.search_node import node_url, open_index
from tests.contracts.tampering import Answer, tampered

pytestmark = pytest.mark.opensearch
BIGRAMS = Bigrams()
MANUALS = sorted(Path("samples/manuals").rglob("*.html"))
QUESTIONS = [Path(f"samples/questions/{part}.jsonl") for part in ("development", "evaluation")]


def test_nori_finds_morphemes_and_takes_product_names_apart_by_the_user_dictionary(name: str) -> None:
    nori = Nori(("올인원요금제", "기가 라이트"))
    index = open_index(name, "", nori, BIGRAMS)
    assert index.made.nori
    list(
        index.put(
            [entry("올인원요금제 안내", ["해지하시려면 위약금을 내야 합니다."]), entry("설치", ["무료"])]
        )
    )

    def titles(question: str, field: str = "") -> list[str]:
        hits = index.search([leg(question, nori, field)], EVERYONE, 5)[0]
        return [chunk.title for chunk in index.chunks([hit.chunk_id for hit in hits])]

    assert titles("해지할 때 위약금은 얼마인가요?") == ["올인원요금제 안내"]
    assert titles("올인원요금제", "nori_head") == ["올인원요금제 안내"]
    assert titles("요금제") == []  # the dictionary says that the name is one word
    assert index.frequencies("nori", ["위약금", "해지", "없는말", "무료"]) == (2, [1, 1, 0, 1])
    index.close()


def test_a_node_without_nori_makes_bigrams_of_the_same_view(name: str) -> None:
    def no_nori(method: str, path: str, body: bytes, pass_on: Callable[[bytes], Answer]) -> Answer:
        if path == "/_analyze":
            return 400, b'{"error":{"type":"illegal_argument_exception","reason":"no nori_tokenizer"}}'
        return pass_on(body)

    with tampered(node_url(), no_nori) as url:
        index = open_index(name, url, Nori(), Cjk())
        assert index.info()["nori"] is False
        list(index.put([entry("요금", ["위약금을 내야 합니다."])]))
        for view in (Nori(), Cjk()):
            assert len(index.search([leg("위약금은?", view)], EVERYONE, 5)[0]) == 1
        index.close()


def test_cjk_on_the_node_counts_as_our_bigrams_do(name: str) -> None:
    index = open_index(name, "", Cjk(), BIGRAMS)
    list(index.put([entry("요금", ["5G 요금제는 월 33,000원", "요금"]), entry("둘", ["위약금"])]))
    words = BIGRAMS.tokens("요금 위약금 33000원 없음")
    assert index.frequencies("cjk", words) == index.frequencies("bigram", words)
    index.close()


def test_an_amount_is_found_in_a_range_by_the_nodes_bigrams_as_by_ours(name: str) -> None:
    views = (Cjk(), BIGRAMS)
    index = open_index(name, "", *views)
    stated = [f"월 소득 {low}만원 이상 {low + 20}만원 미만" for low in (10, 30, 50)]
    list(index.put([entry(f"쪽{number}", [text]) for number, text in enumerate(stated)]))
    terms = tuple(Term(text=token) for token in amount_tokens(normalise("소득이 40만 원이면?")))
    hits = index.search([Leg(field=view.name, terms=terms) for view in views], EVERYONE, 5)
    titles = [[chunk.title for chunk in index.chunks([hit.chunk_id for hit in one])] for one in hits]
    assert titles == [["쪽1"], ["쪽1"]]
    index.close()


def test_the_products_own_tokens_find_the_same_ten_as_embedded(name: str, tmp_path: Path) -> None:
    views: tuple[Analyzer, ...] = (Kiwi(), BIGRAMS)
    settings = load_settings(Path("config/local.toml"))
    pages = [read_page(path.read_bytes(), source=path.absolute().as_uri(), version=1) for path in MANUALS]
    entries = [
        Entry(document=one, chunks=chunks(one, max_chars=settings.chunking.max_chars)) for one in pages
    ]
    asked = [one.question for path in QUESTIONS for one in read_questions(path)]
    assert len(entries) > 20
    assert len(asked) > 100
    found = []
    for index in (EmbeddedIndex(tmp_path, views, Manifest()), open_index(name, "", *views)):
        list(index.put(entries))
        retriever = Retriever(index, views, settings.retrieval)
        found.append([[one.chunk_id for one in retriever.ranked(text, EVERYONE)[:10]] for text in asked])
        index.close()
    assert found[0] == found[1]
