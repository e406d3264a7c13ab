"""Which implementation stands behind each port: chosen here and nowhere else, from the settings' URLs.

    search    the index, its views and models, who finds in it     sqlite:///…, opensearch+https://…
    pages     what brings pages in                                 a folder, s3://…
    answers   models, answers, the routes over them                http://…, sagemaker://…
    cloud     a deployment's account, for people

Adapters, whatever reads pages and whatever answers are imported lazily, so that a process loads only what it
uses: the function that answers questions gets by with the standard library, the others load no answering.
"""

from ragtune.wiring.answers import (
    FunctionPlace,
    open_answering,
    open_api,
    open_extractive,
    open_function_api,
    open_model,
    weights_of,
)
from ragtune.wiring.cloud import (
    bulk_load,
    dead_letters,
    model_packages,
    open_staging,
    pipeline_runs,
    preflight,
)
from ragtune.wiring.pages import (
    chunk_tokens,
    open_bucket,
    open_preparation,
    open_source,
    page_records,
    prepared_with,
    published_words,
    set_aside_list,
    source_folders,
    source_of,
)
from ragtune.wiring.search import (
    OPENSEARCH,
    SQLITE,
    Search,
    analyzer,
    dictionary_of,
    index_versions,
    lexicon_file,
    open_aids,
    open_embedder,
    open_generations,
    open_reranker,
    open_search,
    set_up_search,
)

__all__ = [
    "OPENSEARCH",
    "SQLITE",
    "FunctionPlace",
    "Search",
    "analyzer",
    "bulk_load",
    "chunk_tokens",
    "dead_letters",
    "dictionary_of",
    "index_versions",
    "lexicon_file",
    "model_packages",
    "open_aids",
    "open_answering",
    "open_api",
    "open_bucket",
    "open_embedder",
    "open_extractive",
    "open_function_api",
    "open_generations",
    "open_model",
    "open_preparation",
    "open_reranker",
    "open_search",
    "open_source",
    "open_staging",
    "page_records",
    "pipeline_runs",
    "preflight",
    "prepared_with",
    "published_words",
    "set_aside_list",
    "set_up_search",
    "source_folders",
    "source_of",
    "weights_of",
]
