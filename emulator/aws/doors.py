"""Doors of services that the emulator lacks: they check who calls, by IAM, and pass on or answer.

SignedDoor → POST https://127.0.0.1:8443/_search, signed by ragtune-dev-answer
    es:ESHttpPost on domain/ragtune-dev/_search → the node, x-proxy-roles: arn:…:role/ragtune-dev-answer
"""

import http.client
import json
import os
import ssl
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from ministack.services import opensearch

from emulator.aws.sessions import ACCOUNT, REGION, Seen, caller, refusal
from emulator.opensearch.front import Door

_MOST_BYTES = 100_000_000


class SearchDoor(Door):
    """Before the search node: TLS, a signature, the caller's rights, then the node's own role mapping."""

    def pass_on(self) -> None:
        """Refuse, or send on in the name of the role that signed."""
        length = int(self.headers.get("content-length") or 0)
        body = self.rfile.read(min(length, _MOST_BYTES))
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in self.headers.items()]
        seen = Seen(method=self.command, target=self.path, raw_headers=raw, body=body)
        domain = next(iter(opensearch._domains.keys()), "none")
        path = self.path.partition("?")[0]
        resource = f"arn:aws:es:{REGION}:{ACCOUNT}:domain/{domain}{path}"
        why = refusal(seen, f"es:ESHttp{self.command.capitalize()}", resource, service="es")
        if why:
            self.refuse(403, why)
        else:
            self.forward(body, caller(seen.key_id)[1])

    def refuse(self, status: int, why: str) -> None:
        """As the service says it."""
        told = json.dumps({"Message": f"User is not authorized: {why}"}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on  # noqa: N815 - http.server's names


class TlsServer(ThreadingHTTPServer):
    """Shakes hands in the connection's own thread, so that a silent caller holds up nobody."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, port: int, kind: type[Door], certificates: Path) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificates / "node.pem", certificates / "node.key")
        super().__init__(("127.0.0.1", port), kind)

    def get_request(self) -> tuple[Any, Any]:
        """The connection, its handshake still to come."""
        connection, address = super().get_request()
        connection.settimeout(120)
        return self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, *_: Any) -> None:
        """Callers that go away say so themselves."""


def map_master(role: str) -> None:
    """Give the domain's master all rights on its node, as the service does when it makes the domain."""
    port, certificates = _node()
    tls = ssl.create_default_context(cafile=str(certificates / "root.pem"))
    tls.load_cert_chain(certificates / "admin.pem", certificates / "admin.key")
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=30, context=tls)
    try:
        body = json.dumps({"backend_roles": [role]})
        place = "/_plugins/_security/api/rolesmapping/all_access"
        connection.request("PUT", place, body, {"content-type": "application/json"})
        answer = connection.getresponse()
        if answer.status not in (200, 201):
            raise ValueError(f"the search node takes no master: {answer.read()[:300]!r}")
    finally:
        connection.close()


def _node() -> tuple[int, Path]:
    """The node's port, and the folder of its certificates."""
    port, folder = os.environ["RAGTUNE_SEARCH_NODE"].split(":", 1)
    return int(port), Path(folder) / "certificates"


def open_search_door() -> TlsServer:
    """The door to the node of RAGTUNE_SEARCH_NODE (port and folder), at the domain's own address."""
    port, certificates = _node()
    tls = ssl.create_default_context(cafile=str(certificates / "root.pem"))
    kind = type("DomainDoor", (SearchDoor,), {"port": port, "caller": "", "tls": tls})
    own = int(os.environ["MINISTACK_OPENSEARCH_ENDPOINT"].rpartition(":")[2])
    server = TlsServer(own, kind, certificates)
    Thread(target=server.serve_forever, name="search-door", daemon=True).start()
    return server
