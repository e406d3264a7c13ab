import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

from ragtune.evaluation.page import page, write
from ragtune.evaluation.report import Report
from tests.ragtune.evaluation.examples import report

VOID = {"meta", "br", "line", "circle", "rect", "path"}


class Balance(HTMLParser):
    """Fails on an element that is closed out of turn."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, _attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag


def test_the_page_is_whole_and_fetches_nothing() -> None:
    shown = page(report())
    balance = Balance()
    balance.feed(shown)
    assert balance.open == []
    assert not re.search(r"https?://|<script|<link|@import|url\(|src=", shown)
    assert shown.count("<svg") == 7


def test_the_same_report_draws_the_same_page(tmp_path: Path) -> None:
    shown, data = write(report(), tmp_path / "new")
    assert shown.read_text(encoding="utf-8") == page(report())
    assert json.loads(data.read_text(encoding="utf-8"))["matrix"]["PEFT+RAG"]["overall"]["n"] == 50


def test_what_a_model_says_is_text_not_markup() -> None:
    one = report().answers[0]
    hostile = replace(one, text="<script>alert(1)</script>", question=replace(one.question, question="<b>?"))
    shown = page(Report(answers=(hostile,), versions={"<i>": "<u>"}))
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    assert "<b>?" not in shown
    assert "<i>" not in shown
    assert "<u>" not in shown


def test_alarm_and_limits_are_told() -> None:
    long = replace(report(), training_lengths=(200, 210, 220))
    assert "길이 경보" in page(long)
    assert "길이 경보" not in page(report())
    assert "18개 질문(프로세스 10, 비교 8)" in page(report())


def test_an_empty_report_is_a_page_still() -> None:
    assert "ragtune 평가 보고서" in page(Report(answers=()))
