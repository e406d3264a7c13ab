from pathlib import Path

import pytest

from ragtune.adapters.set_aside import SetAsideList, Trouble
from ragtune.errors import BadInput
from ragtune.ingestion import IngestReport, SetAside

PREFIX = "file:///manuals/"
A, B, C = (f"{PREFIX}{name}.html" for name in "abc")
OTHER = "file:///other/a.html"


def report(
    *,
    read: tuple[str, ...] = (),
    aside: tuple[str, ...] = (),
    warned: tuple[str, ...] = (),
    deleted: tuple[str, ...] = (),
) -> IngestReport:
    return IngestReport(
        pages=3,
        read=len(read),
        unchanged=0,
        set_aside=tuple(SetAside(uri=uri, reason=f"{uri} is empty") for uri in aside),
        warnings=tuple((uri, "file x is not searched") for uri in warned),
        read_pages=read,
        deleted=deleted,
    )


@pytest.fixture
def listed(tmp_path: Path) -> SetAsideList:
    made = SetAsideList(tmp_path / "state" / "set-aside.json")
    made.update(PREFIX, report(read=(B, C), aside=(A,), warned=(B, B)), whole=True)
    made.update("file:///other/", report(aside=(OTHER,)), whole=True)
    return made


def test_troubles_are_kept_with_their_reasons(listed: SetAsideList) -> None:
    assert listed.troubles() == {
        A: Trouble(reason=f"{A} is empty"),
        B: Trouble(warnings=("file x is not searched",) * 2),
        OTHER: Trouble(reason=f"{OTHER} is empty"),
    }


def test_what_was_read_is_struck_out(listed: SetAsideList) -> None:
    listed.update(PREFIX, report(read=(A,)), whole=False)
    assert list(listed.troubles()) == [B, OTHER]


def test_what_vanished_is_struck_out(listed: SetAsideList) -> None:
    listed.update(PREFIX, report(deleted=(B,)), whole=True)
    assert list(listed.troubles()) == [OTHER]  # A was looked at too, and was not set aside again


def test_pages_that_were_not_looked_at_stay(listed: SetAsideList) -> None:
    listed.update(PREFIX, report(aside=(C,)), whole=False)
    assert list(listed.troubles()) == [A, B, C, OTHER]


def test_an_unchanged_page_keeps_its_warnings(listed: SetAsideList) -> None:
    listed.update(PREFIX, report(), whole=True)
    assert list(listed.troubles()) == [B, OTHER]


def test_nothing_yet(tmp_path: Path) -> None:
    assert SetAsideList(tmp_path / "none.json").troubles() == {}


def test_a_damaged_list_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "set-aside.json").write_text("{")
    with pytest.raises(BadInput, match="remove it and ingest again"):
        SetAsideList(tmp_path / "set-aside.json").troubles()
