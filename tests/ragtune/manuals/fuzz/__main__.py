"""The long run: mutated pages until their number is reached. Exit code 1 when a page breaks a rule."""

import argparse
import hashlib
import random
import sys
import time
from pathlib import Path

from tests.ragtune.manuals.fuzz.mutations import mutated, piled
from tests.ragtune.manuals.fuzz.rules import broken
from tests.ragtune.manuals.fuzz.seeds import seeds

FOUND = Path(".ragtune/fuzz")
EACH = 2_000  # mutated pages to one of piled-up markup, which takes a hundred times as long


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ragtune.manuals.fuzz")
    parser.add_argument("--pages", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--html5lib", type=Path, help="html5lib's source distribution, for its test inputs")
    given = parser.parse_args()
    started, failures = time.process_time(), 0
    pages, rng = seeds(given.html5lib), random.Random(given.seed)
    for number in range(given.pages):
        page = piled(rng) if number % EACH == 0 else mutated(rng, pages)
        if rule := broken(page):
            failures += 1
            FOUND.mkdir(parents=True, exist_ok=True)
            path = FOUND / f"{hashlib.sha256(page).hexdigest()[:16]}.html"
            path.write_bytes(page)
            sys.stdout.write(f"{path}: {rule}\n")
        if (number + 1) % 20_000 == 0:
            rate = (number + 1) / (time.process_time() - started)
            sys.stdout.write(f"{number + 1:,} pages, {rate:,.0f} a second of CPU, {failures} broken rules\n")
            sys.stdout.flush()
    sys.stdout.write(f"{given.pages:,} mutated pages of {len(pages)} seeds: {failures} broken rules\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
