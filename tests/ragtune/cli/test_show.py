"""`ragtune show`: one page, as it was understood, on the screen."""

import json
from pathlib import Path

import pytest

from ragtune.cli.main import main

PAGE = """<html lang="ko"><title>기가라이트 안내</title><nav>홈 [상품]</nav><main><h1>기가라이트</h1>
<h2 id="fee">요금</h2><p>표를 <b>봅니다</b>. <a href="fee.pdf">요금표</a></p>
<table><caption>월 요금 (단위: 원)</caption><tr><th>상품<th>요금<tr><td>라이트<td>22,000</table>
<p>※ 부가세 별도</p><ul><li>[신규]만</ul></main>"""


@pytest.fixture
def page(tmp_path: Path) -> Path:
    path = tmp_path / "giga.html"
    path.write_text(PAGE, encoding="utf-8")
    return path


def shown(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    monkeypatch.setattr("sys.argv", ["ragtune", "show", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code in (0, 2, 3)
    said = capsys.readouterr()
    return said.out + said.err


def test_everything_that_was_understood_is_printed(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = shown(capsys, monkeypatch, str(page))
    for words in (
        "§ 요금  #fee", "표를 봅니다. 요금표", "header paths", "상품; 요금", "※ 부가세 별도", "• [신규]만",
        "라이트의 요금은 22,000원입니다.", "fee.pdf", "outside of the main part", "홈 [상품]",
    ):  # fmt: skip
        assert words in said


def test_json_holds_the_same(
    page: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(shown(capsys, monkeypatch, str(page), "--json"))
    assert (found["title"], found["left_out"][0]["text"]) == ("기가라이트", "홈 [상품]")


def test_a_page_that_can_not_be_read_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "can't be read" in shown(capsys, monkeypatch, str(tmp_path / "none.html"))
    (tmp_path / "a.html").write_bytes(b"%PDF-1.7")
    assert "is a PDF file" in shown(capsys, monkeypatch, str(tmp_path / "a.html"))
