"""What every ports.Generations does: build beside the one that serves, switch, roll back, lose nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from ragtune.analysis import Bigrams
from ragtune.documents import Chunk, Document, Section, Text
from ragtune.errors import BadInput, ManifestMismatch
from ragtune.ports import Entry, Index, Stored
from ragtune.rebuilding import catch_up
from tests.contracts.engines import ENGINES, deployed, generations
from tests.contracts.entries import EVERYONE, leg
from tests.contracts.snapshots import place, restored


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def document(name: str, sentences: str, version: int = 1) -> Document:
    return Document(
        source=f"file:///manuals/{name}.html",
        version=version,
        title=name,
        digest=sentences,
        sections=(Section(blocks=(Text(text=sentences),)),),
    )


def as_page(page: Document) -> Entry:
    """One setting: the page is one chunk."""
    return _entry(page, [_text(page)])


def as_sentences(page: Document) -> Entry:
    """The other: a chunk a sentence."""
    return _entry(page, _text(page).split("."))


def _text(page: Document) -> str:
    block = page.sections[0].blocks[0]
    assert isinstance(block, Text)
    return block.text


def _entry(page: Document, texts: list[str]) -> Entry:
    chunk = Chunk(
        document_id=page.id,
        version=page.version,
        ordinal=0,
        title=page.title,
        path=(),
        text="",
        source=page.source,
    )
    return Entry(
        document=page,
        chunks=tuple(replace(chunk, ordinal=place, text=text) for place, text in enumerate(texts)),
    )


def copying(entry: Callable[[Document], Entry]) -> Callable[[Stored, Index], object]:
    return lambda old, new: catch_up(old, new, entry)


def found(index: Index, question: str) -> list[str]:
    """Texts of the chunks that hold a word of the question."""
    hits = index.search([leg(question, Bigrams())], EVERYONE, 50)[0]
    return sorted(chunk.text for chunk in index.chunks([hit.chunk_id for hit in hits]))


PRICES = document("가격", "월요금 삼만원.설치비 무료")
RETURNS = document("반납", "장비를 반납합니다")


def filled(index: Index) -> None:
    list(index.put([as_page(PRICES), as_page(RETURNS)]))


def test_a_new_index_is_built_beside_switched_to_and_rolled_back(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        other = generations(engine, tmp_path, chunker="sentence")
        built = other.rebuild(copying(as_sentences))
        assert (built.role, built.info["chunks"]) == ("next", 3)
        assert found(old.index, "월요금") == ["월요금 삼만원.설치비 무료"]
        assert set(old.generations.kept()) == {"serving", "next"}
        other.switch(copying(as_sentences))
        with deployed(engine, tmp_path, chunker="sentence") as new:
            assert found(new.index, "월요금") == ["월요금 삼만원"]
            assert {role: one.name for role, one in new.generations.kept().items()}["serving"] == built.name
        old.generations.rollback(copying(as_page))
        assert found(old.index, "월요금") == ["월요금 삼만원.설치비 무료"]
        assert {role: one.name for role, one in old.generations.kept().items()}["next"] == built.name


def test_a_process_with_other_settings_is_told_after_a_switch(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        other = generations(engine, tmp_path, chunker="sentence")
        other.rebuild(copying(as_sentences))
        other.switch(copying(as_sentences))
        with pytest.raises(ManifestMismatch, match="chunker 'sentence' but 'page' is asked for"):
            found(old.index, "월요금")
        with pytest.raises(ManifestMismatch):
            list(old.index.put([as_page(PRICES)]))


def test_writes_during_a_rebuild_are_not_lost(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        other = generations(engine, tmp_path, chunker="sentence")

        def busy(stored: Stored, new: Index) -> None:
            catch_up(stored, new, as_sentences)
            list(old.index.put([as_page(document("가격", "월요금 사만원.설치비 무료", 2))]))
            old.index.delete(RETURNS.source, 2)

        other.rebuild(busy)
        list(old.index.put([as_page(document("새쪽", "가입 안내.월요금 없음"))]))
        other.switch(copying(as_sentences))
        with deployed(engine, tmp_path, chunker="sentence") as new:
            assert found(new.index, "월요금") == ["월요금 사만원", "월요금 없음"]
            assert found(new.index, "반납") == []
            assert [head.deleted for head in new.index.put([as_sentences(RETURNS)])] == [True]


def test_what_was_written_since_the_switch_is_rolled_back_with_it(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        other = generations(engine, tmp_path, chunker="sentence")
        other.rebuild(copying(as_sentences))
        other.switch(copying(as_sentences))
        with deployed(engine, tmp_path, chunker="sentence") as new:
            list(new.index.put([as_sentences(document("가격", "월요금 오만원", 3))]))
            new.index.delete(RETURNS.source, 2)
        old.generations.rollback(copying(as_page))
        assert found(old.index, "월요금") == ["월요금 오만원"]
        assert found(old.index, "반납") == []
        other.switch(copying(as_sentences))  # and forth again
        with deployed(engine, tmp_path, chunker="sentence") as new:
            assert found(new.index, "월요금") == ["월요금 오만원"]


def test_a_step_without_its_index_is_refused_in_one_sentence(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        with pytest.raises(BadInput, match="call `ragtune index rebuild`"):
            old.generations.switch(copying(as_page))
        with pytest.raises(BadInput, match="nothing to roll back to"):
            old.generations.rollback(copying(as_page))
        generations(engine, tmp_path, chunker="sentence").rebuild(copying(as_sentences))
        with pytest.raises(ManifestMismatch, match="'sentence' but 'page' is asked for"):
            old.generations.switch(copying(as_page))
        assert found(old.index, "반납") == ["장비를 반납합니다"]


def test_an_unfinished_rebuild_is_gone_on_with_and_one_of_other_settings_dropped(
    engine: str, tmp_path: Path
) -> None:
    with deployed(engine, tmp_path) as old:
        filled(old.index)
        other = generations(engine, tmp_path, chunker="sentence")
        cut: list[str] = []

        def once(page: Document) -> Entry:
            if cut:
                raise OSError("the machine stops")
            cut.append(page.source)
            return as_sentences(page)

        def broken(stored: Stored, new: Index) -> None:
            head = next(iter(stored.heads()))
            page = stored.document(head.document_id)
            assert page is not None
            list(new.put([once(page)]))
            catch_up(stored, new, once)

        with pytest.raises(OSError, match="the machine stops"):
            other.rebuild(broken)
        again: list[str] = []

        def noted(page: Document) -> Entry:
            again.append(page.source)
            return as_sentences(page)

        begun = other.kept()["next"].name
        built = other.rebuild(copying(noted))
        assert built.name == begun
        assert sorted(cut + again) == sorted([PRICES.source, RETURNS.source])
        third = generations(engine, tmp_path, chunker="third").rebuild(copying(as_sentences))
        assert {role: one.name for role, one in old.generations.kept().items()}["next"] == third.name != begun
        assert old.generations.discard() == [third.name]
        assert set(old.generations.kept()) == {"serving"}
        assert found(old.index, "반납") == ["장비를 반납합니다"]


def test_a_snapshot_holds_what_served_at_that_moment(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as one:
        filled(one.index)
        told = place(engine, tmp_path)
        assert told in one.generations.snapshot(told)
        list(one.index.put([as_page(document("가격", "월요금 오만원", 3))]))
        one.index.delete(RETURNS.source, 3)
        with pytest.raises(BadInput, match="already"):
            one.generations.snapshot(told)
        with restored(engine, tmp_path, told, chunker="page") as again:
            assert found(again, "월요금") == ["월요금 삼만원.설치비 무료"]
            assert found(again, "반납") == ["장비를 반납합니다"]
            list(again.put([as_page(document("새쪽", "가입 안내"))]))  # it is an index like any other
            assert found(again, "가입") == ["가입 안내"]
        assert found(one.index, "월요금") == ["월요금 오만원"]


def test_a_rebuild_that_goes_on_is_no_part_of_a_snapshot(engine: str, tmp_path: Path) -> None:
    with deployed(engine, tmp_path) as one:
        filled(one.index)
        other, told = generations(engine, tmp_path, chunker="sentence"), place(engine, tmp_path)
        other.rebuild(copying(as_sentences))
        other.snapshot(told)
        with restored(engine, tmp_path, told, chunker="page") as again:
            assert found(again, "월요금") == ["월요금 삼만원.설치비 무료"]
