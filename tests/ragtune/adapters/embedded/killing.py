"""A writer that is killed at random points, and what must be true of its index afterwards.

    python -m tests.ragtune.adapters.embedded.killing --points 200        # make soak

The writer is a process of its own, forked from one that has imported everything, and ended by SIGKILL. It
notes what was acknowledged in a file: `file:///manuals/쪽7.html 3000012 0` (source, version, deleted).
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from ragtune.adapters.embedded import EmbeddedGenerations, EmbeddedIndex, Serving
from ragtune.analysis import Bigrams
from ragtune.manifest import Manifest
from ragtune.ports import Entry, Head, Index, Leg, Near
from ragtune.rebuilding import catch_up
from tests.contracts.directions import Directions
from tests.contracts.entries import EVERYONE, entry, word

NAMES = 40
PATIENCE_S = 30.0
CHUNKERS = ("one", "other")  # settings in which generations differ
_EMBEDDER = Directions(8)
_MODULE = "tests.ragtune.adapters.embedded.killing"


def opened(folder: Path) -> EmbeddedIndex:
    """The index that `write` writes."""
    return EmbeddedIndex(folder, [Bigrams()], Manifest(), embedder=_EMBEDDER)


def generations(folder: Path, chunker: str) -> EmbeddedGenerations:
    """The indexes that `turn` turns."""
    return EmbeddedGenerations(folder, [Bigrams()], Manifest(chunker=chunker), embedder=_EMBEDDER)


def page(number: int, version: int) -> Entry:
    """Its chunks all say its version, and there are one to four of them, as the version has it."""
    return entry(f"쪽{number}", [f"공통 {version} 조항{n}" for n in range(version % 4 + 1)], version=version)


def write(folder: Path, seed: int, note: Callable[[Head], None]) -> None:
    """Ingest, update, delete and repeat older events, without end."""
    random_, version = random.Random(seed), seed * 1_000_000
    with closing(opened(folder)) as index:
        while True:
            version += 1
            if random_.random() < 0.25:
                late = random_.random() < 0.3
                source = page(random_.randrange(NAMES), 1).document.source
                note(index.delete(source, version - 2_000_000 if late else version))
                continue
            numbers = random_.sample(range(NAMES), random_.randint(1, 20))
            for head in index.put(page(number, version) for number in numbers):
                note(head)


def turn(folder: Path, seed: int, note: Callable[[Head], None]) -> None:
    """Rebuild, write meanwhile, switch, write, roll back, write, without end."""
    version = seed * 1_000_000
    while True:
        serving = chunker_of(folder)
        other = CHUNKERS[1 - CHUNKERS.index(serving)]
        steps = ("rebuild", "switch", "rollback") if version % 3 else ("rebuild", "switch", "discard")
        for step in steps:
            version += 1
            with closing(Serving(generations(folder, chunker_of(folder)))) as index:
                for head in index.put(page(number, version) for number in range(version % 7, NAMES, 7)):
                    note(head)
                note(index.delete(page(version % NAMES, 1).document.source, version))
            who = generations(folder, serving if step in ("rollback", "discard") else other)
            if step == "discard":
                who.discard()
            else:
                getattr(who, step)(lambda old, new: catch_up(old, new, _again))


def _again(document: object) -> Entry:
    version, title = getattr(document, "version"), getattr(document, "title")  # noqa: B009
    return page(int(title.removeprefix("쪽")), version)


def chunker_of(folder: Path) -> str:
    """Which of the settings made the one that serves."""
    manifest = generations(folder, CHUNKERS[0]).kept()["serving"].info["manifest"]
    assert isinstance(manifest, dict)
    return str(manifest.get("chunker") or CHUNKERS[0])


class Victim:
    """Starts writers over one folder and kills them; knows what they were acknowledged."""

    def __init__(self, folder: Path, work: str) -> None:
        self._notes = folder / "acknowledged"
        command = [sys.executable, "-m", _MODULE, "--work", work, str(folder / "index"), str(self._notes)]
        self._nest = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603
        self._runs = 0

    def live_and_die(self, seconds: float, *, noted: bool) -> int:
        """One writer's life of about that long, counted from its first note if `noted`; gives the number of
        sources of which all of them were acknowledged something."""
        assert self._nest.stdin is not None
        assert self._nest.stdout is not None
        self._runs += 1
        before = self._written()
        self._nest.stdin.write(f"{self._runs}\n")
        self._nest.stdin.flush()
        pid = int(self._nest.stdout.readline())
        deadline = time.monotonic() + PATIENCE_S
        while noted and self._written() == before:
            assert time.monotonic() < deadline, "the writer does not get to write anything"
            time.sleep(0.002)
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        assert self._nest.stdout.readline() == f"{-signal.SIGKILL}\n"
        return len(self.acknowledged())

    def _written(self) -> int:
        return self._notes.stat().st_size if self._notes.exists() else 0

    def acknowledged(self) -> dict[str, tuple[int, bool]]:
        """The newest (version, deleted) of each source."""
        newest: dict[str, tuple[int, bool]] = {}
        text = self._notes.read_text(encoding="utf-8") if self._notes.exists() else ""
        for line in text.split("\n")[:-1]:
            source, version, deleted = line.rsplit(" ", 2)
            newest[source] = max(newest.get(source, (0, False)), (int(version), deleted == "1"))
        return newest

    def close(self) -> None:
        with self._nest:
            assert self._nest.stdin is not None
            self._nest.stdin.close()


def assert_true(index: Index, acknowledged: dict[str, tuple[int, bool]]) -> None:
    """Nothing acknowledged is lost, no document is half there, and each leg finds what is current alone."""
    heads = {head.source: head for head in index.heads()}
    for source, (version, deleted) in acknowledged.items():
        head = heads[source]
        # A deletion beats a page of the same version, and may have happened before it was acknowledged.
        kept = (head.version, head.deleted) >= (version, deleted)
        assert kept, f"{head}; acknowledged: {version}{' deleted' * deleted}"
    current: dict[str, set[str]] = {}
    for head in heads.values():
        number = int(head.source.removeprefix("file:///manuals/쪽").removesuffix(".html"))
        wanted = () if head.deleted else page(number, head.version).chunks
        assert tuple(index.entry_chunks(head.document_id)) == wanted, head
        assert (index.document(head.document_id) is None) == head.deleted
        current.setdefault(str(head.version), set()).update(chunk.id for chunk in wanted)
    legs = [Leg(field="bigram", terms=(word(version),)) for version in current]
    near = Near(vector=_EMBEDDER.embed_question("공통"))
    everything, close, *found = index.search(
        [Leg(field="bigram", terms=(word("공통"),)), near, *legs], EVERYONE, NAMES * 8
    )
    assert [{hit.chunk_id for hit in hits} for hits in found] == list(current.values())
    for hits in (everything, close):
        assert {hit.chunk_id for hit in hits} == set().union(*current.values())


@contextmanager
def victim(folder: Path, work: str) -> Iterator[Victim]:
    """A Victim that is closed at the end."""
    with closing(Victim(folder, work)) as made:
        yield made


@contextmanager
def quick_folder() -> Iterator[Path]:
    """In memory where the system has such a folder: what a killed process wrote is kept there as on a disk,
    and a writer that waits for no disk gets to more points where it can be killed."""
    memory = Path("/dev/shm")  # noqa: S108
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


def killed(folder: Path, points: int, work: str, seed: int) -> int:
    """Kill a writer `points` times at random moments and look each time; gives what was acknowledged."""
    random_, count = random.Random(seed), 0
    with victim(folder, work) as one:
        for point in range(points):
            count = one.live_and_die(random_.uniform(0.001, 0.15), noted=point % 3 > 0)
            if work == "write":
                index: Index = opened(folder / "index")
            else:
                index = Serving(generations(folder / "index", chunker_of(folder / "index")))
            assert_true(index, one.acknowledged())
            index.close()
    return count


def _nest(work: Callable[[Path, int, Callable[[Head], None]], None], folder: Path, notes: Path) -> None:
    """For each number on stdin: fork a writer, say its process id, wait for its end, say how it ended."""
    folder.mkdir(exist_ok=True)
    for line in sys.stdin:
        pid = os.fork()
        if not pid:
            handle = os.open(notes, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            work(folder, int(line), partial(_note, handle))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        sys.stdout.write(f"{os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


def _note(handle: int, head: Head) -> None:
    os.write(handle, f"{head.source} {head.version} {int(head.deleted)}\n".encode())


def main(arguments: list[str]) -> None:
    """Be the writer's nest, or kill `--points` times with each kind of work and say how it went."""
    parser = argparse.ArgumentParser(prog=f"python -m {_MODULE}", description=__doc__.splitlines()[0])
    parser.add_argument("--points", type=int, default=200)
    parser.add_argument("--work", choices=("write", "turn"))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("paths", type=Path, nargs="*")
    given = parser.parse_args(arguments)
    if given.work:
        _nest({"write": write, "turn": turn}[given.work], *given.paths)
        return
    for work in ("write", "turn"):
        with quick_folder() as folder:
            count = killed(folder, given.points, work, given.seed)
        sys.stdout.write(
            f"{work}: killed {given.points} times (seed {given.seed}), {count} sources, all true\n"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
