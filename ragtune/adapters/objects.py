"""Objects of one bucket for a function that answers questions, with the standard library and one connection.

    Objects("s3://ragtune-prod-audit", region="ap-northeast-2").put("answers/2026/11/22/5f0c….json", data)
    Objects("s3://ragtune-prod-documents", region="ap-northeast-2").read("s3://ragtune-prod-documents/a.pdf")

What is read goes through the function and the private API, in base64, at most 4.5 MB: a link that S3 signs
would open the file to whoever holds it, from any network, and would bypass the labels of the page.
"""

import base64
import http.client
import os
import ssl
import time
import unicodedata
from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, unquote_to_bytes, urlsplit

from ragtune.adapters.places import bucket_of
from ragtune.adapters.signing import Signer, credentials
from ragtune.errors import BadInput, Busy

MAX_FILE_BYTES = 4_500_000  # in base64 6.0 MB: what a Lambda may reply is 6,291,556 bytes
_TIMEOUT_S = 5.0
_PAUSES_S = (0.1, 0.4)  # before the second and the third attempt


class Objects:
    """`url` is s3://bucket; AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names another host than AWS's."""

    def __init__(self, url: str, *, region: str, pauses_s: tuple[float, ...] = _PAUSES_S) -> None:
        bucket = bucket_of(url)
        self._prefix, self._region = f"s3://{bucket}/", region
        self._pauses_s = pauses_s
        elsewhere = os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL", "")
        host = f"https://{bucket}.s3.{region}.amazonaws.com"
        self._base = f"{elsewhere.rstrip('/')}/{bucket}" if elsewhere else host
        self._connection: http.client.HTTPConnection | None = None

    def put(self, key: str, data: bytes) -> None:
        """Keep `data` under `key`. Raises Busy when S3 does not answer, or refuses."""
        # A bucket with a lock wants a checksum of its own beside the signature's.
        checksum = base64.b64encode(sha256(data).digest()).decode()
        status, told = self._ask("PUT", key, data, {"x-amz-checksum-sha256": checksum})
        if status != 200:
            raise Busy(f"{self._prefix}{key}: S3 refuses it ({status} {_code(told)})")

    def read(self, uri: str) -> bytes:
        """See api.Files. Raises BadInput, also for a file of more than 4.5 MB, and Busy."""
        if not uri.startswith(self._prefix):
            raise BadInput(f"{uri}: is not in {self._prefix}")
        named = uri[len(self._prefix) :].partition("#")[0].partition("?")[0]
        key = unquote_to_bytes(named.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        status, data = 404, b""
        for form in dict.fromkeys(
            (key, unicodedata.normalize("NFC", key), unicodedata.normalize("NFD", key))
        ):
            status, data = self._ask("GET", form, b"", {})
            if status not in (403, 404):  # 403 is also what is not there, for a role that may not list
                break
        if status != 200:
            raise BadInput(f"{uri}: can't be read ({status} {_code(data)})")
        if len(data) > MAX_FILE_BYTES:
            raise BadInput(f"{uri}: more than {MAX_FILE_BYTES:,} bytes can't be handed out by the API")
        return data

    def _ask(self, method: str, key: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Status and body of the answer, which is cut where it grows too large."""
        url = f"{self._base}/{quote(key, safe='/~')}"
        reason = ""
        for pause_s in (*self._pauses_s, 0.0):
            try:
                status, data = self._once(method, url, body, headers)
            except (OSError, http.client.HTTPException) as error:
                self.close()  # it may have been shut while the function slept
                reason = str(error) or type(error).__name__
            else:
                if status < 500:
                    return status, data
                reason = f"{status} {_code(data)}"
            time.sleep(pause_s)
        raise Busy(f"{self._prefix}{key}: S3 does not answer ({reason}); try again")

    def _once(self, method: str, url: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        place = urlsplit(url)
        signer = Signer(service="s3", region=self._region, by=credentials)
        sent = signer.signed(method, url, body=body, headers=headers)
        if self._connection is None:
            self._connection = _connection(place.scheme, place.hostname or "", place.port)
        self._connection.request(method, place.path, body or None, sent)
        response = self._connection.getresponse()
        data = response.read(MAX_FILE_BYTES + 1)
        if response.read(1):
            self.close()  # the rest is not waited for
        return response.status, data

    def close(self) -> None:
        """Let go of the connection; the next call opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)


def _code(told: bytes) -> str:
    """What S3 calls the error: AccessDenied."""
    return told.partition(b"<Code>")[2].partition(b"</Code>")[0][:60].decode("utf-8", "replace")
