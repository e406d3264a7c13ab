"""A real OpenSearch node on this machine, with nori and k-NN, without docker: for tests and rehearsals.

    make opensearch                          # starts one and says how to use it
    with SearchNode(prepare(state), state / "node") as node:
        node.url                             # 'http://127.0.0.1:9201'

Needs a JDK 17 and Maven (Debian: openjdk-17-jdk-headless maven); the security plugin needs openssl, too.
Everything lies under `.ragtune/opensearch/`: the jars (170 MB, fetched once, each checked), data, logs.
"""

from emulator.opensearch.jars import Jars, NodeMissing, prepare
from emulator.opensearch.node import SearchNode

__all__ = ["Jars", "NodeMissing", "SearchNode", "prepare"]
