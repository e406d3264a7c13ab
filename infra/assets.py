"""A function's bundle without docker: `make bundles`, or `python -m infra.assets config/dev.toml`.

    lambdas/answer/{handler.py, requirements.txt}  →  .ragtune/bundles/answer-3f9c0d…/{handler.py, ragtune/}

A `*.sh` beside the handler goes along, to be run.

Wheels are those of the function's own interpreter and architecture, by hash. Modules are compiled for that
interpreter with the build folder's name taken out: where they run nothing can be compiled, and imports would
take six times as long. The folder's name is the digest of what went in, so a synth needs no network to find
it, and says when it is missing. The same input gives the same bytes on every machine.
"""

import ast
import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ragtune.deployment import FunctionSettings, load_deployment
from ragtune.errors import BadInput, RagtuneError

ROOT = Path(__file__).parent.parent
LAMBDAS = ROOT / "lambdas"
BUNDLES = ROOT / ".ragtune" / "bundles"
_VERSION = "1"  # of what this module does with its input
_WHERE_IT_RUNS = "/var/task"
_LEFT_OUT = ("RECORD", "direct_url.json", "INSTALLER", "REQUESTED", "uv_cache.json")  # name the build machine
_UV = str(Path(sys.executable).with_name("uv"))


class BundleFailed(RagtuneError):
    """A bundle can't be made here: no such interpreter, a wheel that is missing."""


def bundle(source: Path, functions: FunctionSettings, bundles: Path = BUNDLES) -> Path:
    """The finished bundle of the function in `source`. Raises BadInput when it was never built."""
    found = bundles / f"{source.name}-{digest(source, functions)}"
    if not found.is_dir():
        raise BadInput(f"{found.name}: there is no such bundle yet; call `make bundles`")
    return found


def digest(source: Path, functions: FunctionSettings) -> str:
    """Sixteen hex digits over everything that goes into the bundle."""
    found = hashlib.sha256(f"{_VERSION} {functions.python} {functions.architecture}".encode())
    for name, path in sorted(_inputs(source)):
        found.update(f"\0{name}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()[:16]


def build(source: Path, functions: FunctionSettings, bundles: Path = BUNDLES) -> Path:
    """Make the bundle of the function in `source`, unless it is there. Raises BundleFailed."""
    target = bundles / f"{source.name}-{digest(source, functions)}"
    if target.is_dir():
        return target
    bundles.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=bundles) as folder:
        staged = Path(folder, "bundle")
        stage(source, staged)
        _install(staged, functions)
        _strip(staged)
        _compile(staged, functions)
        staged.replace(target)
    return target


def build_here(
    source: Path,
    functions: FunctionSettings,
    here: FunctionSettings,
    linked: Path,
    bundles: Path = BUNDLES,
) -> Path:
    """The bundle for the interpreter `here`, in `linked` under the name that a synth of `functions` asks for.

    An emulator runs every function on its own interpreter; its templates stay those of the deployment.
    """
    made = build(source, here, bundles)
    link = linked / f"{source.name}-{digest(source, functions)}"
    linked.mkdir(parents=True, exist_ok=True)
    link.unlink(missing_ok=True)
    link.symlink_to(made, target_is_directory=True)
    return made


def stage(source: Path, target: Path) -> None:
    """What of a bundle needs no network: the function's own modules and ragtune."""
    for name, path in _inputs(source):
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target / name)
        if path.suffix == ".sh":
            (target / name).chmod(0o755)


def _inputs(source: Path) -> Iterator[tuple[str, Path]]:
    """Name in the bundle and file of the function's own modules and, where one imports it, of ragtune."""
    own = sorted(source.glob("*.py"))
    if not own or not (source / "requirements.txt").is_file():
        raise BadInput(f"{source}: is no function; it needs handler.py and requirements.txt")
    for path in [*own, *sorted(source.glob("*.sh")), source / "requirements.txt"]:
        yield path.name, path
    if any(_imports_ragtune(path) for path in own):
        package = ROOT / "ragtune"
        for path in sorted(package.rglob("*")):
            below = path.relative_to(package)
            if path.is_file() and "__pycache__" not in below.parts and below.parts[0] != "cli":
                yield f"ragtune/{below}", path


