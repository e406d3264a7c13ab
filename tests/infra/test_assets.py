"""Bundles are the same bytes on every machine, compiled for where they run, and say when they are missing."""

import base64
import hashlib
import marshal
import sys
import zipfile
from pathlib import Path
from types import CodeType

import pytest

from infra.assets import LAMBDAS, BundleFailed, build, build_here, bundle, digest
from ragtune.deployment import FunctionSettings
from ragtune.errors import BadInput

HERE = FunctionSettings(python=f"3.{sys.version_info.minor}", architecture="arm64")


@pytest.fixture
def function(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A function that needs ragtune and one wheel; the wheel lies in a folder, the network is off."""
    wheel = tmp_path / "wheels" / "signer-1.0-py3-none-any.whl"
    wheel.parent.mkdir()
    with zipfile.ZipFile(wheel, "w") as archive:
        module = "def known(x):\n    return x in {'es', 's3', 'sagemaker', 'execute-api', 'a', 'b', 'c'}\n"
        archive.writestr("signer.py", module)
        archive.writestr(
            "signer-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: signer\nVersion: 1.0\n"
        )
        archive.writestr("signer-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("signer-1.0.dist-info/RECORD", "signer.py,,\n")
    folder = tmp_path / "lambdas" / "answer"
    folder.mkdir(parents=True)
    (folder / "handler.py").write_text(
        "import signer\nfrom ragtune.errors import BadInput\n", encoding="utf-8"
    )
    pinned = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (folder / "requirements.txt").write_text(f"signer==1.0 --hash=sha256:{pinned}\n", encoding="utf-8")
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.parent))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return folder


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def code(data: bytes) -> CodeType:
    """Of a compiled module, behind its 16 bytes of header."""
    loaded: CodeType = marshal.loads(data[16:])  # noqa: S302  we compiled it
    return loaded


def test_two_builds_are_the_same_bytes(function: Path, tmp_path: Path) -> None:
    first, second = (build(function, HERE, tmp_path / place) for place in ("one", "elsewhere/two"))
    assert first.name == second.name
    assert contents(first) == contents(second)


def test_a_bundle_holds_what_runs_and_nothing_of_the_machine(function: Path, tmp_path: Path) -> None:
    found = contents(build(function, HERE, tmp_path / "out"))
    assert {"handler.py", "signer.py", "ragtune/errors.py", "ragtune/presets/sample.toml"} <= set(found)
    assert not [name for name in found if name.endswith(("RECORD", "direct_url.json")) or "/cli/" in name]
    assert not [name for name, data in found.items() if str(tmp_path).encode() in data]


def test_every_module_is_compiled_and_trusted_as_it_is(function: Path, tmp_path: Path) -> None:
    found = contents(build(function, HERE, tmp_path / "out"))
    tag = sys.implementation.cache_tag
    for name in ("handler", "signer", "ragtune/errors"):
        place, _, module = name.rpartition("/")
        compiled = found["/".join(filter(None, (place, "__pycache__", f"{module}.{tag}.pyc")))]
        assert compiled[4:8] == (1).to_bytes(4, "little")  # by hash, and the hash is not looked at again
        assert code(compiled).co_filename == f"/var/task/{name}.py"


def test_what_was_never_built_says_so(function: Path, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="there is no such bundle yet; call `make bundles`"):
        bundle(function, HERE, tmp_path / "out")
    made = build(function, HERE, tmp_path / "out")
    assert bundle(function, HERE, tmp_path / "out") == made


def test_the_digest_is_of_everything_that_goes_in(function: Path) -> None:
    before = digest(function, HERE)
    assert digest(function, FunctionSettings(python=HERE.python, architecture="x86_64")) != before
    assert digest(function, FunctionSettings(python="3.13", architecture="arm64")) != before
    (function / "handler.py").write_text("import signer\n", encoding="utf-8")
    assert digest(function, HERE) != before


def test_a_wheel_with_another_hash_is_refused(function: Path, tmp_path: Path) -> None:
    wrong = base64.b16encode(bytes(32)).decode().lower()
    (function / "requirements.txt").write_text(f"signer==1.0 --hash=sha256:{wrong}\n", encoding="utf-8")
    with pytest.raises(BundleFailed, match="wheels can't be had"):
        build(function, HERE, tmp_path / "out")
    assert not list((tmp_path / "out").iterdir())


def test_a_folder_without_a_handler_is_no_function(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no function"):
        build(tmp_path, HERE, tmp_path / "out")


def test_every_function_pins_what_it_brings() -> None:
    files = sorted(LAMBDAS.glob("*/requirements.txt"))
    assert files
    for file in files:
        assert (file.parent / "handler.py").is_file()
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not line or line.startswith(("#", " ")) or "==" in line


def test_an_emulator_finds_what_was_built_for_it_under_the_deployments_name(
    function: Path, tmp_path: Path
) -> None:
    deployed, linked = FunctionSettings(python="3.13", architecture="x86_64"), tmp_path / "linked"
    for _ in range(2):  # again, when something changed
        made = build_here(function, deployed, HERE, linked, tmp_path / "bundles")
    found = bundle(function, deployed, linked)
    assert found.resolve() == made.resolve()
    assert found.name == f"answer-{digest(function, deployed)}"
    assert made.name == f"answer-{digest(function, HERE)}"
