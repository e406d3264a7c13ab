"""`make opensearch`: a node until it is interrupted; its data stay in .ragtune/opensearch/node."""

import sys
from pathlib import Path

from emulator.ending import until_ended
from emulator.opensearch import NodeMissing, SearchNode, prepare

_STATE = Path(".ragtune/opensearch")
_HOW = """\
OpenSearch with nori and k-NN answers at {url} (log: {folder}/node.log)

  in a file of config/:   [index]
                          url = "opensearch+{url}/ragtune"
                          views = ["nori", "bigram"]
  the test suite on it:   OPENSEARCH_URL={url} make test-opensearch

Ctrl+C ends it; `make opensearch` again goes on with the same data.
"""


def main() -> int:
    """Run a node in the foreground. 1 when none can run here."""
    try:
        with SearchNode(prepare(_STATE), _STATE / "node") as node:
            sys.stdout.write(_HOW.format(url=node.url, folder=node.folder))
            sys.stdout.flush()
            until_ended()
    except NodeMissing as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
