"""Credentials of a container's role: ECS, EKS pod identity, SageMaker's jobs, Lambda's SnapStart.

    AWS_CONTAINER_CREDENTIALS_RELATIVE_URI=/v2/credentials/9a1c…             of ECS: at 169.254.170.2
    AWS_CONTAINER_CREDENTIALS_FULL_URI=http://169.254.170.23/v1/credentials  of EKS
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE=/var/run/secrets/…/token          or …_TOKEN with the token itself

    {"AccessKeyId": "ASIA…", "SecretAccessKey": "…", "Token": "…", "Expiration": "2026-11-22T07:03:31Z"}

They are fetched anew five minutes before they end. The key travels in clear over http, so http goes to this
machine and to the addresses of the two services alone.

Source: https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

import http.client
import json
import os
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from ragtune.adapters.signing import Credentials
from ragtune.errors import BadInput, Busy

_BEFORE_THEY_END = timedelta(minutes=5)
_SERVICES = frozenset({"169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_TIMEOUT_S = 2.0
_MOST_BYTES = 64_000
_ENDLESS = datetime.max.replace(tzinfo=UTC)


def container_url() -> str:
    """Where the environment says that the container's credentials are; "" when it says nothing."""
    relative = os.environ.get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "")
    return f"http://169.254.170.2{relative}" if relative else _full()


def _full() -> str:
    url = os.environ.get("AWS_CONTAINER_CREDENTIALS_FULL_URI", "")
    place = urlsplit(url)
    if url and place.scheme != "https" and not (place.scheme == "http" and _is_trusted(place.hostname or "")):
        raise BadInput(
            f"AWS_CONTAINER_CREDENTIALS_FULL_URI: {url!r} is neither https nor http to this machine, ECS, EKS"
        )
    return url


def _is_trusted(host: str) -> bool:
    try:
        return host in _SERVICES or ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class ContainerCredentials:
    """The credentials at `url`, fetched when they are asked for and the ones at hand are about to end."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._held: Credentials | None = None
        self._end = datetime.min.replace(tzinfo=UTC)

    def __call__(self) -> Credentials:
        """Those that count now. Raises Busy when there are none, and the service does not answer."""
        now = datetime.now(UTC)
        if self._held is None or now > self._end - _BEFORE_THEY_END:
            try:
                self._held, self._end = _read(_asked(self._url))
            except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
                if self._held is None or now >= self._end:
                    reason = str(error) or type(error).__name__
                    raise Busy(f"{self._url} gives no credentials ({reason}); try again") from None
        return self._held


def _asked(url: str) -> bytes:
    place = urlsplit(url)
    connection = _connection(place.scheme, place.hostname or "", place.port)
    try:
        path = f"{place.path or '/'}?{place.query}" if place.query else place.path or "/"
        connection.request("GET", path, headers=_token())
        response = connection.getresponse()
        if response.status != 200:
            raise http.client.HTTPException(f"status {response.status}")
        return response.read(_MOST_BYTES)
    finally:
        connection.close()


def _token() -> dict[str, str]:
    """Read anew each time: the file's contents change."""
    file = os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", "")
    token = Path(file).read_text(encoding="ascii") if file else ""
    token = token or os.environ.get("AWS_CONTAINER_AUTHORIZATION_TOKEN", "")
    return {"Authorization": token.strip()} if token else {}


def _connection(scheme: str, host: str, port: int | None) -> http.client.HTTPConnection:
    if scheme == "http":
        return http.client.HTTPConnection(host, port, timeout=_TIMEOUT_S)
    import ssl  # noqa: PLC0415  40 ms that a service on this machine does not need

    context = ssl.create_default_context()
    return http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)


def _read(body: bytes) -> tuple[Credentials, datetime]:
    told = json.loads(body)
    held = Credentials(key_id=told["AccessKeyId"], key=told["SecretAccessKey"], token=told.get("Token", ""))
    return held, datetime.fromisoformat(told["Expiration"]) if "Expiration" in told else _ENDLESS
