"""The entry point of every job: checks what came in, runs one module, names what came out.

    python -m training.start training.render

On SageMaker the container holds torch and transformers; code and wheels arrive as channels, for nothing can
be fetched from inside (network isolation):

    ContainerEntrypoint: ["python", "-m", "training.start", "training.train"]
    PYTHONPATH=/opt/ml/input/data/code   SM_CHANNEL_WHEELS=/opt/ml/input/data/wheels

A channel with a digests.json, or named by SM_HP_DIGEST_<CHANNEL>, is read as a whole first, and
refused when it is not what it was. The sentence about what went wrong goes to /opt/ml/output/failure, which
SageMaker shows as the reason. SIGTERM is passed on: a training job then writes a checkpoint. On several cards
or hosts torchrun starts the tuning once for each card (training.launch).
"""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from ragtune.errors import BadInput, ManifestMismatch, OutOfSpace, RagtuneError
from ragtune.records import digest, to_json
from ragtune.seal import SEAL, file_digests, require_sealed, seal
from training.launch import launched

CHANNEL, DIGEST = "SM_CHANNEL_", "SM_HP_DIGEST_"
OURS = "ragtune: "  # how a job's own sentence begins; torchrun says more after it
TERMINATED = 143  # 128 + SIGTERM
FAILURE_CHARS = 1024  # what SageMaker shows
SITE = Path("/tmp/ragtune-site")  # noqa: S108 - a container's own disk; only used with a channel of wheels
REQUIREMENTS = "requirements.txt"


def check(environment: Mapping[str, str]) -> dict[str, str]:
    """Channel -> digest of those that are sealed or named. Raises ManifestMismatch or BadInput."""
    found = {}
    for variable, value in sorted(environment.items()):
        name = variable.removeprefix(CHANNEL)
        if name == variable or not Path(value).is_dir():
            continue
        wanted = environment.get(DIGEST + name, "")
        if (Path(value) / SEAL).exists():
            found[name.lower()] = require_sealed(Path(value), wanted)
        elif wanted:
            found[name.lower()] = _named(Path(value), wanted)
    return found


def _named(folder: Path, wanted: str) -> str:
    seal_of = digest(file_digests(folder))
    if seal_of != wanted:
        raise ManifestMismatch(
            f"{folder}: holds {seal_of}, but {wanted} is asked for; name that data's folder"
        )
    return seal_of


def install(environment: Mapping[str, str]) -> dict[str, str]:
    """Install the channel of wheels, if there is one. Returns the variables that let a process import it."""
    wheels = environment.get(f"{CHANNEL}WHEELS")
    if not wheels:
        return {}
    options = ["--no-index", "--no-deps", "--require-hashes", "--quiet", "--find-links", wheels]
    target = ["--target", str(SITE), "-r", str(Path(wheels) / REQUIREMENTS)]
    command = [sys.executable, "-m", "pip", "install", *options, *target]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own wheels
    if done.returncode:
        said = " ".join(done.stderr.split())[-300:]
        raise BadInput(f"{wheels}: can't be installed ({said}); stage the wheels for this container anew")
    path = os.pathsep.join(filter(None, (environment.get("PYTHONPATH", ""), str(SITE))))
    return {"PYTHONPATH": path}


def start(module: str, environment: Mapping[str, str]) -> int:
    """Check, run, seal. Returns the exit code of the module; raises RagtuneError for what is refused."""
    checked = check(environment)
    _say("checked", channels=checked)
    with TemporaryDirectory(prefix="ragtune-") as temporary:  # torchrun leaves folders behind
        code, last = _run(module, {**environment, **install(environment), "TMPDIR": temporary})
    if code == 0 and environment.get("SM_MODEL_DIR"):
        output = Path(environment["SM_MODEL_DIR"])
        output.mkdir(parents=True, exist_ok=True)
        _say("sealed", digest=seal(output))
    elif code:
        _fail(environment, last)
    return code


def _run(module: str, environment: Mapping[str, str]) -> tuple[int, str]:
    """Exit code and what it said of its end. A SIGTERM that comes to us goes to it."""
    command, more = launched(module, environment)
    ended = False

    def pass_on(*_: object) -> None:
        nonlocal ended
        ended = True
        job.send_signal(signal.SIGTERM)

    with subprocess.Popen(  # noqa: S603 - our own modules
        command, env={**environment, **more}, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as job:
        before = signal.signal(signal.SIGTERM, pass_on)
        last = sentence = ""
        try:
            for line in job.stderr or ():
                sys.stderr.write(line)
                last = line.strip() or last
                sentence = line.strip() if line.startswith(OURS) else sentence
            code = job.wait()
        finally:
            signal.signal(signal.SIGTERM, before)
    if ended and code:  # torchrun has a code of its own for it
        return TERMINATED, sentence or last
    return (code if code >= 0 else 128 - code), sentence or last


def _fail(environment: Mapping[str, str], reason: str) -> None:
    folder = Path(environment.get("SM_OUTPUT_DIR", "/opt/ml/output"))
    if folder.is_dir():
        (folder / "failure").write_text(reason[:FAILURE_CHARS], encoding="utf-8")


def _say(event: str, **values: object) -> None:
    sys.stdout.write(to_json({"event": event, **values, "at": round(time.time(), 1)}) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if len(given) != 1:
            raise BadInput(
                f"arguments: {' '.join(given)!r}; name one module, as in training.start training.train"
            )
        return start(given[0], os.environ)
    except (RagtuneError, OSError) as error:
        problem = error if isinstance(error, RagtuneError) else _of_the_system(error)
        sys.stderr.write(f"ragtune: {problem}\n")
        _fail(os.environ, str(problem))
        return problem.exit_code


def _of_the_system(error: OSError) -> RagtuneError:
    if error.errno == errno.ENOSPC:
        return OutOfSpace(f"{error.filename or 'the disk'}: no space left; give the job a larger volume")
    return BadInput(f"{error.filename}: {error.strerror}; look at the job's folders")


if __name__ == "__main__":
    sys.exit(main())
