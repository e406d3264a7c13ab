"""What a function's cold start costs: processor time of its imports, and its size, beside LangChain's.

    python -m bench.coldstart

Bundles are made as `make bundles` makes them, for this machine; each import is a fresh process that sees the
bundle and the standard library, and for `ingest` the runtime's boto3. Writes .ragtune/bench/coldstart.json, a
list of {"work": "import", "who": "ragtune", "metric": "answer, CPU", "value": 96.1, "unit": "ms"}.
"""

import json
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from infra.assets import LAMBDAS, build
from ragtune.deployment import FunctionSettings
from ragtune.errors import RagtuneError

Row = dict[str, str | float]
_OUT = Path(".ragtune/bench/coldstart.json")
_BUNDLES = Path(".ragtune/bench/coldstart")
_PEER = Path(__file__).with_name("peer_handler")
_RUNS = 9
_MEASURE = """
import sys, time
sys.path[:0] = sys.argv[1:]
start = time.process_time()
import handler
{first}
print((time.process_time() - start) * 1000, len(sys.modules))
"""
# What the first question loads beyond the handler's own imports.
_QUESTION = (
    "import ragtune.adapters.opensearch, ragtune.adapters.objects, ragtune.audit, ragtune.extractive, "
    "ragtune.lexicon, ragtune.privacy, ragtune.retrieval"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A function: its folder, and what it loads with its first call."""

    who: str
    name: str
    source: Path
    first: str = ""
    beside: tuple[str, ...] = ()  # folders that Lambda's own runtime brings


def contenders() -> list[Contender]:
    """Ours, and the peer."""
    runtime = str(Path(sys.prefix, "lib", f"python3.{sys.version_info.minor}", "site-packages"))
    return [
        Contender(who="ragtune", name="answer", source=LAMBDAS / "answer"),
        Contender(who="ragtune", name="answer, first question", source=LAMBDAS / "answer", first=_QUESTION),
        Contender(who="ragtune", name="search_setup", source=LAMBDAS / "search_setup"),
        Contender(who="ragtune", name="ingest", source=LAMBDAS / "ingest", beside=(runtime,)),
        Contender(who="LangChain + opensearch-py", name="answer", source=_PEER),
    ]


def measure(one: Contender) -> list[Row]:
    """Median of fresh processes, and the bundle's size."""
    here = FunctionSettings(python=f"3.{sys.version_info.minor}", architecture=_architecture())
    bundle = build(one.source, here, _BUNDLES)
    program = _MEASURE.format(first=one.first)
    command = [sys.executable, "-I", "-S", "-c", program, str(bundle), *one.beside]
    times = []
    for _ in range(_RUNS):
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)  # noqa: S603
        times.append(float(done.stdout.split()[0]))
    size = sum(path.stat().st_size for path in bundle.rglob("*") if path.is_file()) / 2**20
    return [
        _row(one, "CPU", median(times), "ms"),
        _row(one, "CPU, best", min(times), "ms"),
        _row(one, "size", size, "MiB"),
    ]


def _row(one: Contender, metric: str, value: float, unit: str) -> Row:
    return {
        "work": "import",
        "who": one.who,
        "metric": f"{one.name}, {metric}",
        "value": round(value, 2),
        "unit": unit,
    }


def _architecture() -> str:
    return "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"


def main() -> int:
    """Measure, print, write; 0 also where a bundle can't be had, which is said."""
    try:
        rows = [row for one in contenders() for row in measure(one)]
    except RagtuneError as error:
        sys.stdout.write(f"skipped: {error}\n")
        return 0
    for row in rows:
        sys.stdout.write(f"{row['who']:28} {row['metric']:36} {row['value']:>10} {row['unit']}\n")
    _OUT.parent.mkdir(parents=True, exist_ok=True)
    _OUT.write_text(json.dumps(rows, ensure_ascii=False, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
