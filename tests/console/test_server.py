"""The console as a real process on the loopback address."""

import http.client
import json
import re
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from console.server import MEDIA_TYPES, SECURITY_HEADERS, STATIC, main
from ragtune.chunking import chunks
from ragtune.feedback import MAX_CHARS, MAX_CITATIONS, Verdict
from ragtune.ports import Entry
from ragtune.settings import load_settings
from ragtune.wiring import open_search
from tests.ragtune.deployment import manuals

START_S = 60


def config(folder: Path, port: int, host: str = "127.0.0.1") -> Path:
    path = folder / "console.toml"
    path.write_text(
        f'state = "{folder}/state"\n[index]\nurl = "sqlite:///{folder}/index"\nviews = ["bigram"]\n'
        f'[retrieval]\nweights = {{ bigram = 1.0 }}\n[console]\nhost = "{host}"\nport = {port}\n',
        encoding="utf-8",
    )
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("console")


@pytest.fixture(scope="module")
def port(folder: Path) -> Iterator[int]:
    path = config(folder, free_port())
    settings = load_settings(path)
    with open_search(settings) as search:
        pages = manuals(folder / "manuals")
        list(search.index.put(Entry(document=page, chunks=chunks(page, max_chars=500)) for page in pages))
    process = subprocess.Popen(  # noqa: S603 - our own module
        [sys.executable, "-m", "console.server", "--config", str(path)], stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    ready, _, _ = select.select([process.stdout], [], [], START_S)
    assert ready, "the console did not start"
    assert json.loads(process.stdout.readline())["event"] == "serving"
    yield settings.console.port
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=20) == 0
    process.stdout.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def call(
    port: int, method: str, path: str, body: bytes | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, named)
    response = connection.getresponse()
    found = response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    connection.close()
    return found


def test_every_static_file_is_served_with_every_security_header(port: int) -> None:
    files = [path for path in STATIC.rglob("*") if path.is_file()]
    assert len(files) >= 6
    for path in files:
        status, headers, body = call(port, "GET", f"/{path.relative_to(STATIC).as_posix()}")
        assert (status, body) == (200, path.read_bytes())
        assert headers["content-type"] == MEDIA_TYPES[path.suffix]
        assert SECURITY_HEADERS.items() <= headers.items()
    assert call(port, "GET", "/")[2] == (STATIC / "index.html").read_bytes()


def test_a_question_is_answered_over_the_wire(port: int) -> None:
    body = json.dumps({"question": "빛길라이트의 월 요금은?"}).encode()
    status, headers, sent = call(port, "POST", "/ask", body, content_type="application/json")
    assert status == 200
    assert SECURITY_HEADERS.items() <= headers.items()
    answer = json.loads(sent.splitlines()[-1])["answer"]
    assert "22,000원" in answer["text"]
    status, _, page = call(port, "GET", answer["citations"][0]["href"])
    assert (status, json.loads(page)["title"]) == (200, "빛길라이트 안내")
    assert call(port, "GET", "/reading.html")[0] == 200


def test_feedback_is_kept_in_the_state_once_and_masked(port: int, folder: Path) -> None:
    said = {"question": "빛길라이트의 월 요금은?", "answer": "모릅니다.", "verdict": "corrected"}
    body = json.dumps(said | {"correction": "22,000원입니다. 담당 010-1234-5678"}).encode()
    for _ in range(2):
        status, headers, sent = call(port, "POST", "/feedback", body, content_type="application/json")
        assert (status, json.loads(sent)["masked"]) == (200, True)
        assert SECURITY_HEADERS.items() <= headers.items()
    (kept,) = (folder / "state" / "feedback").iterdir()
    assert kept.name == f"{json.loads(sent)['kept']}.json"
    assert json.loads(kept.read_text(encoding="utf-8"))["correction"] == "22,000원입니다. 담당 [전화번호]"
    status, _, sent = call(port, "POST", "/feedback", body.replace(b"corrected", b"useful"),
                           content_type="application/json")  # fmt: skip
    assert status == 400


def test_labels_come_from_the_settings_and_not_from_the_caller(port: int) -> None:
    body = json.dumps({"question": "해지 방어 보상 한도는?", "stream": False}).encode()
    _, _, sent = call(port, "POST", "/ask", body, content_type="application/json", x_labels="manager")
    assert "한도는 77,000" not in sent.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml", "/%2e%2e/pyproject.toml", "/static/../server.py", "//etc/passwd",
        "/..%2fserver.py", "/index.html/../../server.py", "/server.py", "/documents/%2e%2e/%2e%2e/etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out_of_the_pages(port: int, path: str) -> None:
    status, _, body = call(port, "GET", path)
    assert status == 404
    assert b"import" not in body


def test_another_name_for_this_machine_is_refused(port: int) -> None:
    assert call(port, "GET", "/options", host="evil.example")[0] == 400


def test_a_large_body_is_refused(port: int) -> None:
    status, _, body = call(port, "POST", "/ask", b"x" * 1_000_000, content_type="application/json")
    assert status == 413
    assert "질문이 너무 깁니다" in json.loads(body)["error"]["message"]


def test_a_port_in_use_is_one_sentence_and_exit_5(
    port: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--config", str(config(tmp_path, port))]) == 5
    assert re.search(rf"port {port} of 127\.0\.0\.1 can't be used", capsys.readouterr().err)


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.10", "example.com"])  # noqa: S104
def test_an_address_of_a_network_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], host: str
) -> None:
    assert main(["--config", str(config(tmp_path, 8800, host))]) == 2
    assert "this server verifies nobody" in capsys.readouterr().err


def test_a_missing_settings_file_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--config", str(tmp_path / "none.toml")]) == 2
    assert "can't be read" in capsys.readouterr().err


def test_pages_hold_no_inline_script_or_style_and_nothing_of_another_origin() -> None:
    pages = list(STATIC.rglob("*.html"))
    assert pages
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"<script(?![^>]*\ssrc=)|<style|\sstyle=|\son\w+=|javascript:", text)
    for path in STATIC.rglob("*"):
        assert not re.search(r"https?://(?!www\.w3\.org/)", path.read_text(encoding="utf-8"))


def test_scripts_never_make_markup_from_text() -> None:
    scripts = list(STATIC.rglob("*.js"))
    assert scripts
    for path in scripts:
        assert not re.search(
            r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", path.read_text()
        )


def test_scripts_find_what_they_name_in_the_page_and_send_what_is_taken() -> None:
    page = (STATIC / "index.html").read_text(encoding="utf-8")
    scripts = [
        (STATIC / f"{name}.js").read_text(encoding="utf-8") for name in ("ask", "answer", "feedback", "page")
    ]
    named = {name for script in scripts for name in re.findall(r'byId\("([\w-]+)"\)', script)}
    assert {"feedback", "correction", "question"} <= named
    assert [name for name in sorted(named) if f'id="{name}"' not in page] == []
    assert re.findall(r'data-verdict="(\w+)"', page) == list(get_args(Verdict))
    assert f"chars: {MAX_CHARS}, citations: {MAX_CITATIONS}" in scripts[2]
    assert f'maxlength="{MAX_CHARS}"' in page
