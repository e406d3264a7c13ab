"""The index on OpenSearch, with the standard library alone: what a Lambda asks and ingests through.

    cluster = Cluster("https://search-x.ap-northeast-2.es.amazonaws.com", signer=signer)
    index = OpenSearchIndex(cluster, "ragtune", [Nori(), Bigrams()], Manifest(chunker="500"))
    heads = list(index.put([Entry(document=page, chunks=chunks(page, max_chars=500))]))

`ragtune` and `ragtune-write` are aliases of the index behind them (`names`), `records` says what it holds,
`layout` how it is mapped, `roles` who may do what.
"""

from ragtune.adapters.opensearch.cluster import Cluster
from ragtune.adapters.opensearch.generations import OpenSearchGenerations
from ragtune.adapters.opensearch.index import OpenSearchIndex
from ragtune.adapters.opensearch.opening import SCHEME, cluster_at
from ragtune.adapters.opensearch.setting_up import SetUp, set_up
from ragtune.adapters.opensearch.snapshots import register, s3
from ragtune.adapters.opensearch.views import Cjk, Nori

__all__ = [
    "SCHEME",
    "Cjk",
    "Cluster",
    "Nori",
    "OpenSearchGenerations",
    "OpenSearchIndex",
    "SetUp",
    "cluster_at",
    "register",
    "s3",
    "set_up",
]
