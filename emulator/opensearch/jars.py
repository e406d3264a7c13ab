"""The jars of a node: fetched by Maven as pom.xml says, each checked against jars.sha256; our plugin.

    22d1d4316c4ec13a68b559e98c8256d69071593731da96136640f864fa14fad8  HdrHistogram-2.2.2.jar

Another version: change pom.xml, fetch, look at what changed, write the list anew with `sha256sum`.
"""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path

_HERE = Path(__file__).parent
_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy-dependencies"
_VERSION = re.compile(r"-\d.*$")
_FETCH_S = 900


class NodeMissing(Exception):
    """No node can run here: says what is missing and how to get it."""


@dataclass(frozen=True, slots=True)
class Jars:
    """A folder with `lib`, `plugins` and `classes`."""

    folder: Path

    def class_path(self, *, security: bool) -> str:
        """What `java -cp` takes. The node's own jars come first: plugins bring other versions of some."""
        parts = ["lib/*", "plugins/knn/*", "classes", *(["plugins/security/*"] if security else [])]
        return ":".join(str(self.folder / part) for part in parts)

    @property
    def security_config(self) -> Path:
        """The security plugin's own configuration files."""
        return self.folder / "plugins" / "security" / "config"


def prepare(state: Path) -> Jars:
    """The jars under `state`, fetched and compiled once. Raises NodeMissing."""
    for tool, package in (("javac", "openjdk-17-jdk-headless"), ("mvn", "maven")):
        if shutil.which(tool) is None:
            raise NodeMissing(f"{tool} is not installed; on Debian: apt-get install {package}")
    folder = state.absolute() / f"jars-{_recipe()}"
    if not folder.exists():
        work = folder.with_name(f"{folder.name}-{os.getpid()}")
        try:
            _make(work)
            work.rename(folder)  # whole or not at all
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return Jars(folder)


def _recipe() -> str:
    files = (_HERE / "pom.xml", _HERE / "jars.sha256", _HERE / "NoriPlugin.java")
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()[:12]


def _make(folder: Path) -> None:
    lib = folder / "lib"
    _run("mvn", "-q", "-B", "-f", str(_HERE / "pom.xml"), _COPY, f"-DoutputDirectory={lib}")
    _check(lib)
    own = {_artifact(path.name) for path in lib.glob("*.jar")}
    for archive in lib.glob("*.zip"):
        name = _VERSION.sub("", archive.stem).removeprefix("opensearch-")
        _unpack(archive, folder / "plugins" / name, own)
        archive.unlink()
    _run("javac", "-cp", f"{lib}/*", "-d", str(folder / "classes"), str(_HERE / "NoriPlugin.java"))


def _check(lib: Path) -> None:
    lines = (_HERE / "jars.sha256").read_text(encoding="utf-8").splitlines()
    wanted = {name: digest for digest, name in (line.split() for line in lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in lib.iterdir()}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    if wrong:
        raise NodeMissing(f"{', '.join(wrong[:5])}: not what emulator/opensearch/jars.sha256 lists")


def _unpack(archive: Path, folder: Path, own: set[str]) -> None:
    """The jars that the node has in no version, and the configuration."""
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            if name.startswith("config/") or (name.endswith(".jar") and _artifact(name) not in own):
                packed.extract(name, folder)


def _artifact(file: str) -> str:
    return _VERSION.sub("", file.removesuffix(".jar"))


def _run(*command: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_FETCH_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise NodeMissing(
            f"{command[0]} took over {_FETCH_S} s; see whether Maven Central can be reached"
        ) from None
    if done.returncode:
        said = (done.stdout + done.stderr).strip().splitlines() or ["no reason given"]
        raise NodeMissing(f"{command[0]} failed: {said[0][:300]}")
