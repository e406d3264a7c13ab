"""A server that speaks the protocols of embedders and rerankers over real HTTP, without a model: vectors are
`Directions`, a rerank score is the share of the question's words that a text holds.

    with served() as (url, asked): … asked[0] == ("/v1/embeddings", headers, body)
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from ragtune.analysis import Bigrams
from tests.contracts.directions import Directions

DIMENSION = 768
Asked = list[tuple[str, Mapping[str, str], Any]]
_VIEW = Bigrams()


def openai(body: Any) -> object:
    """Scaled, and in another order than asked for, as a server may."""
    vectors = Directions(DIMENSION).embed_texts(body["input"])
    rows = [
        {"index": place, "embedding": [3 * one for one in vector]} for place, vector in enumerate(vectors)
    ]
    return {"data": rows[::-1], "model": body["model"]}


def inference(body: Any) -> object:
    return [list(vector) for vector in Directions(DIMENSION).embed_texts(body["inputs"])]


def rerank(body: Any) -> object:
    texts = body.get("texts") or body["documents"]
    words = set(_VIEW.tokens(body["query"]))
    shares = [len(words & set(_VIEW.tokens(text))) / len(words) for text in texts]
    ranked = sorted(range(len(texts)), key=lambda place: -shares[place])
    if "documents" in body:
        return {"results": [{"index": place, "relevance_score": shares[place]} for place in ranked]}
    return [{"index": place, "score": shares[place]} for place in ranked]


ROUTES: dict[str, Callable[[Any], object]] = {
    "/v1/embeddings": openai,
    "/endpoints/embedder/invocations": inference,
    "/endpoints/reranker/invocations": rerank,
    "/rerank": rerank,
    "/v1/rerank": rerank,
}


@contextmanager
def served(status: int = 200, answer: bytes | None = None) -> Iterator[tuple[str, Asked]]:
    """Its URL and what it is asked. With `answer`, that is all it ever says."""
    asked: Asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
            told = answer if answer is not None else json.dumps(ROUTES[self.path](body)).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