def _imports_ragtune(path: Path) -> bool:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = [each.module or "" for each in ast.walk(tree) if isinstance(each, ast.ImportFrom)]
    names += [name.name for each in ast.walk(tree) if isinstance(each, ast.Import) for name in each.names]
    return any(name.split(".")[0] == "ragtune" for name in names)


def _install(staged: Path, functions: FunctionSettings) -> None:
    machine = "aarch64" if functions.architecture == "arm64" else "x86_64"
    for_it = ("--python-platform", f"{machine}-manylinux2014", "--python-version", functions.python)
    pinned = ("--require-hashes", "--only-binary", ":all:", "--requirement", str(staged / "requirements.txt"))
    command = [_UV, "pip", "install", "--quiet", "--link-mode", "copy", "--target", str(staged)]
    _run([*command, *for_it, *pinned], f"{staged.name}: its wheels can't be had")


def _strip(staged: Path) -> None:
    """What differs between machines, and commands that nobody calls there."""
    shutil.rmtree(staged / "bin", ignore_errors=True)
    (staged / ".lock").unlink(missing_ok=True)
    for path in sorted(staged.rglob("*.dist-info/*")):
        if path.name in _LEFT_OUT:
            path.unlink()


def _compile(staged: Path, functions: FunctionSettings) -> None:
    # olefile brings a copy of itself in Python 2, which nothing imports.
    trusted = ("-q", "-f", "-x", r"olefile2\.py$", "--invalidation-mode", "unchecked-hash")
    paths = ("-s", str(staged), "-p", _WHERE_IT_RUNS, str(staged))
    command = [_interpreter(functions.python), "-m", "compileall", *trusted, *paths]
    _run(command, f"{staged.name}: can't be compiled")


def _interpreter(version: str) -> str:
    """A Python of that version on this machine; uv fetches one where there is none and it may."""
    find = [_UV, "python", "find", "--no-project", version]
    try:
        return _run(find, "").strip()
    except BundleFailed:
        what = f"no Python {version} here to compile for; install one, or set aws.functions.python"
        _run([_UV, "python", "install", "--quiet", version], what)
        return _run(find, what).strip()


def _of_this_machine(functions: FunctionSettings) -> FunctionSettings:
    arm = platform.machine() in ("arm64", "aarch64")
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return replace(functions, python=version, architecture="arm64" if arm else "x86_64")


def _run(command: list[str], what: str) -> str:
    # One seed: the order of a compiled module's sets depends on it.
    done = subprocess.run(  # noqa: S603  uv and Python, with our own arguments
        command,
        env=os.environ | {"PYTHONHASHSEED": "0"},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    if done.returncode:
        reason = (done.stderr or done.stdout).strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        raise BundleFailed(f"{what} ({reason[0].strip()})")
    return done.stdout


def main(configs: list[str]) -> None:
    """Build every function for every deployment named; with RAGTUNE_BUNDLES_HERE, for this machine, there."""
    linked = os.environ.get("RAGTUNE_BUNDLES_HERE")
    for config in configs:
        functions = load_deployment(Path(config)).aws.functions
        for handler in sorted(LAMBDAS.glob("*/handler.py")):
            made = (
                build_here(handler.parent, functions, _of_this_machine(functions), Path(linked))
                if linked
                else build(handler.parent, functions)
            )
            size = sum(path.stat().st_size for path in made.rglob("*") if path.is_file())
            sys.stdout.write(f"{made.name}\t{size / 2**20:.2f} MiB\t{config}\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except RagtuneError as error:
        sys.exit(str(error))
