"""The written manuals: the same bytes again, whole links, and no page that contradicts another."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from ragtune.chunking import chunks
from ragtune.documents import Document
from ragtune.manuals import read_page
from samples import write
from samples.facts import Facts, load
from samples.pages import styles
from samples.pages.sheet import Page

HERE = Path(write.__file__).parent
FACTS = load()
NAMES = "|".join(product.name for product in FACTS.product)
ATTRIBUTES = "|".join(sorted(FACTS.pools, key=len, reverse=True))
STATED = re.compile(rf"(?:({NAMES})의 )?(?:\S+ )??({ATTRIBUTES})[은는] (?=(.{{1,16}}))")


def _documents(pages: list[Page]) -> dict[str, Document]:
    return {page.path: read_page(page.data, source=page.path, version=1) for page in pages}


def _files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def manuals() -> dict[str, Document]:
    return _documents(list(write.pages(FACTS)))


@pytest.mark.parametrize("name", ["manuals", "updates"])
def test_what_is_committed_is_what_is_written(tmp_path: Path, name: str) -> None:
    write.write(tmp_path)
    assert _files(tmp_path / name) == _files(HERE / name)


def test_there_are_pages_enough(manuals: dict[str, Document]) -> None:
    assert len(manuals) >= 80
    assert len({document.category[0] for document in manuals.values()}) >= 6
    assert len({document.title for document in manuals.values()}) == len(manuals)


def test_every_page_decodes_and_some_are_cp949(manuals: dict[str, Document]) -> None:
    assert not [path for path, document in manuals.items() if "\ufffd" in document.title + _text(document)]
    charsets = Counter(document.charset for document in manuals.values())
    assert charsets["cp949"] >= 10
    assert charsets["utf-8"] >= 60


def test_some_pages_are_not_for_everyone_and_some_expire(manuals: dict[str, Document]) -> None:
    labels = {label for document in manuals.values() for label in document.labels}
    assert {"public", "internal", "partner"} <= labels
    assert any(document.valid_from for document in manuals.values())
    assert any(document.valid_until for document in manuals.values())


def test_every_styled_page_exists(manuals: dict[str, Document]) -> None:
    assert {*styles.ACCESS, *styles.VALID, *styles.CP949, *styles.UNDECLARED} <= set(manuals)


def test_links_images_and_attachments_resolve() -> None:
    for folder in ("manuals", "updates"):
        for page in (HERE / folder).rglob("*.html"):
            targets = re.findall(rb'(?:href|src)="([^"#]+)"', page.read_bytes())
            paths = [Path(page.parent, target.decode("ascii")).resolve() for target in targets]
            current = [HERE / "manuals" / path.relative_to(HERE / folder) for path in paths]
            gone = [a for a, b in zip(paths, current, strict=True) if not (a.is_file() or b.is_file())]
            assert not gone, page


def test_attachments_are_real_files() -> None:
    files = HERE / "manuals" / "files"
    sheet = load_workbook(files / "internet-tariff.xlsx").active
    assert sheet is not None
    assert [cell.value for cell in sheet[2]][:2] == ["빛길라이트", FACTS.value("빛길라이트", "월 요금")]
    assert all(path.read_bytes().startswith(b"%PDF-") for path in files.glob("*.pdf"))
    assert all(ZipFile(path).testzip() is None for path in files.glob("*.xlsx"))
    images = list((HERE / "manuals" / "images").glob("*.png"))
    assert len(images) == len(FACTS.line)
    assert all(path.read_bytes().startswith(b"\x89PNG\r\n\x1a\n") for path in images)


@pytest.mark.parametrize("facts", [FACTS, FACTS.random_assignment(Random(7))], ids=["own", "random"])
def test_no_page_contradicts_the_facts(facts: Facts) -> None:
    found = Counter[tuple[str, str]]()
    for document in _documents(list(write.pages(facts))).values():
        for name, attribute, value in _statements(document):
            assert _begins_with(value, facts.value(name, attribute)), (document.source, name, attribute)
            found[name, attribute] += 1
    stated = {item[:2] for item in facts.statements()}
    assert len(found) >= 0.9 * len(stated)  # the rest stands in symbols and transposed tables only


def test_every_fact_stands_on_several_kinds_of_page() -> None:
    """A changed value changes every page that states it, and nothing else on the page."""
    base = list(write.sheets(FACTS))
    for name, attribute, value in FACTS.statements():
        line = FACTS.products(FACTS.one(name).line)
        taken = {product.values[attribute] for product in line}
        other = next(one for one in FACTS.pools[attribute] if one not in taken)
        values = {product.name: dict(product.values) for product in FACTS.product}
        values[name][attribute] = other
        changed = [
            (old, new)
            for old, new in zip(base, write.sheets(FACTS.assigned(values)), strict=True)
            if old != new
        ]
        assert len({old.path.partition("/")[0] for old, _ in changed}) >= 2, (name, attribute)
        assert all(value in old.body and other in new.body for old, new in changed), (name, attribute)


def test_updates_hold_every_page_that_states_a_changed_fact() -> None:
    updates = {page.path: page for page in write.updates(FACTS)}
    manuals = {page.path for page in write.pages(FACTS)}
    assert len(updates.keys() & manuals) >= 10
    assert len(updates.keys() - manuals) >= 1
    removed = (HERE / "updates" / write.REMOVED_LIST).read_text(encoding="utf-8").split()
    assert removed
    assert set(removed) <= manuals - updates.keys()
    then = FACTS.updated()
    for path, document in _documents(list(updates.values())).items():
        assert FACTS.next_edition.encode() in updates[path].data
        for name, attribute, value in _statements(document):
            assert _begins_with(value, then.value(name, attribute)), (path, name, attribute)


def test_only_made_up_numbers_stand_in_the_pages() -> None:
    numbers = re.compile(r"\b0\d{1,2}-\d{3,4}-\d{4}\b|\b1[5-9]\d\d-\d{4}\b")
    found = {
        number
        for page in [*write.pages(FACTS), *write.updates(FACTS)]
        for charset in ("utf-8", "cp949")
        for number in numbers.findall(page.data.decode(charset, errors="ignore"))
    }
    assert found == {"080-000-0000"}


def _begins_with(text: str, value: str) -> bool:
    return re.match(re.escape(value) + r"(?:입니다|이고|이며|,|\.|$)", text) is not None


def _statements(document: Document) -> Iterator[tuple[str, str, str]]:
    """Each "빛길라이트의 월 요금은 22,000원, 설치비는 …" of the page: product, attribute, what follows."""
    for line in _text(document).splitlines():
        name = ""
        for found in STATED.finditer(line):
            name = found[1] or name
            if name:
                yield name, found[2], found[3]


def _text(document: Document) -> str:
    return "\n".join(chunk.searchable for chunk in chunks(document, max_chars=4000))
