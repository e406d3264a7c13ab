"""The embedded index: SQLite holds the truth, tantivy the lexical legs derived from it. Needs no server.

    index = EmbeddedIndex(Path(".ragtune/index"), [Bigrams()], Manifest(chunker="500"))
    heads = list(index.put([Entry(document=page, chunks=chunks(page, max_chars=500))]))

One that can be rebuilt while it serves is `Serving(EmbeddedGenerations(…))`: see generations.

On disk: truth.sqlite (documents, chunks, versions, tombstones, change sequence), lexical/ (can be thrown
away; the next open makes it anew), writer.lock (held by the one process that writes).
"""

from ragtune.adapters.embedded.generations import EmbeddedGenerations
from ragtune.adapters.embedded.index import EmbeddedIndex
from ragtune.adapters.embedded.serving import Serving

__all__ = ["EmbeddedGenerations", "EmbeddedIndex", "Serving"]
